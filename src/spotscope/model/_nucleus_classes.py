"""What others marked nuclei as: classes of QuPath, in their own words and colours."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, TypeAlias

import numpy as np
import numpy.typing as npt

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

__all__ = ["NucleusClasses"]

Colour: TypeAlias = tuple[int, int, int]


@dataclass(frozen=True, slots=True, eq=False)
class NucleusClasses:
    """What each nucleus was marked as. No cell type of ours: nothing is inferred from it.

    Parameters
    ----------
    names
        The classes ("Tumour", "Tumour: Positive"), each once.
    colours
        (red, green, blue), 0 to 255, of each class; None where none was given.
    codes
        (nucleus,) int32 index into ``names``; -1 where it was marked as nothing.
    """

    names: tuple[str, ...]
    colours: tuple[Colour | None, ...]
    codes: npt.NDArray[np.int32]

    def __post_init__(self) -> None:
        assert len(self.names) == len(self.colours) == len(set(self.names)), self.names
        assert self.codes.ndim == 1, self.codes.shape
        assert not len(self.codes) or -1 <= self.codes.min() <= self.codes.max() < len(self.names)

    @classmethod
    def of(
        cls, words: Sequence[str | None], colours: Mapping[str, Colour] | None = None
    ) -> NucleusClasses | None:
        """Make them of the word of every nucleus, by the alphabet; None where none is marked."""
        names = sorted({word for word in words if word})
        if not names:
            return None
        place = {name: i for i, name in enumerate(names)}
        codes = np.array([place[word] if word else -1 for word in words], np.int32)
        given = colours or {}
        return cls(tuple(names), tuple(given.get(name) for name in names), codes)

    def take(self, index: npt.NDArray[np.intp] | npt.NDArray[np.bool_]) -> NucleusClasses:
        """Those of the nuclei at ``index``."""
        return replace(self, codes=self.codes[index])

    def word(self, row: int) -> str:
        """What one nucleus was marked as; "" if as nothing."""
        code = int(self.codes[row])
        return self.names[code] if code >= 0 else ""

    def words(self) -> list[str | None]:
        """(nucleus,) what each was marked as; None if as nothing."""
        names = [*self.names, None]  # the code -1 is the last
        return [names[code] for code in self.codes.tolist()]

    def counts(self) -> dict[str, int]:
        """Number of nuclei of every class."""
        found = np.bincount(self.codes[self.codes >= 0], minlength=len(self.names))
        return dict(zip(self.names, map(int, found), strict=True))
