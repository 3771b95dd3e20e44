"""What is known of one spot, gathered without Qt."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from spotscope.model import GeneSpace, MethodError, SpotKey, is_estimated
from spotscope.widgets.spots._spot_expression import given_back

if TYPE_CHECKING:
    import numpy.typing as npt
    from anndata import AnnData

    from spotscope.model import Session

__all__ = ["SpotFacts", "lacking_genes", "spot_facts"]

TOP_GENES = 6
_FLAGS = {
    SpotKey.LOW_COUNTS: "few counts",
    SpotKey.NO_NUCLEI: "no nuclei",
    SpotKey.OFF_TISSUE: "off the tissue",
    SpotKey.REJECTED: "rejected",
}


@dataclass(frozen=True, slots=True)
class SpotFacts:
    """One spot.

    Parameters
    ----------
    index, name
        Which one.
    umis
        Its total counts.
    genes
        Its highest counts, by gene.
    given_back
        What its nuclei explain of each of these; None where they were not inferred.
    nuclei
        Number of cells it owns; None before typing.
    by_type
        (type, nuclei, share of the counts or None) with any of either; the largest share first, or
        the most nuclei where shares are not known.
    flags
        In words.
    estimated
        Those of its cells that were counted, not seen.
    lacking
        Whether the reference lacks each of these genes; empty without a reference.
    called
        What its cells are called: ``nuclei`` where all of the section were seen.
    """

    index: int
    name: str
    umis: int
    genes: tuple[tuple[str, int], ...]
    nuclei: int | None
    by_type: tuple[tuple[str, int, float | None], ...]
    flags: tuple[str, ...]
    given_back: tuple[float | None, ...] = ()
    estimated: int = 0
    lacking: tuple[bool, ...] = ()
    called: str = "nuclei"


def spot_facts(
    session: Session,
    index: int,
    owner: npt.NDArray[np.int32] | None = None,
    lacking: npt.NDArray[np.bool_] | None = None,
) -> SpotFacts:
    """Gather what is known of a spot.

    Parameters
    ----------
    session
        With spots.
    index
        Of the spot.
    owner
        (cell,) the spot that owns each cell, or None before typing.
    lacking
        (gene,) as from :func:`lacking_genes`, or None without a reference.
    """
    spots = session.sample.spots
    assert spots is not None
    row = spots.counts[index]
    top = np.argsort(-row.data, kind="stable")[:TOP_GENES]
    genes = spots.table.var_names
    flags = tuple(said for key, said in _FLAGS.items() if spots.flagged(key)[index])
    nuclei: int | None = None
    by_type: tuple[tuple[str, int, float | None], ...] = ()
    if session.cells is not None and owner is not None:
        nuclei, by_type = _composition(session, index, owner)
    named = [str(genes[row.indices[i]]) for i in top]
    return SpotFacts(
        index,
        str(spots.table.obs_names[index]),
        int(row.data.sum()),
        tuple((name, int(row.data[i])) for name, i in zip(named, top, strict=True)),
        nuclei,
        by_type,
        flags,
        given_back(session, index, named),
        _estimated(session, index, owner),
        () if lacking is None else tuple(lacking[row.indices[top]].tolist()),
        session.called,
    )


def lacking_genes(spots: AnnData, reference: AnnData) -> npt.NDArray[np.bool_]:
    """(gene,) which of the genes of spots a reference lacks, so that types cannot go by them."""
    try:
        space = GeneSpace.shared(spots, reference)
    except MethodError:  # not one is shared
        return np.ones(spots.n_vars, bool)
    return np.diff(space.left.indptr) == 0


def _estimated(session: Session, index: int, owner: npt.NDArray[np.int32] | None) -> int:
    if owner is None or session.nuclei is None or session.cells is None:
        return 0
    return int(is_estimated(session.nuclei.take(owner == index)).sum())


def _composition(
    session: Session, index: int, owner: npt.NDArray[np.int32]
) -> tuple[int, tuple[tuple[str, int, float | None], ...]]:
    cells, spots = session.cells, session.sample.spots
    assert cells is not None
    assert spots is not None
    codes = cells.type_codes[owner == index]
    counted = np.bincount(codes[codes >= 0], minlength=len(cells.types))
    weights: npt.NDArray[np.float64] | None = None
    if SpotKey.WEIGHTS in spots.table.obsm:
        raw = np.asarray(spots.table.obsm[SpotKey.WEIGHTS], dtype=float)[index]
        weights = raw / raw.sum() if raw.sum() > 0 else None
    order = np.lexsort((-counted, -weights if weights is not None else -counted))
    rows = [
        (cells.types[k], int(counted[k]), None if weights is None else float(weights[k]))
        for k in order
        if counted[k] or (weights is not None and weights[k] >= 0.02)
    ]
    return len(codes), tuple(rows)
