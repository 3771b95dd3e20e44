"""Cells drawn from what was learned: what each tier believes cells of a type to be.

    split      y ~ Poisson(m u),             u a gamma variable of variance φ, each gene by itself
    gaussian   y ~ Poisson(e^{b + w·h} u),   h ~ N(0, diag s_k), u of variance ψ
    score      the same, h led from noise to a cell by the network

See ``_posterior`` for b, w, s and ψ.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from spotscope.methods.expression._factors import prior_base

if TYPE_CHECKING:
    from spotscope.methods.expression._fitted import FittedExpression

__all__ = ["draw_pseudo_cells"]

Floats = npt.NDArray[np.float64]

_MOST_LOG = 20.0


def draw_pseudo_cells(
    fitted: FittedExpression,
    codes: npt.NDArray[np.integer],
    method: str,
    rng: np.random.Generator,
    steps: int = 32,
) -> npt.NDArray[np.int64]:
    """(cell, gene) counts.

    Parameters
    ----------
    fitted
        What was learned.
    codes
        (cell,) types to draw.
    method
        Tier, of ``fitted.methods``.
    rng
        Of everything that is drawn.
    steps
        Of the network, from noise to a cell.
    """
    if method == "split":
        rates, spread = fitted.means[codes], fitted.dispersion[codes]
    else:
        factors = fitted.factors
        assert factors is not None
        scale = np.sqrt(factors.spread[codes])
        z = rng.standard_normal(scale.shape)
        if method == "score":
            z = _led(fitted, codes, z, steps)
        with np.errstate(divide="ignore"):
            log_means = np.log(fitted.means).astype(np.float32)[codes]
        log = prior_base(log_means, factors, codes) + (z * scale) @ factors.loadings.T
        rates = np.exp(np.minimum(log.astype(float), _MOST_LOG))
        spread = factors.dispersion[codes].astype(float)
    spread = np.maximum(spread, 1e-6)
    return np.asarray(rng.poisson(rates * rng.gamma(1 / spread, spread)), np.int64)


def _led(
    fitted: FittedExpression, codes: npt.NDArray[np.integer], noise: Floats, steps: int
) -> Floats:
    """(cell, latent) whitened latents that the network makes of noise."""
    import torch

    from spotscope.methods.expression._network import denoise
    from spotscope.methods.expression._sample import noise_levels, rebuild

    model = fitted.score
    assert model is not None
    network = rebuild(model)
    levels = noise_levels(steps)
    profile = torch.from_numpy(model.profiles[codes])
    with torch.no_grad():
        z = torch.as_tensor(noise, dtype=torch.float32) * float(levels[0])
        for sigma, following in zip(levels, [*levels[1:], 0.0], strict=True):
            clean = denoise(network, z, float(sigma), profile, model.gate(float(sigma)))
            z = clean + float(following / sigma) * (z - clean)
    return np.asarray(z.numpy(), float)
