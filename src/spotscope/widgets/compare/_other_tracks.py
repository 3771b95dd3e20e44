"""Tracks of others as pixels of the screen: tails that fade away from the time of the slider.

The time of a place is its first axis. A tail is as bright as it is young,

    alpha(t) = clip(1 - (head + now - t) / (tail + head), 0, 1),  0 where t > now + head,

half way between the two ends of each piece of it. Numbers beside tracks are left out.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Self

import numpy as np

from spotscope.model import Progress
from spotscope.widgets.compare._other_plane import Plane
from spotscope.widgets.compare._paint_pieces import Pieces, paint_task

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import numpy.typing as npt
    from napari.layers import Layer

    from spotscope.model import Task
    from spotscope.widgets.compare._other_plane import Grid

    Floats = npt.NDArray[np.float64]
    Ints = npt.NDArray[np.int64]

__all__ = ["Trails"]

_WHITE = (1.0, 1.0, 1.0, 1.0)


@dataclass(frozen=True, slots=True, eq=False)
class Trails:
    """Tracks as a thread may read them: (vertex, id and axes), sorted by id and time."""

    data: npt.NDArray[Any]
    plane: Plane
    colours: npt.NDArray[Any]
    graph: Mapping[int, Sequence[int]]
    tail: float
    head: float
    width: float
    hides_completed: bool
    shows_tails: bool
    shows_graph: bool
    opacity: float

    @classmethod
    def of(cls, layer: Layer, point: Sequence[float]) -> Self:
        """Take what a thread needs."""
        return cls(
            np.asarray(layer.data),
            Plane.of(layer, point),
            np.asarray(layer.track_colors),
            {child: list(parents) for child, parents in (layer.graph or {}).items()},
            float(layer.tail_length),
            float(layer.head_length),
            float(layer.tail_width),
            bool(layer.hide_completed_tracks),
            bool(layer.display_tail),
            bool(layer.display_graph),
            float(layer.opacity),
        )

    def task(self, grid: Grid) -> Task[npt.NDArray[np.uint8]]:
        """(y, x, 4) colours; clear where no track is."""
        yield Progress("reading a layer", 0, 1)
        starts, ends = self._tails() if self.shows_tails else _no_pairs()
        births, children = self._births() if self.shows_graph else _no_pairs()
        colours = (self.colours[starts] + self.colours[ends]) / 2
        colours = np.concatenate([colours, np.full((len(births), 4), _WHITE)])
        starts, ends = np.concatenate([starts, births]), np.concatenate([ends, children])
        times = self.data[:, 1].astype(float)
        alpha = (self._alpha(times[starts]) + self._alpha(times[ends])) / 2
        if self.head == 0:
            alpha[times[ends] > self._now] = 0  # cut off sharply
        colours[:, 3] *= alpha * self.opacity
        seen = colours[:, 3] > 0
        places = self.data[:, -2:].astype(float)
        lines = np.stack([places[starts[seen]], places[ends[seen]]], axis=1)
        n = len(lines)
        pieces = Pieces(
            list(lines),
            np.zeros((n, 4)),
            colours[seen],
            np.full(n, self.width),
            np.zeros(n, bool),
            on_screen=True,
        )
        return (yield from paint_task(pieces, self.plane, grid))

    @property
    def _now(self) -> float:
        return float(self.plane.origin[0])

    def _alpha(self, times: Floats) -> Floats:
        span = max(self.tail + self.head, 1e-12)
        alpha = np.clip(1 - (self.head + self._now - times) / span, 0, 1)
        return np.asarray(np.where(times > self._now + self.head, 0, alpha))

    def _tails(self) -> tuple[Ints, Ints]:
        """Which two vertices follow each other in a track."""
        ids = self.data[:, 0]
        starts = np.flatnonzero(ids[1:] == ids[:-1])
        if self.hides_completed and len(ids):
            last = np.flatnonzero(np.append(ids[1:] != ids[:-1], True))
            ended = ids[last][self.data[last, 1] < self._now]
            starts = starts[~np.isin(ids[starts], ended)]
        return starts, starts + 1

    def _births(self) -> tuple[Ints, Ints]:
        """The last vertex of each parent, and the first of its child."""
        ids, first = np.unique(self.data[:, 0], return_index=True)
        last = np.append(first[1:], len(self.data)) - 1
        at = {int(one): k for k, one in enumerate(ids)}
        pairs = [
            (last[at[int(parent)]], first[at[int(child)]])
            for child, parents in self.graph.items()
            for parent in parents
            if int(parent) in at and int(child) in at
        ]
        return (
            (np.array(pairs, np.int64).T[0], np.array(pairs, np.int64).T[1])
            if pairs
            else _no_pairs()
        )


def _no_pairs() -> tuple[Ints, Ints]:
    return np.zeros(0, np.int64), np.zeros(0, np.int64)
