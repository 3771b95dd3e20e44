"""Draw genes at spot level and at cell level, side by side, to be looked at.

    python docs/make_gene_pictures.py SPOTS IMAGE REFERENCE PICTURE.jpg [GENE ...]

The section is segmented, typed and decomposed in closed form, as ``spotscope run`` does; for each
gene a column: the spots' counts, every nucleus' expected counts, and 500 µm of both where the gene
is highest. Rims of spots are solid (measured); nuclei between spots, whose values no count tells,
are drawn fainter, those in spots full. Above its column stands how well the gene is told while it
is hidden, and how much of how cells differ the counts tell.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import matplotlib as mpl
import numpy as np
from matplotlib.collections import EllipseCollection, PolyCollection
from matplotlib.figure import Figure

import spotscope
from spotscope.model import ExpressionKey, ExpressionSource

GENES = ("ERBB2", "CD3E", "COL1A1", "POSTN")
ZOOM_UM = 500.0
BACK, WORDS = "#14171c", "#e6e8ec"
#: Of a section that is seen whole nuclei are drawn larger than they are, or nobody would see them.
_LARGER = 1.8
_TOP, _FAINT = 98, 0.55


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("spots")
    parser.add_argument("image")
    parser.add_argument("reference")
    parser.add_argument("picture", type=Path)
    parser.add_argument("genes", nargs="*", default=list(GENES))
    parser.add_argument("--cache", type=Path)
    args = parser.parse_args()
    session = spotscope.read(args.spots, image=args.image)
    session = spotscope.segment(session, cache=args.cache)
    typed = spotscope.type_cells(session, args.reference, cache=args.cache)
    opened = spotscope.decompose(typed.session, args.reference, cache=args.cache)
    draw(opened.session, args.genes).savefig(args.picture, dpi=85, pil_kwargs={"quality": 82})


def draw(session, genes) -> Figure:
    table = session.cells.table
    figure = Figure(figsize=(4 * len(genes), 12), layout="constrained", facecolor=BACK)
    axes = figure.subplots(3, len(genes), squeeze=False)
    told = table.var[ExpressionKey.HIDDEN_R]
    explained = table.var[ExpressionKey.EXPLAINED]
    for column, gene in enumerate(genes):
        counts, values = gene_values(session, gene)
        spot = session.sample.spots.yx_um[int(counts.argmax())]
        first, second, third = axes[:, column]
        first.set_title(f"{gene}\nspots, measured: 0 to {counts.max():.0f}", fontsize=11)
        rings = {"edgecolors": "#777777", "linewidths": 0.4}
        paint_spots(first, session, facecolors=colours(counts), **rings)
        frame(first, session.cells.yx_um)
        if values is None:
            second.set_title("not inferred:\nthe reference lacks it", fontsize=9)
            frame(second, session.cells.yx_um)
            third.set_visible(False)
            continue
        said = f"agreement {told[gene]:.2f} by other genes alone; counts tell {explained[gene]:.0%}"
        second.set_title(f"nuclei, inferred\n{said}", fontsize=9)
        third.set_title(f"{ZOOM_UM:.0f} µm around the highest spot", fontsize=9)
        paint_nuclei(second, session, values)
        paint_nuclei(third, session, values, rims=True)
        frame(second, session.cells.yx_um)
        half = ZOOM_UM / 2
        third.set_xlim(spot[1] - half, spot[1] + half)
        third.set_ylim(spot[0] + half, spot[0] - half)
    for axis in axes.ravel():
        axis.title.set_color(WORDS)
        axis.set_aspect("equal")
        axis.set_xticks([])
        axis.set_yticks([])
        axis.set_facecolor(BACK)
    return figure


def gene_values(session, gene):
    """(spot,) counts, and (cell,) expected counts or None where the reference lacks the gene."""
    spots, table = session.sample.spots, session.cells.table
    counts = spots.counts[:, spots.table.var_names.get_loc(gene)].toarray().ravel()
    if gene not in table.var_names:
        return counts, None
    return counts, table.layers[ExpressionKey.MEAN][:, table.var_names.get_loc(gene)]


def frame(axis, yx) -> None:
    low, high = yx.min(axis=0) - 50, yx.max(axis=0) + 50
    axis.set_xlim(low[1], high[1])
    axis.set_ylim(high[0], low[0])


def paint_spots(axis, session, **looks) -> None:
    spots = session.sample.spots
    size = spots.lattice.diameter_um
    at = {"offsets": spots.yx_um[:, ::-1], "transOffset": axis.transData}
    axis.add_collection(EllipseCollection(size, size, 0, units="x", **at, **looks))


def paint_nuclei(axis, session, values, *, rims: bool = False) -> None:
    source = session.cells.table.obs[ExpressionKey.SOURCE]
    inside = (source == ExpressionSource.SPOT).to_numpy(bool)
    known = np.flatnonzero(np.isfinite(values))
    paint = colours(values[known], values[known][inside[known]])
    paint[:, 3] = np.where(inside[known], 1.0, _FAINT)
    corners = session.nuclei.polygons()[known][:, :, ::-1]
    if not rims:
        centres = session.nuclei.yx_um[known][:, None, ::-1]
        corners = centres + _LARGER * (corners - centres)
    axis.add_collection(PolyCollection(corners, facecolors=paint, edgecolors="none"))
    if rims:
        paint_spots(axis, session, facecolors="none", edgecolors="#c8ccd2")


def colours(values, known=None):
    """(value, 4) viridis up to a high value of those that are known."""
    top = np.percentile(values if known is None or not len(known) else known, _TOP)
    return mpl.colormaps["viridis"](np.clip(values / max(float(top), 1e-9), 0, 1))


if __name__ == "__main__":
    main()
