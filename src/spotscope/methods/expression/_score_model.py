"""What training leaves: weights, the types' profile vectors, and how far each noise level learned.

Plain arrays: a fit is read and written without torch.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

__all__ = ["ScoreModel", "profile_vectors"]

Floats = npt.NDArray[np.float64]

_AXES = 16


@dataclass(frozen=True, slots=True, eq=False)
class ScoreModel:
    """A trained denoiser.

    Parameters
    ----------
    weights
        Of :class:`~spotscope.methods.expression._network.Denoiser`, by name.
    profiles
        (type, axis) vectors that stand for the types.
    levels, gates
        (level,) noise levels σ, ascending, and g: how much of the network's answer cells that it
        did not learn from agree with, 0 to 1.
    losses
        (evaluation, 3) step, loss on learned cells, loss on the others, both as a share of the
        closed form's.
    """

    weights: dict[str, npt.NDArray[np.float32]]
    profiles: npt.NDArray[np.float32]
    levels: Floats
    gates: Floats
    losses: Floats

    def gate(self, sigma: float) -> float:
        """Return g at a noise level, between the levels tried on a straight line in ln σ."""
        return float(np.interp(np.log(sigma), np.log(self.levels), self.gates))


def profile_vectors(means: Floats) -> npt.NDArray[np.float32]:
    """(type, axis) types along the axes in which their profiles differ most, and their ln depth.

    Parameters
    ----------
    means
        (type, gene) mean counts of a cell.
    """
    depth = means.sum(axis=1, keepdims=True)
    logged = np.log1p(1e4 * means / depth)
    logged -= logged.mean(axis=0)
    left, values, _ = np.linalg.svd(logged, full_matrices=False)
    n = min(_AXES, len(means))
    axes = left[:, :n] * values[:n] / max(float(values[0]), 1e-12)
    # which way an axis points is nobody's choice: it is fixed, so that a fit can be repeated
    axes *= np.sign(axes[np.abs(axes).argmax(axis=0), np.arange(n)] + 1e-12)
    log_depth = np.log(depth) - np.log(depth).mean()
    return np.hstack([2 * axes, log_depth]).astype(np.float32)
