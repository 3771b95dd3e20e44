"""How inferred expression came about, in the words of the window."""

from __future__ import annotations

__all__ = ["METHOD_WORDS", "method_words", "told_by"]

#: What a method does, by its name on the command line.
METHOD_WORDS = {"split": "split by type", "gaussian": "cell by cell", "score": "trained network"}
#: What follows *inferred*, by the method's name: the buttons are *Cells, split* and *inferred*.
_TOLD = {"split": ", split", "gaussian": "", "score": " by a network"}


def told_by(method: str) -> str:
    """How values came about; of regions told by several methods, by any of them."""
    several = [_TOLD.get(one, "") for one in method.split(" and ")]
    return f"inferred{several[0] if len(several) == 1 else ''}"


def method_words(method: str) -> str:
    """A method by what it does; of regions told by several methods, all of them."""
    return " and ".join(METHOD_WORDS.get(one, one) for one in method.split(" and "))
