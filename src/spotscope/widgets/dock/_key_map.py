"""The keyboard map: one list, for those who bind it, show it and test it.

On the dock every key acts while the dock has the keyboard; in a field that takes letters they are
letters. On the canvas only those marked so act, and a key of the active layer's own comes first.
"""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["KEYS", "Key", "on_canvas"]


@dataclass(frozen=True, slots=True)
class Key:
    """One key.

    Parameters
    ----------
    key
        As Qt writes it.
    does
        In the user's words.
    where
        "dock", "canvas" or "both"; "review" keys are on the canvas while nuclei are corrected.
    """

    key: str
    does: str
    where: str = "dock"


KEYS = (
    Key("1", "go to Sample"),
    Key("2", "go to Nuclei"),
    Key("3", "go to Cell types"),
    Key("4", "go to Expression"),
    Key("5", "go to Explore"),
    Key("R", "run the step that has the keyboard"),
    Key("Esc", "put down what is in hand; else cancel what runs", "both"),
    Key("G", "search a gene", "both"),
    Key("L", "lens at the mouse", "both"),
    Key("S", "swipe two looks", "both"),
    Key("P", "pin the look that is shown"),
    Key("N", "next nucleus to review", "review"),
    Key("A", "accept it", "review"),
    Key("D", "delete it", "review"),
    Key("Ctrl+Z", "take back what was done last", "both"),
    Key("Ctrl+Shift+Z", "do it again", "both"),
    Key("?", "this sheet"),
    Key("F1", "this sheet", "both"),
)


def on_canvas(key: str) -> str:
    """A key as napari writes it."""
    return key.replace("Ctrl+", "Control-").replace("Shift+", "Shift-").replace("Esc", "Escape")
