"""What can be turned in expression."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from spotscope.model import Params, param

__all__ = ["ExpressionParams"]


class ExpressionParams(Params):
    """Parameters of expression; those that are not live are learned from the reference."""

    @property
    def also(self) -> tuple[str, ...]:
        """Names in ``also_genes``."""
        return tuple(self.also_genes.replace(",", " ").replace(";", " ").split())

    method: Literal["split", "gaussian", "score"] = param(
        "gaussian",
        title="Method",
        description="'split': counts go to the cells of a spot as their types' means say. "
        "'gaussian': and as cells of one type differ, by what varies together. 'score': the same "
        "with a trained network for how they differ; it must be trained first.",
        live=True,
    )
    rank: int = param(
        20,
        title="Directions",
        description="Directions of expression in which cells of one type differ together. Higher "
        "tells cells apart more finely and needs a larger reference.",
        ge=1,
        le=128,
    )
    rounds: int = param(
        8,
        title="Rounds",
        description="How often directions and cells are fitted to each other. Higher is slower.",
        ge=1,
        le=100,
    )
    max_cells: int = param(
        10_000,
        title="Reference cells",
        description="At most so many cells of the reference, the same number of each type where "
        "it has them, teach how cells differ. Means are always of all cells.",
        ge=50,
    )
    allocation: Literal["remainder", "multinomial"] = param(
        "remainder",
        title="Whole counts",
        description="How counts are given out whole. 'remainder': as near to the expected shares "
        "as whole numbers can be. 'multinomial': drawn, so that rare chances come up.",
        live=True,
    )
    capture: Annotated[float, Field(gt=0, le=1)] | Literal["auto"] = param(
        "auto",
        title="Capture",
        description="Share of a cell's counts, as the reference would have measured it, that a "
        "spot sees. 1 infers nothing beyond what was counted. 'auto' compares the depths.",
        live=True,
    )
    overdispersion: Annotated[float, Field(ge=0, le=10)] | Literal["auto"] = param(
        "auto",
        title="Noise of spots",
        description="Squared relative noise of a spot's counts beyond chance. Higher trusts the "
        "reference more. 'auto' estimates it from all spots.",
        live=True,
    )
    who: Literal["averaged", "labelled"] = param(
        "averaged",
        title="Which is which",
        description="Counts hardly tell which nucleus of a spot is which of its cells. 'averaged': "
        "each is averaged over the cells it may be, by the confidence of its type; nuclei err "
        "less. 'labelled': each is the cell that its type says; cells are distinct.",
        live=True,
    )
    alike: float = param(
        0.5,
        title="Likeness in a spot",
        description="How far neighbours differ from their types in the same way, as a correlation. "
        "Higher shares a spot's peculiarity out among its cells, lower gives it to single cells.",
        ge=0,
        le=0.95,
        live=True,
    )
    most_genes: Annotated[int, Field(ge=10)] | Literal["auto"] = param(
        "auto",
        title="Genes",
        description="At most so many genes are told of every cell: those in which its section's "
        "cells differ most. All shared genes are evidence anyhow. 'auto' tells as many as make "
        "sixty million values: all of them but on large slides.",
        live=True,
    )
    also_genes: str = param(
        "",
        title="Also these genes",
        description="Genes that are told besides, with commas between.",
        live=True,
    )
    n_samples: int = param(
        8,
        title="Samples",
        description="Draws of each cell by the network, of which mean and spread are shown. "
        "Higher is slower and steadier.",
        ge=2,
        le=256,
        live=True,
    )
    train_steps: int = param(
        3000,
        title="Training steps",
        description="Batches the network learns from, at most: it stops when cells kept back are "
        "told no better.",
        ge=10,
        le=1_000_000,
    )
    n_steps: int = param(
        32,
        title="Steps",
        description="Steps from noise to a cell. Higher is slower and finer.",
        ge=4,
        le=1000,
        live=True,
    )
    mode: Literal["fast", "paper"] = param(
        "fast",
        title="Dynamics",
        description="Of the network: 'fast' takes the few steps above; 'paper' the published "
        "annealed Langevin dynamics, a thousand evaluations, to check the fast way by on a region.",
        live=True,
    )
