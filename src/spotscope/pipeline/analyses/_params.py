"""What can be asked of cells and spots once they are there, and how."""

from __future__ import annotations

from enum import StrEnum
from typing import Literal

from spotscope.model import Params, param

__all__ = ["AnalyseParams", "Question", "Values"]


class Question(StrEnum):
    """What is asked."""

    NEIGHBOURS = "neighbours"  # which types lie beside each other
    LIGANDS = "ligands"  # ligands and receptors of neighbours
    VARIABLE = "variable"  # genes that differ from place to place
    DIFFERENCE = "difference"  # what differs between two regions, type by type


class Values(StrEnum):
    """What a row of a table rests on."""

    MEASURED = "measured"  # counts of spots as they are
    INFERRED = "inferred"  # types of nuclei, or counts shared out between them


class AnalyseParams(Params):
    """Parameters of the analyses."""

    reach_um: float = param(
        30.0,
        gt=0,
        le=1000,
        title="Neighbours within (µm)",
        description="Cells are neighbours if no third lies between them (Delaunay) and their "
        "centres are no farther apart than this, in µm; more counts cells that do not touch.",
    )
    fewest_contacts: int = param(
        20,
        ge=1,
        le=100_000,
        title="Fewest contacts",
        description="Types that touch less often than this are not asked for ligands and "
        "receptors; more asks fewer pairs of types.",
    )
    reach_spots: float = param(
        1.0,
        gt=0,
        le=20,
        title="Reach of ligands (spots)",
        description="Width of the Gaussian that joins a spot's ligand to the receptors around it, "
        "in distances between spots; more joins what is farther away.",
    )
    permutations: int = param(
        200,
        ge=20,
        le=2_000,
        title="Permutations",
        description="So often are places or labels shuffled to see what chance gives; more makes "
        "small p-values finer, and takes longer.",
    )
    fewest_seen: float = param(
        0.05,
        ge=0,
        le=1,
        title="Seen in",
        description="A gene is asked about if at least this share of the spots has a count of it; "
        "more asks fewer genes.",
    )
    variable: Literal["auto", "moran", "flashs"] = param(
        "auto",
        title="Variable genes by",
        description="Moran's I (squidpy), or FlashS, which stays quick with very many spots; auto "
        "takes FlashS above 20,000 spots.",
    )
    resource: str = param(
        "auto",
        title="Ligands and receptors of",
        description="A list of pairs that comes with liana, such as consensus, cellphonedb or "
        "mouseconsensus; auto takes consensus, or mouseconsensus for genes named as a mouse's.",
    )
    fewest_spots: int = param(
        5,
        ge=3,
        le=10_000,
        title="Fewest spots",
        description="Two regions are compared if each has this many spots with the type; more "
        "compares fewer types.",
    )
