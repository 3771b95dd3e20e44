"""The lines that close a run: what was found."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from spotscope.model import CellKey, SpotKey, TypeSource, is_estimated

if TYPE_CHECKING:
    from spotscope.model import Session
    from spotscope.pipeline.cli._console import Console

__all__ = ["report", "report_expression", "report_sample"]

_FLAGS = (
    SpotKey.NO_NUCLEI,
    SpotKey.LOW_COUNTS,
    SpotKey.OFF_TISSUE,
    SpotKey.OUTSIDE_REGION,
    SpotKey.REJECTED,
)


def report_sample(console: Console, session: Session, *, fatal: bool = True) -> None:
    """Say what was opened, and every note reading it brought up.

    ``fatal``: also what stops others; who stops at it says it as the error.
    """
    sample = session.sample
    parts = []
    if sample.slide is not None:
        height, width = sample.slide.shape
        parts.append(f"{width:,} × {height:,} px, {sample.slide.mpp:.3f} µm/px")
    if sample.spots is not None:
        lattice = sample.spots.lattice
        parts.append(
            f"{sample.spots.n:,} spots ({lattice.diameter_um:.0f} µm, {lattice.kind}, "
            f"{lattice.pitch_um:.0f} µm apart), {sample.spots.table.n_vars:,} genes"
        )
    console.say(f"{sample.name}: {'; '.join(parts)}", sample=sample.name)
    for note in sample.notes:
        console.note(note)
    for problem in sample.problems:
        if fatal or not problem.fatal:
            console.note(str(problem))


def report(console: Console, session: Session) -> None:
    """Say what was found."""
    if session.nuclei is not None:
        guessed = int(is_estimated(session.nuclei).sum())
        seen = session.nuclei.n - guessed
        parts = [f"{seen:,} nuclei"] if seen or not guessed else []
        parts += [f"{guessed:,} cells estimated"] if guessed else []
        console.say(", ".join(parts), nuclei=seen, estimated=guessed)
    for record in session.records.values():
        for note in record.notes:
            console.note(note)
    spots = session.sample.spots
    if spots is not None:
        flags = [
            f"{count:,} {str(key).replace('_', ' ')}"
            for key in _FLAGS
            if (count := int(spots.flagged(key).sum()))
        ]
        if flags:
            console.note(f"flagged spots, none dropped: {', '.join(flags)}")
    if session.cells is not None:
        _types(console, session)


def _types(console: Console, session: Session) -> None:
    """One line a type: all cells, the cells of spots, what is expected of them, and the baseline.

    A label is the likeliest type, so labels have more of common types than is expected of a spot.
    """
    assert session.cells is not None
    cells, record = session.cells, session.records["type"]
    found = cells.counts_per_type()
    in_spots = (cells.table.obs[CellKey.SOURCE] == TypeSource.SPOT).to_numpy()
    codes = cells.type_codes[in_spots]
    shares = np.bincount(codes, minlength=len(cells.types)) / max(len(codes), 1)
    of_spots = dict(zip(cells.types, shares.tolist(), strict=True))
    expected = dict(zip(cells.types, _expected(session), strict=True))
    baseline = record.figures["baseline"]
    nu = record.params["nu_used"]
    width = max(24, *(len(name) for name in found))
    lines = [
        f"{cells.n:,} cells, {len(codes):,} of them in spots, ν = {nu:g}",
        f"  {'':<{width}} {'all':>8} {'share':>7} {'in spots':>9} {'expected':>9} {'baseline':>9}",
    ]
    for name, count in sorted(found.items(), key=lambda item: -item[1]):
        lines.append(
            f"  {name:<{width}} {count:>8,} {count / max(cells.n, 1):>7.1%} "
            f"{of_spots[name]:>9.1%} {expected[name]:>9.1%} {baseline[name]:>9.1%}"
        )
    untyped = cells.n - sum(found.values())
    if untyped:
        lines.append(f"  {'not typed':<{width}} {untyped:>8,} {untyped / cells.n:>7.1%}")
    compared = record.figures.get("against_baseline")  # not kept by earlier versions
    if compared is not None:
        lines.append(compared["sentence"])
    console.say(
        "\n".join(lines),
        against_baseline=compared,
        cells=cells.n,
        cells_per_type=found,
        share_in_spots=of_spots,
        share_expected=expected,
        baseline=baseline,
        nu=nu,
    )


def _expected(session: Session) -> list[float]:
    """Of each type: what is expected of the spots, weighed by their nuclei."""
    spots = session.sample.spots
    assert spots is not None
    proportions = spots.table.obsm[SpotKey.PROPORTIONS].to_numpy(float)
    held = spots.table.obs[SpotKey.N_CELLS].to_numpy(float)
    shares: list[float] = (held @ proportions / max(held.sum(), 1)).tolist()
    return shares


def report_expression(console: Console, session: Session) -> None:
    """Say what spots came apart into, and how much of it the counts say."""
    record = session.records["decompose"]
    for note in record.notes:
        console.note(note)
    told = record.figures
    said = (
        f"{told['cells_in_spots']:,} cells of {told['spots']:,} spots, {told['genes']:,} genes, by "
        f"{told['method']}: every count of these genes is given to a cell; "
        f"{told['explained_by_data']:.0%} of how cells of a type differ is told by the counts"
    )
    console.say(said, **told)
