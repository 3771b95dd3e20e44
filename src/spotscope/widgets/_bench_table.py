"""What ``spotscope bench interface`` says: a row an act, memory, and the other viewer beside."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    from spotscope.pipeline.bench._interface_peer import ViewerPeer

__all__ = ["BenchRow", "Browsed", "bench_table"]


@dataclass(frozen=True, slots=True)
class BenchRow:
    """One act.

    Parameters
    ----------
    what
        In words.
    limit
        Milliseconds that it may take.
    times
        Milliseconds that it took, each time.
    peer
        What the other viewer calls it; "" where it has no such act.
    """

    what: str
    limit: float
    times: list[float]
    peer: str = ""


@dataclass(frozen=True, slots=True)
class Browsed:
    """Looking around, once caches are full.

    Parameters
    ----------
    views, changes
        How many views, and how many other genes and types among them.
    grown
        MB the process grew by, after each tenth of them.
    longest
        Milliseconds of the processor of the longest turn, with painting.
    chunks_mb
        To which napari's own cache was held.
    """

    views: int
    changes: int
    grown: list[float]
    longest: float
    chunks_mb: int

    def said(self) -> str:
        """In a sentence or two."""
        return (
            f"{self.views} more views, near and far, with {self.changes} other genes and types: "
            f"memory grew by {self.grown[-1]:.0f} MB in the end and {max(self.grown):.0f} MB at "
            f"most, with napari's own cache of chunks held to {self.chunks_mb} MB (by default it "
            f"takes a tenth of the memory). The longest turn, with painting, took "
            f"{self.longest:.0f} ms of the processor."
        )


def bench_table(
    head: str, rows: Sequence[BenchRow], added: str, browsed: Browsed, peer: ViewerPeer | None
) -> str:
    """Everything as Markdown."""
    beside = peer is not None and not peer.problem
    name = f" {peer.name} |" if peer is not None and beside else ""
    lines = [head, "", f"| what | median | worst | limit | |{name}", "|---" * (5 + beside) + "|"]
    lines += [_row(row, peer if beside else None) for row in rows]
    lines += ["", added, browsed.said()]
    if peer is not None:
        lines += ["", _beside(peer)]
    return "\n".join(lines)


def _row(row: BenchRow, peer: ViewerPeer | None) -> str:
    worst = max(row.times)
    held = "✓" if worst <= row.limit else "▲ over"
    said = f"| {row.what} | {np.median(row.times):.1f} | {worst:.1f} | {row.limit:.0f} | {held} |"
    if peer is None:
        return said
    found = peer.ms.get(row.peer)
    return said + (f" {np.median(found):,.1f} |" if found else " – |")


def _beside(peer: ViewerPeer) -> str:
    if peer.problem:
        return f"{peer.name}: {peer.problem}."
    added = ", ".join(f"{name} {took:,.0f}" for name, took in peer.added_ms.items())
    return (
        f"{peer.name} in a process of its own: the median of the same clock for a double click on "
        f"the name in its list, without painting. It adds each layer in one turn; ms: {added}."
    )
