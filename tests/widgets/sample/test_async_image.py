"""Reading the image in the background: a tick that is napari's own setting."""

from __future__ import annotations

import pytest
import qtpy
from napari.settings import get_settings
from qtpy.QtWidgets import QMenu

from spotscope.widgets.sample._async_image import RISK, offer_async

pytestmark = pytest.mark.gui


def test_the_tick_says_and_sets_what_napari_keeps(qtbot):
    settings = get_settings().experimental
    before = settings.async_
    menu = QMenu()
    qtbot.addWidget(menu)
    act = offer_async(menu)
    assert (RISK in act.toolTip()) == qtpy.PYSIDE6
    try:
        settings.async_ = False
        menu.aboutToShow.emit()
        assert not act.isChecked()
        act.trigger()
        assert act.isChecked()
        assert settings.async_
        # changed in napari's preferences meanwhile: the tick follows
        settings.async_ = False
        menu.aboutToShow.emit()
        assert not act.isChecked()
    finally:
        settings.async_ = before


def test_what_tests_turn_is_written_nowhere():
    settings = get_settings()
    assert not settings.config_path
