"""Tell a screen reader what has happened, where Qt's binding can: PyQt cannot."""

from __future__ import annotations

from typing import TYPE_CHECKING

from qtpy import QtGui

if TYPE_CHECKING:
    from qtpy.QtWidgets import QWidget

__all__ = ["announce"]


def announce(widget: QWidget, text: str, *, urgent: bool = False) -> None:
    """Have words read out, ``urgent`` ones at once; nothing where no screen reader listens.

    Parameters
    ----------
    widget
        What says them.
    text
        The words.
    urgent
        Whether they break into what is being read.
    """
    kind = getattr(QtGui, "QAccessibleAnnouncementEvent", None)  # of Qt 6.8 on
    if kind is None or not text or not QtGui.QAccessible.isActive():
        return
    manner = QtGui.QAccessible.AnnouncementPoliteness
    event = kind(widget, text)
    event.setPoliteness(manner.Assertive if urgent else manner.Polite)
    QtGui.QAccessible.updateAccessibility(event)
