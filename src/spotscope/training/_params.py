"""What can be turned when a network is trained."""

from __future__ import annotations

from spotscope.model import Params, param

__all__ = ["TrainParams"]


class TrainParams(Params):
    """Parameters of the trainer; the same for every network."""

    steps: int = param(
        4000,
        title="Steps",
        description="Batches the network learns from. Turning it up takes longer and fits closer.",
        ge=1,
        le=10_000_000,
    )
    learning_rate: float = param(
        1e-3,
        title="Learning rate",
        description="Size of a step at its largest. Turning it up learns faster, then not at all.",
        gt=0.0,
        le=1.0,
    )
    warm_up: int = param(
        200,
        title="Warm-up (steps)",
        description="Steps over which the learning rate rises from 0.",
        ge=0,
        le=1_000_000,
    )
    weight_decay: float = param(
        1e-4,
        title="Weight decay",
        description="Pull of the weights towards 0. Turning it up makes a smoother network.",
        ge=0.0,
        le=1.0,
    )
    clip: float = param(
        1.0,
        title="Largest gradient",
        description="Longer gradients are cut to this length, so that one odd batch does no harm.",
        gt=0.0,
        le=1e6,
    )
    average: float = param(
        0.998,
        title="Running average",
        description="Memory of the averaged weights, which are the ones kept. Turning it up "
        "averages over more steps.",
        ge=0.0,
        lt=1.0,
    )
    checkpoint_every: int = param(
        200,
        title="Checkpoint (steps)",
        description="How often the state is written, to go on from after an interruption.",
        ge=1,
        le=1_000_000,
    )
    bfloat16: bool = param(
        True,
        title="Half precision",
        description="Compute in bfloat16 where that is faster; weights stay in float32.",
    )
