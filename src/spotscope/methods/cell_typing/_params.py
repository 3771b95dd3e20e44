"""What can be turned in cell typing."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from spotscope.model import Params, param

__all__ = ["CellTypingParams"]


class CellTypingParams(Params):
    """Parameters of cell typing; ν and the search are live."""

    nu: Annotated[float, Field(ge=0, le=100)] | Literal["auto"] = param(
        "auto",
        title="Smoothness ν",
        description="How strongly neighbouring cells share a type, in nats: 0 listens to each "
        "spot's counts alone, higher is smoother. 'auto' takes the largest value "
        "that predicts counts held back from the spots as well as any.",
        live=True,
    )
    evidence: Literal["auto", "moments", "counts"] = param(
        "auto",
        title="Evidence",
        description="How a spot's counts are weighed. 'moments': by how the reference's cells of "
        "one type differ, gene by gene and together. 'counts': Poisson counts with heavy-tailed "
        "noise of one width, of marker genes. 'auto': moments, unless the cells of a type differ "
        "by no more than chance, as in a simulation.",
    )
    label_by: Literal["auto", "balance", "section", "shares", "cell"] = param(
        "auto",
        title="Labels",
        description="'balance': the fewest cells, and numbers of a spot's types, expected to be "
        "wrong together. 'section': the likeliest picture as a whole. 'shares': a spot has as many "
        "cells of each type as is expected of it; somewhat more cells are wrong. 'cell': each "
        "cell's own likeliest type; fewest cells are wrong, but rarer types vanish from mixed "
        "spots. 'auto': 'balance', but 'section' after a long search and where cells are weighed "
        "by counts alone.",
    )
    search: Literal["quick", "long"] = param(
        "quick",
        title="Search",
        description="How far labels of the lowest energy are looked for. 'quick': at once. 'long': "
        "also by annealing, for seconds, whenever ν has come to rest; the energy is up to a "
        "percent lower, but where the truth is known no fewer cells were wrong. Labels are then "
        "the likeliest as a whole.",
        live=True,
    )
    mode: Literal["cells", "doublet"] = param(
        "cells",
        title="Cells of a spot",
        description="'cells': as many as there are nuclei, or as are said or estimated. 'doublet': "
        "spots are beads without an image (Slide-seq); each is found to hold one type, two, or "
        "none of the reference's.",
    )
    bead_doubt: float = param(
        10.0,
        title="Bead, doubt (nats)",
        description="Of doublet mode: a type is sure when every pair of types that explains the "
        "bead as well, to within so much, has it. Higher rejects more beads.",
        ge=0,
        le=1000,
    )
    bead_gain: float = param(
        25.0,
        title="Bead, gain (nats)",
        description="Of doublet mode: two types must explain a bead better than one by so much. "
        "Higher finds fewer doublets.",
        ge=0,
        le=1000,
    )
    looks: Literal["auto", "off"] = param(
        "auto",
        title="Nuclei's looks",
        description="Whether size, shape and stain of a nucleus help to say which of its spot's "
        "types it is. 'auto': where they foretell something of spots that were left out.",
    )
    together: Literal["same", "learned"] = param(
        "same",
        title="Neighbours like",
        description="'same': neighbours tend to be of one type (Potts). 'learned': also which "
        "different types lie beside one another, learned from the section; on the benchmark's "
        "development parts this helped as often as it hurt.",
    )
    n_neighbours: int = param(
        10,
        title="Neighbours",
        description="Cells around a cell that speak for its type.",
        ge=1,
        le=50,
    )
    reach_um: Annotated[float, Field(gt=0)] | Literal["auto"] = param(
        "auto",
        title="Reach (µm)",
        description="Cells further away than this are no neighbours. 'auto' is one and a half "
        "times the distance between spots.",
    )
    cell_size: Literal["reference", "equal"] = param(
        "reference",
        title="RNA per cell",
        description="'reference': types differ in how much RNA a cell holds as they do in the "
        "reference. 'equal': every cell of a spot gives the same share of its counts.",
    )
    background: float = param(
        0.1,
        title="Background",
        description="Share of a spot's counts that come from elsewhere in the section: transcripts "
        "that spread, or nuclei that were missed. Higher needs more counts of its markers before "
        "a rare type is seen in a spot.",
        ge=0,
        le=0.5,
    )
    candidate_share: float = param(
        0.03,
        title="Smallest share",
        description="Types whose weight in a spot is below this share are not considered for its "
        "cells (in spots with many cells: below half a cell). Lower is slower and finds rarer "
        "types.",
        ge=0,
        le=0.5,
    )
    max_candidates: int = param(
        8,
        title="Types per spot",
        description="At most so many types are considered for the cells of one spot.",
        ge=2,
        le=16,
    )
    umi_min: int = param(
        100,
        title="Fewest counts",
        description="Spots with fewer counts are still typed, but noise and gene effects are not "
        "learned from them.",
        ge=0,
    )
    fold_change: float = param(
        0.75,
        title="Marker fold change",
        description="A gene marks a type when its share of the counts is e to this power times its "
        "mean share in the other types. Higher keeps fewer, clearer genes.",
        ge=0,
        le=10,
    )
    marker_share: float = param(
        2e-4,
        title="Marker expression",
        description="A gene marks a type only above this share of the type's counts.",
        ge=0,
        le=1,
    )
    marker_counts: int = param(
        3,
        title="Marker counts",
        description="A gene is used only with at least this many counts over all spots.",
        ge=1,
    )
