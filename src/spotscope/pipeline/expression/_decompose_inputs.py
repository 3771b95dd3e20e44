"""What the Expression step works on, gathered from a session and checked."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from spotscope import io
from spotscope.methods import expression
from spotscope.model import CellKey, GeneSpace, Membership, MethodError, Problem, ReadError
from spotscope.pipeline._read import read_reference
from spotscope.pipeline._recall import Recall
from spotscope.pipeline._regions import inside_any
from spotscope.pipeline.expression._cells import has_expression

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy.typing as npt

    from spotscope.methods.expression import ExpressionParams, FittedExpression, Section
    from spotscope.model import Reference, Region, Session, Spots, Task

__all__ = [
    "check_decomposition",
    "codes_in",
    "home_of",
    "membership_of_cells",
    "reference_of",
    "section_of",
    "shared_genes",
    "spots_in",
    "support_in",
    "told_before",
]

_MEMBERSHIPS: Recall[Membership] = Recall(2)
_PROBLEMS: Recall[list[Problem]] = Recall()
_GENES: Recall[tuple[str, ...]] = Recall()
_SECTIONS: Recall[Section] = Recall(2)


def check_decomposition(
    session: Session, reference: Reference | None, params: ExpressionParams
) -> list[Problem]:
    """What stands in the way of expression; nothing is computed."""
    if session.sample.spots is None:
        return [
            Problem(
                f"Expected spots to take expression from, found an image alone in "
                f"{session.sample.name}; open the spots (a Space Ranger folder or an h5ad)."
            )
        ]
    if session.cells is None:
        return [
            Problem(
                f"Expected typed cells in {session.sample.name}, found none; type them first "
                "(spotscope run --steps segment,type, or the Cell types step)."
            )
        ]
    if reference is None:
        return []
    here = {name for name, n in session.cells.counts_per_type().items() if n}
    if lacking := sorted(here - set(reference.types)):
        return [
            Problem(
                f"Expected the {len(here)} cell types of {session.sample.name} in "
                f"{reference.name}, found {len(lacking)} missing ({_some(lacking)}); give the "
                "reference that the cells were typed from."
            )
        ]
    codes = _numbered(session, reference.types)
    spots, membership = session.sample.spots, membership_of_cells(session)
    n_genes = min(spots.table.n_vars, reference.table.n_vars)
    n_genes = expression.how_many_genes(params, len(codes), n_genes) + len(params.also)
    counts, learned = spots.counts, reference.table.X
    room, needed = io.available_bytes(), expression.memory_bytes(len(codes), n_genes)
    limit = {} if room is None or needed <= room else {"most_bytes": room}
    return _PROBLEMS(
        (counts.data, learned.data, membership.overlap.data),
        (codes.tobytes(), params.method, n_genes, bool(limit)),
        lambda: expression.check(
            spots, codes, membership, reference, params, n_genes=n_genes, **limit
        ),
    )


def reference_of(session: Session) -> Task[Reference]:
    """Open the reference that the session's cells were typed from, where it is still to be had.

    Raises
    ------
    ReadError
        If the session does not say where it is, or it is not there.
    """
    record = session.records.get("type")
    where = record.figures.get("reference") if record is not None else None
    if where is None:
        raise ReadError(
            f"Expected the reference of {session.sample.name}, found no word of where it lies; "
            "give it (--reference REF)."
        )
    try:
        return (
            yield from read_reference(
                where["path"], cell_type=where["cell_type"], labels=where.get("labels")
            )
        )
    except ReadError as err:
        raise ReadError(
            f"Expected the reference that the cells were typed from at {where['path']}, found "
            f"none that can be read ({err}); give it (--reference REF)."
        ) from err


def spots_in(spots: Spots, regions: Sequence[Region]) -> npt.NDArray[np.intp]:
    """Indices of the spots whose centre lies in a region; all of them without a region.

    Raises
    ------
    MethodError
        If there are none.
    """
    if not regions:
        return np.arange(spots.n)
    found = np.flatnonzero(inside_any(regions, spots.yx_um))
    if not found.size:
        raise MethodError(
            f"Expected spots in the region, found none of the {spots.n:,}; draw it around the "
            "centre of at least one spot."
        )
    return found


def membership_of_cells(session: Session) -> Membership:
    """Which cell lies in which spot: from outlines, else from the names kept with the cells."""
    import scipy.sparse as sp

    spots, cells = session.sample.spots, session.cells
    assert spots is not None
    assert cells is not None
    if (nuclei := session.nuclei) is not None:
        return _MEMBERSHIPS(
            (nuclei.yx_um, nuclei.radii_um, spots.yx_um),
            spots.lattice,
            lambda: Membership.from_discs(nuclei, spots),
        )
    index = spots.table.obs_names.get_indexer(cells.table.obs[CellKey.SPOT_ID].astype(str))
    inside = np.flatnonzero(index >= 0)
    ones = (np.ones(len(inside)), (index[inside], inside))
    return Membership(sp.csr_matrix(ones, shape=(spots.n, cells.n)), index.astype(np.int32))


def home_of(membership: Membership) -> npt.NDArray[np.int64]:
    """(cell,) the spot that sees most of it, however little, or -1: where its counts come from."""
    overlap = membership.overlap.tocsc()
    home = np.full(overlap.shape[1], -1, np.int64)
    cell = np.repeat(np.arange(overlap.shape[1]), np.diff(overlap.indptr))
    order = np.argsort(overlap.data, kind="stable")  # the largest is written last
    order = order[overlap.data[order] > 0]
    home[cell[order]] = overlap.indices[order]
    return home


def codes_in(session: Session, fitted: FittedExpression) -> npt.NDArray[np.int64]:
    """(cell,) the session's types as the checkpoint numbers them; -1 where unknown."""
    assert session.cells is not None
    here = [name for name, n in session.cells.counts_per_type().items() if n]
    if lacking := sorted(set(here) - set(fitted.type_names)):
        raise MethodError(
            f"Expected a checkpoint of the cell types of {session.sample.name}, found one that "
            f"lacks {len(lacking)} of them ({_some(lacking)}); train one on the reference that "
            "the cells were typed from."
        )
    return _numbered(session, fitted.type_names)


def told_before(session: Session, params: ExpressionParams) -> tuple[str, ...]:
    """Genes that are told of the session's cells already, where the same ones are asked for."""
    cells, record = session.cells, session.records.get("decompose")
    if cells is None or record is None or not has_expression(cells):
        return ()
    asked = {name: getattr(params, name) for name in ("most_genes", "also_genes")}
    if any(record.params.get(name, value) != value for name, value in asked.items()):
        return ()
    return tuple(map(str, cells.table.var_names))


def support_in(session: Session) -> npt.NDArray[np.float64] | None:
    """(cell,) probability of each cell's type; None where the session says nothing of it."""
    assert session.cells is not None
    obs = session.cells.table.obs
    if CellKey.SUPPORT not in obs:
        return None
    return obs[CellKey.SUPPORT].to_numpy(np.float64)


def _numbered(session: Session, names: Sequence[str]) -> npt.NDArray[np.int64]:
    assert session.cells is not None
    place = {name: k for k, name in enumerate(names)}
    numbers = np.array([*(place.get(name, -1) for name in session.cells.types), -1])
    return numbers[session.cells.type_codes]


def section_of(
    spots: Spots,
    fitted: FittedExpression,
    codes: npt.NDArray[np.int64],
    membership: Membership,
    params: ExpressionParams,
) -> Section:
    """The section beside the reference: the same for every region, and for the next tier."""
    counts, overlap = spots.counts, membership.overlap
    arrays = (fitted.means, fitted.dispersion, counts.data, spots.table.var_names, overlap.data)
    return _SECTIONS(
        arrays,
        (codes.tobytes(), params.overdispersion, params.alike),
        lambda: expression.compare_section(fitted, spots.table, codes, membership, params),
    )


def shared_genes(spots: Spots, fitted: FittedExpression) -> tuple[str, ...]:
    """Names, as the reference has them, of the genes that the spots have too."""
    rest = fitted.gene_names, fitted.gene_ids
    return _GENES((spots.table.var_names,), rest, lambda: _shared_genes(spots, fitted))


def _shared_genes(spots: Spots, fitted: FittedExpression) -> tuple[str, ...]:
    import pandas as pd
    from anndata import AnnData

    var = pd.DataFrame(index=list(fitted.gene_names))
    if fitted.gene_ids:
        var["gene_ids"] = list(fitted.gene_ids)
    space = GeneSpace.shared(spots.table, AnnData(np.zeros((0, len(var)), np.float32), var=var))
    return tuple(np.array(fitted.gene_names)[np.diff(space.right.indptr) > 0].tolist())


def _some(names: Sequence[str]) -> str:
    return ", ".join(names[:3]) + ("…" if len(names) > 3 else "")
