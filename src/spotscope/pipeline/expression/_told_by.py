"""How inferred expression came about, in the words of the buttons *Cells, split* and *inferred*."""

from __future__ import annotations

__all__ = ["told_by"]

#: What follows *inferred*, by the method's name.
_TOLD = {"split": ", split", "gaussian": "", "score": " by a network"}


def told_by(method: str) -> str:
    """How values came about; of regions told by several methods, by any of them."""
    several = [_TOLD.get(one, "") for one in method.split(" and ")]
    return f"inferred{several[0] if len(several) == 1 else ''}"
