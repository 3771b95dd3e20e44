"""The loop: draw a batch, step, average, write the state now and then.

Batch n depends on the seed and on n alone, so a training that was interrupted goes on exactly as
if it had not been.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np
import torch

from spotscope.model import MethodError, Progress
from spotscope.training._checkpoint import load_checkpoint, save_checkpoint
from spotscope.training._schedule import learning_rate

if TYPE_CHECKING:
    from pathlib import Path

    from spotscope.model import Task
    from spotscope.training._params import TrainParams

__all__ = ["Trained", "train"]

_STAGE = "training"

Batch: TypeAlias = Any
Draw: TypeAlias = Callable[[np.random.Generator], Batch]
Loss: TypeAlias = Callable[[torch.nn.Module, Batch], torch.Tensor]


@dataclass(frozen=True, slots=True, eq=False)
class Trained:
    """What training left.

    Parameters
    ----------
    weights
        Averaged weights, by name.
    losses
        (step,) loss of every step of this run.
    first_step
        The step this run began with: above 0 when it went on from a checkpoint.
    """

    weights: dict[str, torch.Tensor]
    losses: list[float]
    first_step: int


def train(
    network: torch.nn.Module,
    draw: Draw,
    loss: Loss,
    params: TrainParams,
    *,
    seed: int = 0,
    folder: Path | None = None,
    device: torch.device | str = "cpu",
) -> Task[Trained]:
    """Train a network in place; one :class:`Progress` a step, its preview the loss.

    Closing the task keeps the state, if there is a folder to keep it in.

    Parameters
    ----------
    network
        With its first weights; after the run it holds the averaged ones.
    draw
        Makes a batch from a random generator.
    loss
        Of the network on a batch, a scalar.
    params
        Of the loop.
    seed
        Of the batches.
    folder
        Where the state is kept and gone on from; None keeps none.
    device
        Where to compute.

    Raises
    ------
    MethodError
        If the loss is no longer a number.
    """
    network.to(device).train()
    named = dict(network.named_parameters())
    optimiser = torch.optim.AdamW(named.values(), lr=0.0, weight_decay=params.weight_decay)
    average = {name: value.detach().clone() for name, value in network.state_dict().items()}
    first = _resume(folder, network, optimiser, average)
    kind = torch.device(device).type
    losses: list[float] = []
    for step in range(first, params.steps):
        try:
            yield Progress(_STAGE, step, params.steps, preview=losses[-1] if losses else None)
        except GeneratorExit:
            # closed between two steps: nothing that was learned is lost
            if folder is not None and losses:
                _save(folder, step, network, optimiser, average, losses[-1])
            raise
        for group in optimiser.param_groups:
            group["lr"] = learning_rate(step, params)
        batch = draw(np.random.default_rng([seed, step]))
        with torch.autocast(kind, torch.bfloat16, enabled=params.bfloat16):
            value = loss(network, batch)
        losses.append(_step(value, named, optimiser, params.clip, step))
        _follow(average, network, min(params.average, (step + 1) / (step + 10)))
        if folder is not None and (step + 1) % params.checkpoint_every == 0:
            _save(folder, step + 1, network, optimiser, average, losses[-1])
    if folder is not None and losses:
        _save(folder, params.steps, network, optimiser, average, losses[-1])
    network.load_state_dict(average)
    network.eval()
    yield Progress(_STAGE, params.steps, params.steps, preview=losses[-1] if losses else None)
    return Trained(average, losses, first)


def _step(
    value: torch.Tensor,
    named: dict[str, torch.nn.Parameter],
    optimiser: torch.optim.Optimizer,
    clip: float,
    step: int,
) -> float:
    number = float(value.detach())
    if not np.isfinite(number):
        raise MethodError(
            f"Expected the loss to stay a number, found {number} at step {step}; "
            "train with a smaller learning rate."
        )
    optimiser.zero_grad(set_to_none=True)
    value.backward()  # type: ignore[no-untyped-call]
    torch.nn.utils.clip_grad_norm_(named.values(), clip)
    optimiser.step()
    return number


@torch.no_grad()
def _follow(average: dict[str, torch.Tensor], network: torch.nn.Module, memory: float) -> None:
    """Move the average towards the weights; counters and the like are copied."""
    for name, value in network.state_dict().items():
        if value.is_floating_point():
            average[name].lerp_(value, 1 - memory)
        else:
            average[name].copy_(value)


def _save(
    folder: Path,
    step: int,
    network: torch.nn.Module,
    optimiser: torch.optim.Optimizer,
    average: dict[str, torch.Tensor],
    loss: float,
) -> None:
    tensors = {f"network.{name}": value for name, value in network.state_dict().items()}
    tensors |= {f"average.{name}": value for name, value in average.items()}
    for number, state in optimiser.state_dict()["state"].items():
        tensors |= {f"optimiser.{number}.{name}": value for name, value in state.items()}
    save_checkpoint(folder, step, tensors, {"loss": loss})


def _resume(
    folder: Path | None,
    network: torch.nn.Module,
    optimiser: torch.optim.Optimizer,
    average: dict[str, torch.Tensor],
) -> int:
    """Load the state of an earlier run, if there is one; returns the steps it has done."""
    found = load_checkpoint(folder) if folder is not None else None
    if found is None:
        return 0
    facts, tensors = found
    network.load_state_dict(_under("network.", tensors))
    for name, value in _under("average.", tensors).items():
        average[name].copy_(value)
    state: dict[int, dict[str, torch.Tensor]] = {}
    for name, value in _under("optimiser.", tensors).items():
        number, key = name.split(".", 1)
        state.setdefault(int(number), {})[key] = value
    groups = optimiser.state_dict()["param_groups"]
    optimiser.load_state_dict({"state": state, "param_groups": groups})
    return int(facts["step"])


def _under(prefix: str, tensors: dict[str, torch.Tensor]) -> dict[str, torch.Tensor]:
    return {name.removeprefix(prefix): t for name, t in tensors.items() if name.startswith(prefix)}
