"""What a spot's counts say of its cells: Fisher scoring on few latent numbers per cell.

The rate of gene g in cell c of type k, as its spot would count it, is

    λ_cg = ρ_cg u_cg,   ln ρ_cg = b_cg + w_g·h_c,   h_c ~ N(0, diag s_k),

u_cg a gamma variable of mean 1 and variance ψ_kg, and

    b_cg = ln(a_c κ_s e^γ_g m_kg) - ½ Σ_j w_gj² s_kj,

so that the mean of λ is that of the type. The first loading is 1 for every gene: depth. A spot
counts y_g ~ Poisson(Σ_c λ_cg), whose variance given h is v = f + φ f² + Σ_c ψ ρ², f = Σ_c ρ. The
scores and the information about all cells' h together are

    ∇_c = Σ_g w_g ρ_cg (y_g - f_g) / v_g - h_c / s,
    I_cc' = Σ_g w_g w_gᵀ ρ_cg ρ_c'g / v_g + δ_cc' / s

(the Gauss-Newton step of the sum of exponentials), and ρ is taken at its mean under the current
posterior N(h, V), V = I⁻¹: ρ = exp(b + w·h + ½ wᵀVw). A spot of M cells costs one (M q)² solve, so
the genes (thousands) only ever enter as matrix products.

Two things keep the model from being believed too far. What it leaves out goes together between
genes: the evidence is divided by T. And neighbours differ from their types alike (a common niche,
transcripts that spread): the prior correlates the latents of a spot's cells, δ_cc' / s becoming
R⁻¹_cc' / √(s_c s_c'), R = (1 - r) 1 + r.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

__all__ = [
    "LARGEST_STEP",
    "Latents",
    "Loadings",
    "infer",
    "log_variance",
    "mean_rates",
    "shared_information",
]

F32 = npt.NDArray[np.float32]
Floats = npt.NDArray[np.float64]

#: In prior standard deviations: a leap beyond it is a linearisation that fails.
LARGEST_STEP = 2.0
_MOST_LOG = 30.0


class Loadings:
    """Loadings w with the products w_i w_j that every step needs.

    Parameters
    ----------
    matrix
        (gene, q).
    doubt
        (gene, q) variance of each loading: what is unsure itself says less of a cell.
    """

    def __init__(
        self, matrix: npt.NDArray[np.floating], doubt: npt.NDArray[np.floating] | None = None
    ) -> None:
        self.matrix: F32 = np.ascontiguousarray(matrix, np.float32)
        self.upper = np.triu_indices(self.matrix.shape[1])
        rows, columns = self.upper
        #: (gene, q (q + 1) / 2)
        self.products: F32 = self.matrix[:, rows] * self.matrix[:, columns]
        #: the same, off-diagonal terms twice: times a symmetric matrix's upper half gives wᵀVw
        self.quadratic: F32 = self.products * np.where(rows == columns, 1, 2).astype(np.float32)
        if doubt is not None:
            self.products[:, rows == columns] += doubt

    @property
    def q(self) -> int:
        """Latent numbers of a cell."""
        return int(self.matrix.shape[1])

    def square(self, flat: npt.NDArray[np.floating]) -> Floats:
        """(..., q, q) symmetric matrices from their upper halves."""
        full = np.empty((*flat.shape[:-1], self.q, self.q))
        rows, columns = self.upper
        full[..., rows, columns] = flat
        full[..., columns, rows] = flat
        return full


@dataclass(frozen=True, slots=True, eq=False)
class Latents:
    """Posterior of the cells of some spots.

    Parameters
    ----------
    mean
        (spot, cell, q) h.
    cov
        (spot, cell, q, cell, q) V.
    """

    mean: Floats
    cov: Floats

    def of_cells(self) -> Floats:
        """(spot, cell, q, q) covariance of each cell's own latents."""
        m = np.arange(self.mean.shape[1])
        return np.moveaxis(self.cov[:, m, :, m, :], 0, 1)


def infer(
    base: F32,
    counts: npt.NDArray[np.number],
    psi: F32,
    spread: Floats,
    loadings: Loadings,
    noise: float = 0.0,
    *,
    caution: float = 1.0,
    alike: float = 0.0,
    steps: int = 6,
    start: Floats | None = None,
) -> Latents:
    """Posterior of h for spots with equally many cells.

    Parameters
    ----------
    base
        (spot, cell, gene) b; -inf where a cell cannot have the gene.
    counts
        (spot, gene) y.
    psi
        (spot, cell, gene) ψ.
    spread
        (spot, cell, q) prior variances s.
    loadings
        (gene, q).
    noise
        φ.
    caution
        T: the evidence of T genes counts as that of one, as what the model leaves out goes together
        between genes. 1 takes the model at its word.
    alike
        Correlation of the latents of cells in one spot, 0 to below 1.
    steps
        Of Fisher scoring.
    start
        (spot, cell, q) where to begin; 0 by default.
    """
    b, m, _ = base.shape
    q = loadings.q
    h = np.zeros((b, m, q)) if start is None else start.copy()
    cov: Floats = np.zeros((b, m, q, m, q))
    for c in range(m):
        cov[:, c, :, c, :] = spread[:, c, :, None] * np.eye(q)
    latents = Latents(h, cov)
    for _ in range(steps):
        rates = mean_rates(base, latents, loadings)
        slope, information = _score(rates, counts, psi, spread, h, loadings, noise, caution, alike)
        inverse: Floats = np.linalg.inv(information).astype(np.float64)
        step = np.einsum("bij,bj->bi", inverse, slope).reshape(b, m, q)
        size = np.abs(step / np.sqrt(spread)).max(axis=(1, 2), keepdims=True)
        h = h + step * np.minimum(1.0, LARGEST_STEP / np.maximum(size, 1e-12))
        latents = Latents(h, inverse.reshape(b, m, q, m, q))
    return latents


def log_variance(latents: Latents, loadings: Loadings) -> F32:
    """(spot, cell, gene) wᵀVw: variance of ln ρ under the posterior."""
    rows, columns = loadings.upper
    flat = latents.of_cells()[..., rows, columns].astype(np.float32)
    return flat @ loadings.quadratic.T


def mean_rates(base: F32, latents: Latents, loadings: Loadings) -> F32:
    """(spot, cell, gene) ρ at its posterior mean."""
    log = base + latents.mean.astype(np.float32) @ loadings.matrix.T
    log += 0.5 * log_variance(latents, loadings)
    return np.exp(np.minimum(log, _MOST_LOG))


def _score(
    rates: F32,
    counts: npt.NDArray[np.number],
    psi: F32,
    spread: Floats,
    h: Floats,
    loadings: Loadings,
    noise: float,
    caution: float,
    alike: float,
) -> tuple[Floats, Floats]:
    """(spot, M q) slope and (spot, M q, M q) information."""
    b, m, _ = rates.shape
    q = loadings.q
    f = rates.sum(axis=1)
    v = f + noise * f * f + np.einsum("bmg,bmg,bmg->bg", psi, rates, rates) + 1e-12
    v = v * np.float32(caution)
    pull = rates * ((counts - f) / v)[:, None]
    scaled = np.sqrt(spread)
    prior = (np.eye(m) - alike / (1 + (m - 1) * alike)) / (1 - alike)
    slope = (pull.astype(np.float32) @ loadings.matrix).astype(np.float64)
    slope -= np.einsum("cd,bdj->bcj", prior, h / scaled) / scaled
    information = shared_information(rates, v, loadings)
    each = np.arange(q)
    for c in range(m):
        for d in range(m):
            information[:, c, each, d, each] += prior[c, d] / (scaled[:, c] * scaled[:, d])
    return slope.reshape(b, m * q), information.reshape(b, m * q, m * q)


def shared_information(rates: F32, v: npt.NDArray[np.floating], loadings: Loadings) -> Floats:
    """(spot, cell, q, cell, q) Σ_g w wᵀ ρ_c ρ_d / v.

    Parameters
    ----------
    rates
        (spot, cell, gene) ρ.
    v
        (spot, gene) variance of the counts.
    loadings
        Of the genes.
    """
    b, m, n_genes = rates.shape
    q = loadings.q
    information = np.zeros((b, m, q, m, q))
    for c in range(m):
        others = rates[:, c:] * (rates[:, c] / v)[:, None]
        flat = others.reshape(-1, n_genes).astype(np.float32) @ loadings.products
        blocks = loadings.square(flat.reshape(b, m - c, -1))
        information[:, c, :, c:, :] = np.moveaxis(blocks, 1, 2)
        information[:, c:, :, c, :] = blocks
    return information
