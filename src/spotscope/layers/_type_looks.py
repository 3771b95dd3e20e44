"""What the user calls cell types, and paints them: renamed, merged, recoloured.

A type keeps the name the reference gave it wherever it is counted and saved; what is shown is

    shown(type) = names[type], else type
    colour(type) = colours[shown], else the palette's for shown, else for the first type shown so

so two types that are shown by one name are one row of the legend and one colour on the canvas, and
nothing has to be fitted again. Types that a later run brings anew are shown as they come.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from spotscope.layers._palette import Colour, type_colours

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

__all__ = ["TypeLooks"]


@dataclass(frozen=True, slots=True)
class TypeLooks:
    """Names and colours given by hand.

    Parameters
    ----------
    names
        Shown name by type; types that are missing keep theirs.
    colours
        (red, green, blue), 0-255, by shown name.
    """

    names: Mapping[str, str] = field(default_factory=dict)
    colours: Mapping[str, Colour] = field(default_factory=dict)

    def shown(self, name: str) -> str:
        """What a type is called."""
        return self.names.get(name, name)

    def members(self, shown: str, types: Iterable[str]) -> list[str]:
        """The types that are shown by this name."""
        return [name for name in types if self.shown(name) == shown]

    def renamed(self, shown: str, new: str, types: Iterable[str]) -> TypeLooks:
        """Call what is shown by one name by another; the name of another type merges the two."""
        new = new.strip()
        if not new or new == shown:
            return self
        types = list(types)
        found = set(types)
        names = {**self.names, **dict.fromkeys(self.members(shown, types), new)}
        colours = dict(self.colours)
        mine = colours.pop(shown, None)
        taken = new in colours or any(self.shown(name) == new for name in found)
        if not taken and new not in found:  # a colour of its own goes with the name
            colours[new] = mine if mine is not None else self.colours_of(types)[shown]
        return TypeLooks({k: v for k, v in names.items() if k != v}, colours)

    def parted(self, shown: str, types: Iterable[str]) -> TypeLooks:
        """Give the types shown by this name their own names and colours back."""
        members = set(self.members(shown, types))
        colours = {name: colour for name, colour in self.colours.items() if name != shown}
        return TypeLooks({k: v for k, v in self.names.items() if k not in members}, colours)

    def recoloured(self, shown: str, colour: Colour) -> TypeLooks:
        """Paint what is shown by this name in another colour."""
        return replace(self, colours={**self.colours, shown: colour})

    def colours_of(self, types: Iterable[str]) -> dict[str, Colour]:
        """Colour of every type and of every shown name; a shown name goes before a type's."""
        types = list(types)
        own = type_colours(types)
        by_name: dict[str, Colour] = {}
        for name in types:
            shown = self.shown(name)
            chosen = self.colours.get(shown)
            if chosen is None:
                chosen = own.get(shown, own[name])
            by_name.setdefault(shown, chosen)
        return {**{name: by_name[self.shown(name)] for name in types}, **by_name}

    def counts(self, counts: Mapping[str, int]) -> dict[str, int]:
        """Numbers by shown name of numbers by type."""
        summed: dict[str, int] = {}
        for name, count in counts.items():
            summed[self.shown(name)] = summed.get(self.shown(name), 0) + count
        return summed

    def shares(self, shares: Mapping[str, float]) -> dict[str, float]:
        """Shares or chances by shown name of those by type."""
        summed: dict[str, float] = {}
        for name, share in shares.items():
            summed[self.shown(name)] = summed.get(self.shown(name), 0.0) + share
        return summed

    def table(self, types: Iterable[str]) -> dict[str, Colour]:
        """Colour of every type, whatever it is called."""
        types = list(types)
        colours = self.colours_of(types)
        return {name: colours[self.shown(name)] for name in types}

    def to_json(self) -> dict[str, Any]:
        """As a plain dictionary."""
        return {
            "names": dict(self.names),
            "colours": {name: list(colour) for name, colour in self.colours.items()},
        }

    @classmethod
    def from_json(cls, said: Mapping[str, Any] | None) -> TypeLooks:
        """From :meth:`to_json`; nothing said is nothing changed."""
        said = said or {}
        colours: dict[str, Colour] = {}
        for name, rgb in dict(said.get("colours", {})).items():
            red, green, blue = (max(0, min(255, int(value))) for value in rgb)
            colours[str(name)] = red, green, blue
        return cls({str(k): str(v) for k, v in dict(said.get("names", {})).items()}, colours)
