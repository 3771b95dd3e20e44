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

_STAGE, _VALIDATING = "training", "validating"

Batch: TypeAlias = Any
Draw: TypeAlias = Callable[[np.random.Generator], Batch]
Loss: TypeAlias = Callable[[torch.nn.Module, Batch], torch.Tensor]
Validate: TypeAlias = Callable[[torch.nn.Module], float]


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
    validation
        (step, loss) of the averaged weights on what is not learned from: before the first step, at
        every checkpoint, and in the end; of earlier runs too.
    """

    weights: dict[str, torch.Tensor]
    losses: list[float]
    first_step: int
    validation: tuple[tuple[int, float], ...] = ()


def train(
    network: torch.nn.Module,
    draw: Draw,
    loss: Loss,
    params: TrainParams,
    *,
    seed: int = 0,
    folder: Path | None = None,
    device: torch.device | str = "cpu",
    validate: Validate | None = None,
) -> Task[Trained]:
    """Train a network in place; one :class:`Progress` a step, its preview the loss.

    Closing the task keeps the state, if there is a folder to keep it in. Validating changes nothing
    of what is learned.

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
    validate
        Gives the loss of a network on what is not learned from.

    Raises
    ------
    MethodError
        If the loss is no longer a number.
    """
    network.to(device).train()
    named = dict(network.named_parameters())
    optimiser = torch.optim.AdamW(named.values(), lr=0.0, weight_decay=params.weight_decay)
    state = _State(network, optimiser, folder, validate)
    first = state.resume()
    kind = torch.device(device).type
    losses: list[float] = []
    if not state.validation and first < params.steps:
        yield from state.validated(first, params.steps)
    for step in range(first, params.steps):
        try:
            yield Progress(_STAGE, step, params.steps, preview=losses[-1] if losses else None)
        except GeneratorExit:
            # closed between two steps: nothing that was learned is lost
            if losses:
                state.save(step, losses[-1])
            raise
        for group in optimiser.param_groups:
            group["lr"] = learning_rate(step, params)
        batch = draw(np.random.default_rng([seed, step]))
        with torch.autocast(kind, torch.bfloat16, enabled=params.bfloat16):
            value = loss(network, batch)
        losses.append(_step(value, named, optimiser, params.clip, step))
        _follow(state.average, network, min(params.average, (step + 1) / (step + 10)))
        if (done := step + 1) % params.checkpoint_every == 0 or done == params.steps:
            yield from state.validated(done, params.steps)
            state.save(done, losses[-1])
    network.load_state_dict(state.average)
    network.eval()
    yield Progress(_STAGE, params.steps, params.steps, preview=losses[-1] if losses else None)
    return Trained(state.average, losses, first, tuple(state.validation))


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


class _State:
    """What is kept between steps: weights, their average, the optimiser, what validation said."""

    def __init__(
        self,
        network: torch.nn.Module,
        optimiser: torch.optim.Optimizer,
        folder: Path | None,
        validate: Validate | None,
    ) -> None:
        self._network, self._optimiser = network, optimiser
        self._folder, self._validate = folder, validate
        self.average = _copied(network)
        self.validation: list[tuple[int, float]] = []

    def validated(self, step: int, steps: int) -> Task[None]:
        """Look at the averaged weights; those that learn are as before afterwards."""
        if self._validate is None:
            return
        own = _copied(self._network)
        self._network.load_state_dict(self.average)
        self._network.eval()
        try:
            with torch.no_grad():
                self.validation.append((step, self._validate(self._network)))
        finally:
            self._network.load_state_dict(own)
            self._network.train()
        yield Progress(_VALIDATING, step, steps, preview=self.validation[-1][1])

    def save(self, step: int, loss: float) -> None:
        """Write all of it, if there is a folder for it."""
        if self._folder is None:
            return
        tensors = {f"network.{name}": value for name, value in self._network.state_dict().items()}
        tensors |= {f"average.{name}": value for name, value in self.average.items()}
        for number, state in self._optimiser.state_dict()["state"].items():
            tensors |= {f"optimiser.{number}.{name}": value for name, value in state.items()}
        facts = {"loss": loss, "validation": self.validation}
        save_checkpoint(self._folder, step, tensors, facts)

    def resume(self) -> int:
        """Load an earlier run, if there is one; returns the steps it has done."""
        found = load_checkpoint(self._folder) if self._folder is not None else None
        if found is None:
            return 0
        facts, tensors = found
        self._network.load_state_dict(_under("network.", tensors))
        for name, value in _under("average.", tensors).items():
            self.average[name].copy_(value)
        state: dict[int, dict[str, torch.Tensor]] = {}
        for name, value in _under("optimiser.", tensors).items():
            number, key = name.split(".", 1)
            state.setdefault(int(number), {})[key] = value
        groups = self._optimiser.state_dict()["param_groups"]
        self._optimiser.load_state_dict({"state": state, "param_groups": groups})
        self.validation = [(int(at), float(value)) for at, value in facts.get("validation", ())]
        return int(facts["step"])


def _copied(network: torch.nn.Module) -> dict[str, torch.Tensor]:
    return {name: value.detach().clone() for name, value in network.state_dict().items()}


def _under(prefix: str, tensors: dict[str, torch.Tensor]) -> dict[str, torch.Tensor]:
    return {name.removeprefix(prefix): t for name, t in tensors.items() if name.startswith(prefix)}
