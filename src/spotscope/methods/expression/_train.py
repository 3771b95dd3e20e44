"""Training the denoiser on a reference's cells, their counting noise taken out.

A cell of the reference is known only by its counts, so each time it is shown its latents are drawn
from their posterior N(h, V). Types are drawn by the square root of their number. After every few
steps cells that were kept back are denoised: the weights of the best evaluation are taken, and at
each noise level as much of the network's answer as those cells agree with,

    g = ⟨F, F*⟩ / ⟨F, F⟩   between 0 and 1,     F* = what F should have said.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
import torch

from spotscope.methods.expression._factors import prior_base
from spotscope.methods.expression._network import Denoiser
from spotscope.methods.expression._posterior import Loadings, infer
from spotscope.methods.expression._score_model import ScoreModel, profile_vectors
from spotscope.model import Progress
from spotscope.training import TrainParams, train

if TYPE_CHECKING:
    import scipy.sparse as sp

    from spotscope.methods.expression._fitted import FittedExpression
    from spotscope.model import Task

__all__ = ["KnownCells", "known_cells", "train_score"]

Floats = npt.NDArray[np.float64]

LEVELS = np.geomspace(0.05, 8.0, 10)
_BATCH = 512
_EVALUATE = 200
_PATIENCE = 6
_TRIED = 2048
_CENTRE, _WIDTH = -0.4, 1.3


@dataclass(frozen=True, slots=True, eq=False)
class KnownCells:
    """Posterior of single cells, by the standard deviations of their types.

    Parameters
    ----------
    mean
        (cell, latent).
    root
        (cell, latent, latent) lower Cholesky factor of the covariance.
    codes
        (cell,) types.
    """

    mean: npt.NDArray[np.float32]
    root: npt.NDArray[np.float32]
    codes: npt.NDArray[np.int64]

    def draw(self, cells: npt.NDArray[np.integer], rng: np.random.Generator) -> Any:
        """(n, latent) one draw of each of these cells."""
        noise = rng.standard_normal((len(cells), self.mean.shape[1])).astype(np.float32)
        return self.mean[cells] + np.einsum("nij,nj->ni", self.root[cells], noise)


def known_cells(
    fitted: FittedExpression, counts: sp.csr_matrix, codes: npt.NDArray[np.integer]
) -> Task[KnownCells]:
    """Posterior of reference cells, whitened.

    Parameters
    ----------
    fitted
        With directions.
    counts, codes
        (cell, gene) and (cell,).
    """
    factors = fitted.factors
    assert factors is not None
    loadings = Loadings(factors.loadings, factors.doubt)
    with np.errstate(divide="ignore"):
        log_means = np.log(fitted.means).astype(np.float32)
    means, roots = [], []
    at_once = max(16, (1 << 20) // counts.shape[1])
    for first in range(0, counts.shape[0], at_once):
        yield Progress("taking the noise out of cells", first, counts.shape[0])
        some = slice(first, first + at_once)
        which = codes[some]
        spread = factors.spread[which]
        found = infer(
            prior_base(log_means[which], factors, which)[:, None],
            counts[some].toarray().astype(np.float32),
            factors.dispersion[which][:, None],
            spread[:, None],
            loadings,
        )
        scale = np.sqrt(spread)
        cov = found.of_cells()[:, 0] / scale[:, :, None] / scale[:, None, :]
        means.append(found.mean[:, 0] / scale)
        roots.append(np.linalg.cholesky(cov))
    empty = np.zeros((0, loadings.q)), np.zeros((0, loadings.q, loadings.q))
    return KnownCells(
        np.concatenate([*means, empty[0]]).astype(np.float32),
        np.concatenate([*roots, empty[1]]).astype(np.float32),
        np.asarray(codes, np.int64),
    )


def train_score(
    taught: KnownCells,
    kept: KnownCells,
    means: Floats,
    steps: int,
    seed: int,
    device: str = "cpu",
    width: int = 192,
) -> Task[ScoreModel]:
    """Train, and say how much of it is to be believed.

    Parameters
    ----------
    taught, kept
        Cells to learn from, and to try on.
    means
        (type, gene) of the types.
    steps
        Of the trainer, at most.
    seed
        Of weights, batches and noise.
    device
        Where to train.
    width
        Units of a layer.
    """
    profiles = profile_vectors(means)
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        network = Denoiser(taught.mean.shape[1], profiles.shape[1], width)
    chance = 1 / np.sqrt(np.bincount(taught.codes, minlength=len(means)))[taught.codes]
    edges = np.cumsum(chance / chance.sum())

    def draw(rng: np.random.Generator) -> Any:
        cells = np.searchsorted(edges, rng.random(_BATCH)).clip(max=len(edges) - 1)
        sigma = np.exp(rng.normal(_CENTRE, _WIDTH, _BATCH)).clip(LEVELS[0], LEVELS[-1])
        return _example(taught, cells, sigma, profiles, rng, device)

    def loss(module: torch.nn.Module, example: Any) -> torch.Tensor:
        noisy, level, profile, wanted = example
        return ((module(noisy, level, profile) - wanted) ** 2).mean()

    judge = kept if len(kept.codes) else taught
    params = TrainParams(
        steps=steps, warm_up=min(200, steps // 10), weight_decay=1e-2, average=0.995, bfloat16=False
    )
    best: tuple[float, dict[str, Any], Floats] | None = None
    history, since = [], 0
    task = train(network, draw, loss, params, seed=seed, device=device)
    for progress in task:
        ended = progress.done == progress.total
        if not ended and (progress.done == 0 or progress.done % _EVALUATE):
            yield progress
            continue
        left, gates = _try_on(network, judge, profiles, seed, device)
        own, _ = _try_on(network, taught, profiles, seed + 1, device)
        network.train()
        history.append((progress.done, own, left))
        yield Progress(progress.stage, progress.done, progress.total, preview=np.array(history))
        since += 1
        if best is None or left < best[0]:
            weights = {
                name: value.detach().cpu().numpy().copy()
                for name, value in network.state_dict().items()
            }
            best, since = (left, weights, gates), 0
        if since >= _PATIENCE:
            task.close()
            break
    assert best is not None
    return ScoreModel(best[1], profiles, LEVELS, best[2], np.array(history, float))


def _example(
    cells: KnownCells,
    which: npt.NDArray[np.integer],
    sigma: Floats,
    profiles: npt.NDArray[np.float32],
    rng: np.random.Generator,
    device: str,
) -> tuple[torch.Tensor, ...]:
    """Scaled noisy latents, ln σ, profile, and what the network should say."""
    clean = cells.draw(which, rng)
    noise = rng.standard_normal(clean.shape).astype(np.float32)
    scale = np.sqrt(1 + sigma**2)[:, None].astype(np.float32)
    width = sigma[:, None].astype(np.float32)
    noisy = clean + width * noise
    wanted = (clean - noisy / scale**2) * scale / width
    arrays = (noisy / scale, np.log(sigma).astype(np.float32), profiles[cells.codes[which]], wanted)
    return tuple(torch.from_numpy(np.ascontiguousarray(array)).to(device) for array in arrays)


@torch.no_grad()
def _try_on(
    network: torch.nn.Module,
    cells: KnownCells,
    profiles: npt.NDArray[np.float32],
    seed: int,
    device: str,
) -> tuple[float, Floats]:
    """Loss as a share of the closed form's, after the gates; and the gates."""
    network.eval()
    rng = np.random.default_rng(seed)
    gates, left, plain = np.zeros(len(LEVELS)), 0.0, 0.0
    for i, sigma in enumerate(LEVELS):
        which = rng.integers(0, len(cells.codes), _TRIED)
        noisy, level, profile, wanted = _example(
            cells, which, np.full(_TRIED, sigma), profiles, rng, device
        )
        said = network(noisy, level, profile)
        size = float((said**2).sum())
        gates[i] = np.clip(float((said * wanted).sum()) / size, 0, 1) if size > 0 else 0.0
        left += float(((gates[i] * said - wanted) ** 2).mean())
        plain += float((wanted**2).mean())
    return left / plain, gates
