"""Which nuclei have another type than before the hand took the dial of ν."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Collection

    import numpy.typing as npt

__all__ = ["NuChanges"]


class NuChanges:
    """Remembers the codes of before, until ν rests and moves again."""

    def __init__(self) -> None:
        self._before: npt.NDArray[np.uint8] | None = None
        self._rested = True

    def begin(self, codes: npt.NDArray[np.uint8]) -> None:
        """The hand moves the dial: these are the codes of before, if it had rested."""
        if self._rested:
            self._before, self._rested = codes, False

    def rest(self) -> None:
        """The hand has let go; the marks stay until it moves again."""
        self._rested = True

    def forget(self) -> None:
        """Mark nothing, until ν moves again."""
        self._before, self._rested = None, True

    def changed(self, codes: npt.NDArray[np.uint8]) -> npt.NDArray[np.bool_] | None:
        """(nucleus + 1,) whether it has another code than before; None where nobody can say."""
        if self._before is None or len(self._before) != len(codes):
            return None
        return np.asarray(self._before != codes)

    def seen(
        self, codes: npt.NDArray[np.uint8], types: Collection[str], hidden: Collection[str]
    ) -> npt.NDArray[np.bool_] | None:
        """The changed ones whose type is not hidden; None where there are none."""
        changed = self.changed(codes)
        if changed is None or not types:
            return None
        unseen = np.zeros(256, bool)
        unseen[1 : 1 + 2 * len(types)] = np.tile([name in hidden for name in types], 2)
        marked = changed & ~unseen[codes]
        return marked if marked.any() else None
