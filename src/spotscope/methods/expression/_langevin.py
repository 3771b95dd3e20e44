"""Annealed Langevin dynamics, as published, to check the quick way by on small problems.

From noise of σ₁ down to σ_L in L geometric levels, T steps at each,

    z ← z + η s(z; σ) + √(2 η) n,    η = η₀ σ²,    n ~ N(0, 1),

and one step without noise at the end; R replicates (Wan et al. 2023, Nature Communications 14,
7848; Song & Ermon 2019). L, T and the end of the schedule are the paper's; its σ₁ of 100 is for
logarithms of counts, ours for latents of variance 1. The score s is that of the posterior: of what
the network makes of z after the same Kalman step towards the counts as the quick way takes, D_y,

    s(z; σ) = (D_y(z; σ) - z) / σ²

(Tweedie), where the paper adds a clipped gradient. A thousand evaluations where the quick way takes
tens; with a normal prior the dynamics end in the closed form's posterior.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Callable

    import torch

__all__ = ["LEVELS", "STEPS", "anneal"]

LEVELS, STEPS = 232, 5
_FIRST, _LAST = 8.0, 0.01
_RATE = 0.3


def anneal(
    guided: Callable[[torch.Tensor, float], torch.Tensor],
    noise: Callable[[], torch.Tensor],
    levels: int = LEVELS,
    steps: int = STEPS,
) -> torch.Tensor:
    """Samples of the posterior, of the shape of the noise.

    Parameters
    ----------
    guided
        D_y of noisy latents at a noise level.
    noise
        Standard normal numbers, other ones at each call.
    levels, steps
        L and T.
    """
    z = noise() * _FIRST
    for sigma in np.geomspace(_FIRST, _LAST, levels):
        for _ in range(steps):
            z = z + _RATE * (guided(z, float(sigma)) - z)
            z = z + float(np.sqrt(2 * _RATE) * sigma) * noise()
    return guided(z, _LAST)
