"""Regions and what they hold, written for others: GeoJSON for QuPath, tables as CSV."""

from __future__ import annotations

import csv
from pathlib import Path
from typing import TYPE_CHECKING, Any

from spotscope import io

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from spotscope.model import Region
    from spotscope.pipeline._ask_region import RegionAnswer

__all__ = ["REGION_FILES", "save_regions"]

#: What :func:`save_regions` writes.
REGION_FILES = ("regions.geojson", "regions.csv", "region_types.csv", "region_genes.csv")


def save_regions(
    folder: Path | str,
    regions: Sequence[Region],
    answers: Sequence[RegionAnswer],
    *,
    mpp: float | None,
) -> tuple[Path, ...]:
    """Write four files into ``folder``; each is replaced whole or not at all.

    Parameters
    ----------
    folder
        Made if it is not there.
    regions, answers
        In the same order.
    mpp
        µm per pixel of level 0 of the slide; None without one: GeoJSON is in µm.

    Raises
    ------
    WriteError
        If they cannot be written.
    """
    folder = Path(folder)
    paths = tuple(folder / name for name in REGION_FILES)
    io.write_regions_geojson(paths[0], regions, mpp=mpp, measurements=list(map(_numbers, answers)))
    about = ("region", "classification", "area_mm2", "nuclei", "per_mm2", "spots", "against")
    said = [region.remark for region in regions]
    looks = ("area_um2", "eccentricity", "haematoxylin_od")
    _write(
        paths[1],
        (*about, *(f"median_{look}" for look in looks), "remark"),
        (
            (
                *(a.name, a.classification, a.area_mm2, a.nuclei, a.per_mm2, a.spots, a.against),
                *(a.medians.get(look) for look in looks),
                remark,
            )
            for a, remark in zip(answers, said, strict=True)
        ),
    )
    _write(
        paths[2],
        ("region", "cell_type", "nuclei", "share", "low_95", "high_95", "share_elsewhere"),
        (
            (a.name, t.name, t.count, t.share, t.low, t.high, t.elsewhere)
            for a in answers
            for t in a.types
        ),
    )
    _write(
        paths[3],
        ("region", "gene", "per_10k", "per_10k_elsewhere", "ratio", "low_95", "high_95"),
        (
            (a.name, g.name, g.inside, g.elsewhere, g.ratio, g.low, g.high)
            for a in answers
            for g in a.genes
        ),
    )
    return paths


def _numbers(answer: RegionAnswer) -> dict[str, float]:
    """What QuPath shows of an annotation."""
    numbers = {"area_mm2": answer.area_mm2}
    if answer.nuclei is not None:
        numbers["nuclei"] = float(answer.nuclei)
    if answer.per_mm2 is not None:
        numbers["nuclei_per_mm2"] = answer.per_mm2
    return numbers | {f"share: {row.name}": row.share for row in answer.types}


def _write(path: Path, names: Sequence[str], rows: Iterable[Sequence[Any]]) -> None:
    with io.staged(path) as temporary, temporary.open("w", encoding="utf-8", newline="") as stream:
        table = csv.writer(stream)
        table.writerow(names)
        table.writerows([_said(value) for value in row] for row in rows)


def _said(value: Any) -> Any:
    if value is None:
        return ""
    return f"{value:.6g}" if isinstance(value, float) else value
