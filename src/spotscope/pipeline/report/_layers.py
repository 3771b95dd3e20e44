"""What a figure shows: nuclei or spots, their colours, and what the colours mean. Nothing is drawn.

A figure says where its numbers are from: measured at spots, inferred of cells, or how sure a type
is.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import numpy as np
import numpy.typing as npt

from spotscope.layers import TypeLooks, expression_top
from spotscope.model import CellKey, ExpressionKey, ExpressionSource, MethodError, ParamsError
from spotscope.pipeline.expression._cells import has_expression
from spotscope.pipeline.expression._told_by import told_by

if TYPE_CHECKING:
    from spotscope.model import Cells, Session

__all__ = ["Drawn", "Shown", "what_to_draw"]

Shown = Literal["types", "confidence", "gene", "image"]
Floats = npt.NDArray[np.float64]
_UNTYPED = (0.6, 0.6, 0.6)


@dataclass(frozen=True, slots=True, eq=False)
class Drawn:
    """What lies on the image.

    Parameters
    ----------
    title
        What the colours show, with where it is from.
    on
        ``nuclei``, ``spots``, or ``""`` for the image alone.
    rows
        (drawn,) index of the nuclei or spots that have a value.
    values
        (drawn,) to be coloured by a scale; None where ``colours`` are.
    colours
        (drawn, 3) of 0 to 1; None where ``values`` are.
    top
        Value at the end of the scale; it starts at 0.
    unit
        Under the scale.
    legend
        Name, colour and number of every type.
    called
        What the drawn are called over the legend.
    """

    title: str
    on: str
    rows: npt.NDArray[np.intp]
    values: Floats | None = None
    colours: Floats | None = None
    top: float = 1.0
    unit: str = ""
    legend: tuple[tuple[str, tuple[float, float, float], int], ...] = ()
    called: str = "nuclei"


def what_to_draw(
    session: Session,
    shown: Shown | None = None,
    gene: str | None = None,
    on_cells: bool = False,
    counted: npt.NDArray[np.bool_] | None = None,
) -> Drawn:
    """Gather what a figure shows.

    Parameters
    ----------
    session
        With what is asked for.
    shown
        ``types``, ``confidence``, ``gene`` or ``image``; by default the gene if one is given, else
        types where there are any, else the image.
    gene
        Its name.
    on_cells
        Show the gene as it is inferred of cells, not as measured at spots.
    counted
        (nucleus,) those that the legend counts; all by default.

    Raises
    ------
    ParamsError, MethodError
        If there is no such gene, or what is asked for was not found yet.
    """
    if shown is None:
        shown = "gene" if gene else "types" if session.cells is not None else "image"
    if shown == "image":
        return Drawn("", "", np.zeros(0, np.intp))
    if shown == "gene":
        if not gene:
            raise ParamsError("Expected the name of a gene to draw, found none; give one (--gene).")
        return _inferred(session, gene) if on_cells else _measured(session, gene)
    if session.cells is not None and session.nuclei is None:
        raise MethodError(
            f"Expected places of the cells of {session.sample.name} to draw {shown} at, found "
            "cells that are known by their number alone; run it by 'spotscope run', which draws "
            "them, or draw a gene (--gene)."
        )
    if session.cells is None or session.nuclei is None:
        raise MethodError(
            f"Expected typed nuclei in {session.sample.name} to draw {shown} of, found none; run "
            "the Cell types step first, or draw a gene (--gene)."
        )
    return _types(session, counted) if shown == "types" else _confidence(session, session.cells)


def _types(session: Session, counted: npt.NDArray[np.bool_] | None) -> Drawn:
    cells = session.cells
    assert cells is not None
    looks = TypeLooks.from_json(session.view.get("legend"))
    types, codes = cells.types, cells.type_codes
    palette = looks.colours_of(types)
    table = np.array([np.array(palette[looks.shown(name)]) / 255 for name in types]).reshape(-1, 3)
    colours = np.concatenate([table, [_UNTYPED]])[codes]
    seen = codes if counted is None else codes[counted]
    counts: dict[str, int] = {}
    for name, count in zip(types, np.bincount(seen[seen >= 0], minlength=len(types)), strict=True):
        counts[looks.shown(name)] = counts.get(looks.shown(name), 0) + int(count)
    ranked = sorted(((n, c) for n, c in counts.items() if c), key=lambda item: -item[1])
    legend = [(name, _rgb(palette[name]), count) for name, count in ranked]
    if (seen < 0).any():
        legend.append(("not typed", _UNTYPED, int((seen < 0).sum())))
    rows = np.arange(cells.n)
    return Drawn(
        "Cell types, inferred",
        "nuclei",
        rows,
        None,
        colours,
        legend=tuple(legend),
        called=session.called,
    )


def _confidence(session: Session, cells: Cells) -> Drawn:
    support = cells.table.obs[CellKey.SUPPORT].to_numpy(float)
    rows = np.flatnonzero(np.isfinite(support))
    title = f"How well the types of {session.called} are supported"
    return Drawn(title, "nuclei", rows, support[rows], unit="support, 0 to 1")


def _measured(session: Session, gene: str) -> Drawn:
    spots = session.sample.spots
    if spots is None:
        raise MethodError(
            f"Expected spots to draw {gene} on, found an image alone in {session.sample.name}; "
            "open the spots."
        )
    place = _place(gene, list(map(str, spots.table.var_names)), "the spots")
    counts = np.asarray(spots.counts[:, [place]].toarray(), float).ravel()
    name = str(spots.table.var_names[place])
    top = expression_top(counts)
    return Drawn(
        f"{name}, measured", "spots", np.arange(spots.n), counts, top=top, unit="counts a spot"
    )


def _inferred(session: Session, gene: str) -> Drawn:
    cells = session.cells
    if cells is None or session.nuclei is None or not has_expression(cells):
        raise MethodError(
            f"Expected expression of cells in {session.sample.name} to draw {gene} of, found none; "
            "run the Expression step first, or draw what was measured at spots."
        )
    names = list(map(str, cells.table.var_names))
    place = _place(gene, names, "the cells")
    mean = np.asarray(cells.table.layers[ExpressionKey.MEAN][:, place], float).ravel()
    prior = (cells.table.obs[ExpressionKey.SOURCE] == ExpressionSource.PRIOR).to_numpy(bool)
    rows = np.flatnonzero(np.isfinite(mean))
    seen = np.isfinite(mean) & ~prior
    top = expression_top(mean[seen] if seen.any() else mean[rows])
    method = str(session.records["decompose"].figures.get("method", ""))
    title = f"{names[place]}, {told_by(method)}"
    one = "nucleus" if session.called == "nuclei" else "cell"
    return Drawn(title, "nuclei", rows, mean[rows], top=top, unit=f"expected counts a {one}")


def _place(gene: str, names: list[str], where: str) -> int:
    found = [i for i, name in enumerate(names) if name.upper() == gene.strip().upper()]
    if not found:
        start = gene.strip().upper()[:3]
        like = [name for name in names if name.upper().startswith(start)][:3]
        hint = f" (such as {', '.join(like)})" if like else ""
        raise ParamsError(f"Expected a gene of {where}{hint}, found {gene!r}; name one as they do.")
    return found[0]


def _rgb(colour: tuple[int, int, int]) -> tuple[float, float, float]:
    red, green, blue = (channel / 255 for channel in colour)
    return red, green, blue
