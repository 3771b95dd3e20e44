"""Ligands of spots and receptors around them, by liana.

Moran's R of ligand l and receptor r, standardised over the n spots, with Gaussian weights w that
sum to n and join a spot to itself too, is

    R = Σ_ij w_ij l_j r_i,    at spot i  (l_i Σ_j w_ij r_j + r_i Σ_j w_ij l_j),

the latter where both are above their mean around it, else 0.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
import scipy.sparse as sp

from spotscope.model import MethodError, Progress
from spotscope.pipeline.analyses._answer import Answer, pair_name
from spotscope.pipeline.analyses._material import PLACE
from spotscope.pipeline.analyses._null import Q, against_shuffled
from spotscope.pipeline.analyses._pairs import REFERENCES, pairs_of
from spotscope.pipeline.analyses._params import Values
from spotscope.pipeline.analyses._variable import normalised, seen_genes

if TYPE_CHECKING:
    from collections.abc import Iterable

    import pandas as pd
    from anndata import AnnData

    from spotscope.model import Task
    from spotscope.pipeline.analyses._material import Material
    from spotscope.pipeline.analyses._params import AnalyseParams

__all__ = ["ligands_of_spots", "shuffled_r"]

Floats = npt.NDArray[np.float64]

_WEIGHTS = "around_connectivities"
#: Spots times pairs: several matrices of this many numbers are held at once.
_MOST = 100_000_000


def ligands_of_spots(
    material: Material, params: AnalyseParams, seed: int
) -> Task[tuple[Answer, ...]]:
    """Rank ligands of spots and receptors around them; counts as they were measured.

    Raises
    ------
    MethodError
        If there are too few spots, or no pair of genes.
    """
    spots = seen_genes(material.spots, params.fewest_seen)
    name, resource = pairs_of(params.resource, spots.var_names)
    if spots.n_obs * len(resource) > _MOST:
        raise MethodError(
            f"Expected {_MOST:,} scores at most, found {spots.n_obs:,} spots of {len(resource):,} "
            "pairs; take a shorter list (--resource cellphonedb) or wider bins."
        )
    yield Progress("ligands of spots", 0, 3)
    plain = normalised(spots)
    _weigh(plain, params.reach_spots * material.pitch_um)
    yield Progress("ligands of spots", 1, 3)
    table = _over_the_slide(plain, resource, params.fewest_seen)
    ligands, receptors = (_standardised(plain, table[side]) for side in ("ligand", "receptor"))
    shuffled = yield from shuffled_r(
        ligands, receptors, plain.obsp[_WEIGHTS], params.permutations, np.random.default_rng(seed)
    )
    null = against_shuffled(table["morans_r"].to_numpy(), shuffled)
    table["p"], table["q"] = null.p, null.q
    table["values"] = str(Values.MEASURED)
    yield Progress("ligands of spots", 2, 3)
    scores = _at_each_spot(plain, table)
    notes = (
        "the spots' own counts, per 10,000, logarithm; which cells of a spot make them is not told",
        f"places are shuffled {params.permutations} times, ligand and receptor of a spot together, "
        "so that what they share within a spot counts as chance; a normal curve through what that "
        "gives says what chance gives",
        f"{len(table):,} pairs of {name!r} of liana whose genes {params.fewest_seen:.0%} of the "
        f"spots have; {int((table['q'] < Q).sum()):,} at a false discovery rate below {Q:.0%}, "
        f"with places shuffled {null.false:.1f}",
    )
    yield Progress("ligands of spots", 3, 3)
    title = "Ligands and receptors of neighbouring spots · measured"
    return (Answer("ligands_spots", title, table, notes, REFERENCES, scores),)


def _weigh(spots: AnnData, width_um: float) -> None:
    """Gaussian weights of the spots around each spot and of itself, down to a tenth."""
    import liana

    liana.ut.spatial_neighbors(
        spots,
        bandwidth=width_um,
        cutoff=0.1,
        kernel="gaussian",
        set_diag=True,
        max_neighbours=min(100, spots.n_obs - 1),
        spatial_key=PLACE,
        key_added="around",
    )


def _over_the_slide(spots: AnnData, resource: pd.DataFrame, fewest_seen: float) -> pd.DataFrame:
    """Moran's R of every pair; the largest first."""
    import liana

    found = liana.mt.bivariate(
        spots,
        resource=resource,
        connectivity_key=_WEIGHTS,
        local_name=None,
        global_name=["morans"],
        n_perms=None,  # its p-values end at one in the number of permutations: ours below
        nz_prop=fewest_seen,
        use_raw=False,
        verbose=False,
    )
    table = found[["ligand", "receptor"]].astype(str)
    table["morans_r"] = found["morans"].to_numpy(float)
    return table.sort_values("morans_r", ascending=False, ignore_index=True)


def _standardised(spots: AnnData, names: Iterable[str]) -> Floats:
    """(spot, name) values of genes, or of the scarcest part of a complex; squares sum to 1."""
    order = {name: at for at, name in enumerate(dict.fromkeys(names))}
    whole = [spots[:, name.split("_")].X.toarray().min(axis=1) for name in order]
    x = np.stack(whole, axis=1).astype(float)
    x -= x.mean(axis=0)
    x /= np.maximum(np.sqrt((x**2).sum(axis=0)), 1e-12)
    return x[:, [order[name] for name in names]]


def shuffled_r(
    ligands: Floats,
    receptors: Floats,
    weights: sp.csr_matrix,
    permutations: int,
    rng: np.random.Generator,
) -> Task[Floats]:
    """R of pairs where the spots' places are shuffled.

    Parameters
    ----------
    ligands, receptors
        (spot, pair) standardised: means 0, squares summing to 1.
    weights
        (spot, spot).
    permutations
        How often.
    rng
        Shuffles.

    Returns
    -------
    (permutation, pair) R.
    """
    w = sp.csr_matrix(weights * (weights.shape[0] / weights.sum()))
    found = np.zeros((permutations, ligands.shape[1]))
    for done in range(permutations):
        yield Progress("shuffling places", done, permutations)
        at = rng.permutation(len(ligands))
        found[done] = np.einsum("sp,sp->p", w[at][:, at] @ ligands, receptors)
    return found


def _at_each_spot(spots: AnnData, table: pd.DataFrame) -> pd.DataFrame:
    """(spot, pair) local R, in the order of the table."""
    import liana
    import pandas as pd

    local = liana.mt.bivariate(
        spots,
        interactions=list(zip(table["ligand"], table["receptor"], strict=True)),
        connectivity_key=_WEIGHTS,
        local_name="morans",
        global_name=None,
        mask_negatives=True,
        nz_prop=0.0,
        use_raw=False,
        verbose=False,
    )
    order = local.var_names.get_indexer(table["ligand"] + "^" + table["receptor"])
    scores = local.X.toarray()[:, order].astype(np.float32)
    names = list(map(pair_name, table["ligand"], table["receptor"]))
    return pd.DataFrame(scores, index=spots.obs_names.astype(str), columns=names)
