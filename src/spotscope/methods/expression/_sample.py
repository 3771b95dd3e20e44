"""Samples of the cells of a spot: from noise to cells, with the spot's counts as guide.

What the counts say is taken from the closed form, which is linear there: with Ĩ the information
about the whitened latents z of a spot's cells and z̄ their mean, the counts' part is Λ = Ĩ - 1 and
η = Ĩ z̄. At noise σ the prior's answer is D(z; σ) with variance v = σ² / (1 + σ²), the guided one

    D_y = (Λ + 1 / v)⁻¹ (η + D / v)

(one Kalman step; all cells of the spot at once, as only their sum was counted). Deterministic
steps z ← D_y + σ'/σ (z - D_y) lead from σ = 8 to a cell. With D = z / (1 + σ²) this is the closed
form's own posterior, drawn exactly; so the same noise is led both ways, with the network and
without, and only their difference is added to the closed form's mean: what the network does not
know better costs no chance. The spread of the samples scales the closed form's covariance likewise.

Cells of one type in one spot can be exchanged without the counts knowing: their samples are
exchangeable too, and only means and spreads over samples are reported, which are as they should be
for either order.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
import torch

from spotscope.methods.expression._gaussian import GaussianCells
from spotscope.methods.expression._langevin import anneal
from spotscope.methods.expression._network import Denoiser, denoise
from spotscope.methods.expression._posterior import Latents
from spotscope.model import MethodError

if TYPE_CHECKING:
    from collections.abc import Callable

    from spotscope.methods.expression._arrange import Ints
    from spotscope.methods.expression._describe import Described
    from spotscope.methods.expression._evidence import Evidence
    from spotscope.methods.expression._params import ExpressionParams
    from spotscope.methods.expression._score_model import ScoreModel

__all__ = ["ScoreCells", "improve", "lead", "noise_levels", "rebuild"]

Floats = npt.NDArray[np.float64]

_FIRST, _LAST = 8.0, 0.05
_LEAST_SPREAD, _MOST_SPREAD = 0.25, 2.0


def noise_levels(steps: int) -> Floats:
    """(steps,) σ, descending, denser where it is small."""
    way = np.linspace(0, 1, steps)
    return np.asarray((_FIRST ** (1 / 3) + way * (_LAST ** (1 / 3) - _FIRST ** (1 / 3))) ** 3)


class ScoreCells:
    """Answers for spots with equally many cells, by samples.

    Parameters
    ----------
    evidence
        What is known of the section.
    params
        Number of samples and steps.
    seed
        Of the noise; each spot has its own, so a region is answered as within the whole.
    device
        Where the network computes.
    """

    def __init__(
        self, evidence: Evidence, params: ExpressionParams, seed: int, device: str
    ) -> None:
        model = evidence.fitted.score
        if model is None:
            raise MethodError(
                "Expected a fit with a trained network, found none; learn from the reference "
                "with the method 'score'."
            )
        self.gaussian = GaussianCells(evidence)
        self.evidence, self.params, self.seed, self.model = evidence, params, seed, model
        self.device = device
        self.network = rebuild(model).to(device)

    def __call__(self, spots: Ints, cells: Ints) -> Described:
        """Describe the cells (b, m) of spots (b,)."""
        e, plain = self.evidence, self.gaussian
        counts = e.counts_of(spots)
        closed = plain.latents(spots, cells, counts)
        found = self.improved(closed, spots, cells)
        cut = e.cut(spots, cells, counts, plain.psi, plain.variance)
        return plain.describe(cut, spots, cells, found)

    def improved(self, closed: Latents, spots: Ints, cells: Ints) -> Latents:
        """Latents as the network would have them."""
        codes = self.evidence.codes[cells]
        scale = np.sqrt(self.gaussian.factors.spread[codes])
        shape = (self.params.n_samples, codes.shape[1] * closed.mean.shape[2])

        def noise() -> Callable[[], Floats]:
            """Each spot's own numbers, so that a region is drawn as within the whole."""
            own = [np.random.default_rng([self.seed, spot]) for spot in spots]
            return lambda: np.stack([rng.standard_normal(shape) for rng in own])

        steps = None if self.params.mode == "paper" else self.params.n_steps
        drawn, control = lead(
            self.network, self.model, closed, codes, scale, noise, steps, self.device
        )
        return improve(closed, drawn, control, scale)


def improve(closed: Latents, drawn: Floats, control: Floats, scale: Floats) -> Latents:
    """Move the closed form by what the samples with the network have over those without.

    Parameters
    ----------
    closed
        The closed form.
    drawn, control
        (spot, sample, cell, latent) whitened samples from the same noise.
    scale
        (spot, cell, latent) √s.
    """
    shift = (drawn - control).mean(axis=1)
    wide = (drawn - drawn.mean(axis=1, keepdims=True)) ** 2
    narrow = (control - control.mean(axis=1, keepdims=True)) ** 2
    ratio = wide.sum(axis=(1, 3)) / np.maximum(narrow.sum(axis=(1, 3)), 1e-12)
    root = np.sqrt(np.clip(ratio, _LEAST_SPREAD, _MOST_SPREAD))
    cov = closed.cov * root[:, :, None, None, None] * root[:, None, None, :, None]
    return Latents(closed.mean + shift * scale, cov)


@torch.no_grad()
def lead(
    network: torch.nn.Module | None,
    model: ScoreModel,
    closed: Latents,
    codes: npt.NDArray[np.integer],
    scale: Floats,
    noise: Callable[[], Callable[[], Floats]],
    steps: int | None,
    device: str = "cpu",
) -> tuple[Floats, Floats]:
    """(spot, sample, cell, latent) whitened samples, with the network and without.

    Parameters
    ----------
    network, model
        The denoiser.
    closed
        Posterior under the closed form's prior.
    codes
        (spot, cell) types.
    scale
        (spot, cell, latent) √s.
    noise
        Makes, for each way from its beginning, a source of (spot, sample, cell x latent) standard
        normal numbers.
    steps
        From noise to cells; None takes annealed Langevin dynamics instead.
    device
        Where the network computes.
    """

    def tensor(array: npt.NDArray[np.floating]) -> torch.Tensor:
        return torch.as_tensor(array, dtype=torch.float32, device=device)

    b, m, q = closed.mean.shape
    n = noise()().shape[1]
    flat = scale.reshape(b, m * q)
    cov = closed.cov.reshape(b, m * q, m * q) / flat[:, :, None] / flat[:, None, :]
    whole = np.linalg.inv(0.5 * (cov + cov.swapaxes(1, 2)))
    whole = 0.5 * (whole + whole.swapaxes(1, 2))
    eta = np.einsum("bij,bj->bi", whole, closed.mean.reshape(b, m * q) / flat)
    values, vectors = np.linalg.eigh(whole - np.eye(m * q))
    guide = _Guide(tensor(values), tensor(vectors), tensor(eta))
    types, place = np.unique(codes, return_inverse=True)
    profile = tensor(model.profiles[types])
    which = torch.as_tensor(place.reshape(b, 1, m), device=device)
    ways = []
    for net in (network, None):
        source = noise()

        def guided(
            z: torch.Tensor, sigma: float, net: torch.nn.Module | None = net
        ) -> torch.Tensor:
            prior = denoise(net, z.reshape(b, n, m, q), sigma, profile, model.gate(sigma), which)
            return guide(prior.reshape(b, n, m * q), sigma)

        def numbers(source: Callable[[], Floats] = source) -> torch.Tensor:
            return tensor(source())

        if steps is None:
            z = anneal(guided, numbers)
        else:
            z = _straight(guided, numbers(), noise_levels(steps))
        ways.append(z.reshape(b, n, m, q).cpu().numpy().astype(np.float64))
    return ways[0], ways[1]


def _straight(
    guided: Callable[[torch.Tensor, float], torch.Tensor], noise: torch.Tensor, levels: Floats
) -> torch.Tensor:
    """Deterministic steps from noise to cells."""
    z = noise * _FIRST
    for sigma, following in zip(levels, [*levels[1:], 0.0], strict=True):
        clean = guided(z, float(sigma))
        z = clean + float(following / sigma) * (z - clean)
    return z


class _Guide:
    """D_y of D, by the eigenvectors of Λ: (spot, i), (spot, i, i) and η (spot, i)."""

    def __init__(self, values: torch.Tensor, vectors: torch.Tensor, eta: torch.Tensor) -> None:
        self.values, self.vectors = values, vectors
        self.turned = torch.einsum("bji,bj->bi", vectors, eta)

    def __call__(self, prior: torch.Tensor, sigma: float) -> torch.Tensor:
        sure = (1 + sigma * sigma) / (sigma * sigma)
        inside = self.turned[:, None] + sure * (prior @ self.vectors)
        return (inside / (self.values + sure)[:, None]) @ self.vectors.transpose(1, 2)


def rebuild(model: ScoreModel) -> Denoiser:
    """Return the network of a model, in evaluation mode."""
    width, n_latents = model.weights["first.weight"].shape
    depth = sum(name.startswith("inner.") and name.endswith("weight") for name in model.weights)
    network = Denoiser(n_latents, model.profiles.shape[1], width, depth)
    network.load_state_dict({name: torch.from_numpy(w) for name, w in model.weights.items()})
    return network.eval()
