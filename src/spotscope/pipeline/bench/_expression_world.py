"""A section drawn for timing: nuclei in and between spots, cells that differ along programs.

Cells of type k with programs h, of which each cell has few (so that a normal law is wrong of them):

    ln ρ_cg = ln m_kg + d_c + Σ_j w_gj h_cj,    h_cj = (gamma - 1),    y_cg ~ Poisson(ρ_cg)
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import scipy.sparse as sp

from spotscope.model import (
    CellKey,
    Cells,
    Lattice,
    Reference,
    Sample,
    Session,
    Spots,
    StarConvex,
    TypeSource,
)

__all__ = ["CellMaker", "draw_reference", "draw_section"]

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]

PITCH_UM, WIDTH_UM, _NUCLEUS_UM = 100.0, 55.0, 4.0
_PROGRAMS, _MOST_LOG, _BLOCK = 10, 2.0, 1000


class CellMaker:
    """Draws cells.

    Parameters
    ----------
    types, genes
        How many there are.
    seed
        Of what cells are like.
    """

    def __init__(self, types: int, genes: int, seed: int = 0) -> None:
        rng = np.random.default_rng(seed)
        profiles = np.tile(rng.gamma(0.5, 1, genes) + 0.01, (types, 1))
        own = np.array_split(rng.permutation(genes)[: genes // 2], types)
        for k, some in enumerate(own):
            profiles[k, some] *= 8
        self.profiles = profiles / profiles.sum(axis=1, keepdims=True)
        self.loadings = rng.normal(0, 0.4, (genes, _PROGRAMS)) * (
            rng.random((genes, _PROGRAMS)) < 0.1
        )
        self.genes = [f"G{g}" for g in range(genes)]
        self.types = [f"type{k:02d}" for k in range(types)]

    def draw(self, codes: Ints, depth: float, rng: np.random.Generator) -> sp.csr_matrix:
        """(cell, gene) counts of cells of these types."""
        rows = []
        for part in np.array_split(codes, max(1, len(codes) // _BLOCK)):
            programs = rng.gamma(0.5, 2.0, (len(part), _PROGRAMS)) - 1
            log = np.log(depth) + rng.normal(0, 0.3, (len(part), 1))
            way = np.clip(programs @ self.loadings.T, -_MOST_LOG, _MOST_LOG)
            rates = self.profiles[part] * np.exp(log + way)
            rows.append(sp.csr_matrix(rng.poisson(rates).astype(np.int32)))
        return sp.vstack(rows).tocsr()


def draw_reference(maker: CellMaker, cells: int, seed: int, depth: float = 2000.0) -> Reference:
    """Typed single cells, equally many of each type."""
    import pandas as pd
    from anndata import AnnData

    rng = np.random.default_rng(seed)
    codes = np.arange(cells) % len(maker.types)
    obs = pd.DataFrame(
        {"cell_type": np.array(maker.types)[codes]}, index=[f"c{i}" for i in range(cells)]
    )
    counts = maker.draw(codes, depth, rng)
    return Reference.from_table(AnnData(counts, obs=obs, var=pd.DataFrame(index=maker.genes)))


def draw_section(
    maker: CellMaker, cells: int, per_spot: int, seed: int, depth: float = 300.0
) -> Session:
    """Typed nuclei, four in five of them in spots, in bands of types with others mixed in.

    Parameters
    ----------
    maker
        Of the cells.
    cells
        Nuclei.
    per_spot
        In a spot, on average.
    seed
        Of everything that is drawn.
    depth
        Counts of a cell in a spot.
    """
    import pandas as pd
    from anndata import AnnData

    rng = np.random.default_rng(seed)
    inside = 4 * cells // 5
    n_spots = max(2, inside // per_spot)
    side = int(np.ceil(np.sqrt(n_spots)))
    centres = PITCH_UM * np.stack(np.divmod(np.arange(n_spots), side), axis=1).astype(float)
    owner = np.sort(rng.integers(0, n_spots, inside))
    reach = WIDTH_UM / 2 / np.sqrt(2) - _NUCLEUS_UM
    within = centres[owner] + rng.uniform(-reach, reach, (inside, 2))
    between = centres[rng.integers(0, n_spots, cells - inside)] + PITCH_UM / 2
    yx = np.vstack([within, between + rng.uniform(-5, 5, between.shape)])
    band = yx[:, 1] / (PITCH_UM * side) * len(maker.types) + rng.integers(-2, 3, cells)
    codes = np.clip(band.astype(int), 0, len(maker.types) - 1)
    ones = sp.csr_matrix((np.ones(inside, np.int32), (owner, np.arange(inside))))
    counts = ones @ maker.draw(codes[:inside], depth, rng)
    whole = sp.csr_matrix((counts.data, counts.indices, counts.indptr), (n_spots, counts.shape[1]))
    names = [f"s{i}" for i in range(n_spots)]
    table = AnnData(whole, obs=pd.DataFrame(index=names), var=pd.DataFrame(index=maker.genes))
    spots = Spots(table, centres, Lattice("square", PITCH_UM, WIDTH_UM))
    radii = np.full((cells, 32), _NUCLEUS_UM, np.float32)
    nuclei = StarConvex(yx, radii, np.ones(cells, np.float32))
    of_spot = np.array([*names, ""])[np.append(owner, np.full(cells - inside, -1))]
    return Session(
        Sample("drawn", None, spots), nuclei, None, _cells(maker, nuclei, codes, of_spot)
    )


def _cells(
    maker: CellMaker, nuclei: StarConvex, codes: Ints, of_spot: npt.NDArray[np.str_]
) -> Cells:
    import pandas as pd
    from anndata import AnnData

    n = nuclei.n
    source = np.where(of_spot != "", str(TypeSource.SPOT), str(TypeSource.NEIGHBOURS))
    obs = pd.DataFrame(
        {
            CellKey.LABEL_ID.value: nuclei.label_id,
            CellKey.AREA.value: nuclei.area_um2().astype(np.float32),
            CellKey.PROBABILITY.value: nuclei.probability,
            CellKey.SPOT_ID.value: pd.Categorical(of_spot),
            CellKey.CELL_TYPE.value: pd.Categorical.from_codes(
                codes.astype(np.int64), categories=pd.Index(maker.types)
            ),
            CellKey.MARGIN.value: np.ones(n, np.float32),
            # as sure as nuclei of a real section are: those of a spot are averaged by it
            CellKey.SUPPORT.value: np.full(n, 0.6, np.float32),
            CellKey.SOURCE.value: pd.Categorical(source),
        },
        index=nuclei.label_id.astype(str),
    )
    return Cells(AnnData(sp.csr_matrix((n, 0), dtype=np.float32), obs=obs), nuclei.yx_um, nuclei)
