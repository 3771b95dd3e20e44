"""How the window calls the methods of expression: by what they do, not by their mathematics."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from magicgui.widgets import ComboBox

__all__ = ["name_methods", "told_by"]

#: On the card, by its name elsewhere.
METHODS = {"split": "split by type", "gaussian": "cell by cell", "score": "trained network"}
#: What follows *inferred* in words that stand beside the buttons *Cells, split* and *inferred*.
_TOLD = {"split": ", split", "gaussian": "", "score": " by a network"}


def name_methods(choice: ComboBox) -> None:
    """Let a choice of methods, and its tool tip, call them so; its values stay."""
    value, tip = choice.value, choice.tooltip
    named = [(METHODS.get(method, method), method) for method in choice.choices]
    choice.choices = lambda _choice: named  # as a function it is kept under another parent too
    choice.value = value
    for method, words in METHODS.items():
        tip = tip.replace(f"'{method}'", f"'{words}'")
    choice.tooltip = tip


def told_by(method: str) -> str:
    """How values came about; of regions told by several methods, by any of them."""
    several = [_TOLD.get(one, "") for one in method.split(" and ")]
    return f"inferred{several[0] if len(several) == 1 else ''}"
