"""Colours of the points of a plot, what they mean, and the columns of the table. No Qt events."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from spotscope.model import CellKey, SpotKey
from spotscope.widgets.canvas._colour_scale import seen_steps
from spotscope.widgets.canvas._layer_data import UNKNOWN, seen_by
from spotscope.widgets.explore._plot_key import PlotKey

if TYPE_CHECKING:
    import numpy.typing as npt

    from spotscope.model import Session
    from spotscope.pipeline import Embedding
    from spotscope.widgets.canvas._canvas import Canvas

__all__ = ["GeneShown", "columns_of", "looks_of"]


class GeneShown(NamedTuple):
    """What is searched for: its name, whether nuclei show it or spots, and the most there is."""

    name: str
    on_cells: bool
    top: float | None


def looks_of(
    session: Session, canvas: Canvas, found: Embedding, gene: GeneShown | None
) -> tuple[npt.NDArray[np.uint8], PlotKey]:
    """(point, 3) colours as on the canvas, and what they and the axes mean.

    A gene colours the points that it colours on the canvas; all others have their type's colour,
    a spot that of the type it holds most of.
    """
    axes = _axes(found)
    painted = None if gene is None else _gene_colours(session, canvas, found, gene)
    if gene is not None and painted is not None:
        steps = tuple(seen_steps(canvas.nuclei.eyes))
        return painted, PlotKey(axes, gene=gene.name, top=gene.top, strip=steps)
    by_name, looks = canvas.colours(session), canvas.nuclei.looks
    if session.cells is None:
        return np.full((len(found.rows), 3), by_name[UNKNOWN], np.uint8), PlotKey(axes)
    names = (*map(looks.shown, session.cells.types), UNKNOWN)
    palette = np.array([by_name[name] for name in names], np.uint8)
    codes = session.cells.type_codes if found.of == "cells" else _main_types(session)
    mine = codes[found.rows]
    counts: dict[str, int] = {}
    for name, count in zip(
        names, np.bincount(mine % len(names), minlength=len(names)), strict=True
    ):
        counts[name] = counts.get(name, 0) + int(count)  # types that are shown as one are one
    frequent = sorted((name for name in counts if counts[name]), key=lambda name: -counts[name])
    return palette[mine], PlotKey(axes, tuple((name, by_name[name]) for name in frequent))


def _axes(found: Embedding) -> tuple[str, str]:
    if found.how == "umap":
        return "UMAP 1", "UMAP 2"
    first, second = found.explained
    return f"PC 1 · {first:.0%} of all differences", f"PC 2 · {second:.0%} of all differences"


def _gene_colours(
    session: Session, canvas: Canvas, found: Embedding, gene: GeneShown
) -> npt.NDArray[np.uint8] | None:
    """(point, 3); None where the canvas shows the gene on the others."""
    if gene.on_cells != (found.of == "cells"):
        return None
    if not gene.on_cells:
        fill = canvas.spots.seen_fill
        return None if fill is None else np.rint(255 * fill[found.rows, :3]).astype(np.uint8)
    shown = canvas.nuclei.inferred
    if shown is None or session.cells is None:
        return None
    codes, colours = shown
    labels = session.cells.table.obs[CellKey.LABEL_ID].to_numpy(np.int64)[found.rows]
    table = np.asarray(seen_by(colours, canvas.nuclei.eyes).colors, float)
    return np.rint(255 * table[codes[labels], :3]).astype(np.uint8)


def _main_types(session: Session) -> npt.NDArray[np.intp]:
    """(spot,) the type its proportions hold most of; -1 where it has no cell."""
    spots = session.sample.spots
    assert spots is not None
    if SpotKey.PROPORTIONS not in spots.table.obsm:
        return np.full(spots.n, -1, np.intp)
    shares = np.asarray(spots.table.obsm[SpotKey.PROPORTIONS], float)
    return np.where(shares.sum(axis=1) > 0, shares.argmax(axis=1), -1)


def columns_of(session: Session, of: str) -> dict[str, npt.NDArray[Any]]:
    """What the table of spots or cells shows: its columns by name."""
    spots = session.sample.spots
    assert spots is not None
    types = np.array([*(session.cells.types if session.cells else ()), UNKNOWN], object)
    if of == "cells" and session.cells is not None:
        obs = session.cells.table.obs
        return {
            "nucleus": obs[CellKey.LABEL_ID].to_numpy(np.int64),
            "type": types[session.cells.type_codes],
            "sure": obs[CellKey.SUPPORT].to_numpy(np.float32),
            "µm²": obs[CellKey.AREA].to_numpy(np.float32),
            "spot": obs[CellKey.SPOT_ID].astype(str).to_numpy(object),
        }
    columns: dict[str, npt.NDArray[Any]] = {
        "spot": spots.table.obs_names.astype(str).to_numpy(object),
        "UMI": np.asarray(spots.umis, np.int64),
        "genes": np.diff(spots.counts.indptr).astype(np.int64),
    }
    if session.cells is not None:
        columns["mostly"] = types[_main_types(session)]
    return columns
