"""How the window calls the methods of expression: by what they do, not by their mathematics."""

from __future__ import annotations

from typing import TYPE_CHECKING

from spotscope.pipeline import METHOD_WORDS

if TYPE_CHECKING:
    from magicgui.widgets import ComboBox

__all__ = ["name_methods"]


def name_methods(choice: ComboBox) -> None:
    """Let a choice of methods, and its tool tip, call them so; its values stay."""
    value, tip = choice.value, choice.tooltip
    named = [(METHOD_WORDS.get(method, method), method) for method in choice.choices]
    choice.choices = lambda _choice: named  # as a function it is kept under another parent too
    choice.value = value
    for method, words in METHOD_WORDS.items():
        tip = tip.replace(f"'{method}'", f"'{words}'")
    choice.tooltip = tip
