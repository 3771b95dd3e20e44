"""Classes that others marked nuclei as, such as in QuPath, taken for cell types that are known."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

from spotscope.model import MethodError
from spotscope.pipeline.cell_typing._hold import held_of

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from spotscope.model import Session

__all__ = ["NamedTypes", "classes_as_types"]


@dataclass(frozen=True, slots=True)
class NamedTypes:
    """What classes say of the types of nuclei.

    Parameters
    ----------
    types
        Type by label of the nuclei that are to be held to one.
    held
        Number of them by type.
    unknown
        Number of nuclei by class of which no type has the name.
    kept
        Nuclei that were held to something before, and stay so whatever their class.
    """

    types: Mapping[int, str]
    held: Mapping[str, int]
    unknown: Mapping[str, int]
    kept: int = 0

    @property
    def said(self) -> str:
        """One line: who is held as what, and which classes are of no type."""
        parts = [f"Held by their class: {_listed(self.held)}"]
        if self.unknown:
            parts.append(f"no type is called {_listed(self.unknown)}")
        if self.kept:
            parts.append(f"{self.kept:,} held before stay as they were")
        return "; ".join(parts)


def classes_as_types(session: Session) -> NamedTypes:
    """Which types the classes of a session's nuclei name, for :func:`hold` to hold them to.

    A class names a type when the words are the same but for case and blanks around them; where two
    types differ by case alone, the one that is spelled so.

    Raises
    ------
    MethodError
        If nothing is typed, no nucleus has a class, or no class names a type.
    """
    if session.cells is None or session.nuclei is None:
        raise MethodError("Expected typed nuclei, found none; type cells, then take their classes.")
    classes = session.nuclei.classes
    if classes is None or not (classes.codes >= 0).any():
        raise MethodError(
            "Expected nuclei with classes, found none; take nuclei from GeoJSON whose detections "
            "QuPath has classified."
        )
    types, before = _by_class(classes.names, session.cells.types), held_of(session).types
    labels, words = session.nuclei.label_id.tolist(), classes.words()
    named = {label: word for label, word in zip(labels, words, strict=True) if word}
    unknown = Counter(word for word in named.values() if word not in types)
    known = {label: types[word] for label, word in named.items() if word in types}
    if not known:
        raise MethodError(
            f"Expected classes that are called like types of the reference "
            f"({', '.join(session.cells.types)}), found {', '.join(unknown)}; rename them in "
            "QuPath."
        )
    fresh = {label: name for label, name in known.items() if label not in before}
    return NamedTypes(fresh, Counter(fresh.values()), unknown, len(known) - len(fresh))


def _by_class(classes: Sequence[str], types: Sequence[str]) -> dict[str, str]:
    """Type of every class that names one."""
    found: dict[str, str] = {}
    for word in classes:
        alike = [name for name in types if _plain(name) == _plain(word)]
        same = [name for name in alike if name.strip() == word.strip()] or alike
        if len(same) == 1:
            found[word] = same[0]
    return found


def _plain(name: str) -> str:
    return name.strip().casefold()


def _listed(numbers: Mapping[str, int]) -> str:
    """Names with their numbers, the largest first."""
    ranked = sorted(numbers.items(), key=lambda pair: (-pair[1], pair[0]))
    return ", ".join(f"{name} {number:,}" for name, number in ranked) or "none"
