"""The names of our own columns, layers and files: written once, here."""

from enum import StrEnum

__all__ = [
    "CellKey",
    "ExpressionKey",
    "ExpressionSource",
    "GivenKey",
    "MeasureKey",
    "OutFile",
    "SpotKey",
    "TypeSource",
]


class SpotKey(StrEnum):
    """Columns of the spot table."""

    N_CELLS = "n_cells"
    UMIS = "umis"
    LOW_COUNTS = "low_counts"
    NO_NUCLEI = "no_nuclei"
    OFF_TISSUE = "off_tissue"
    REJECTED = "rejected"
    OUTSIDE_REGION = "outside_region"
    BEAD_KIND = "bead_kind"  # doublet mode: singlet, doublet_certain, doublet_uncertain, reject
    BEAD_FIRST = "bead_first_type"
    BEAD_SECOND = "bead_second_type"
    BEAD_SHARE = "bead_first_share"  # of the first type in the weights of both
    WEIGHTS = "cell_type_weights"  # obsm: continuous, raw, rows need not sum to 1
    PROPORTIONS = "cell_type_proportions"  # obsm: what is expected of the spot, rows sum to 1


class CellKey(StrEnum):
    """Columns of the cell table."""

    LABEL_ID = "label_id"
    AREA = "area_um2"
    PROBABILITY = "probability"
    SPOT_ID = "spot_id"
    CELL_TYPE = "cell_type"
    MARGIN = "cell_type_margin"  # nats to the next best type
    SUPPORT = "cell_type_support"  # share of the local posterior, or of the neighbours, 0 to 1
    SOURCE = "cell_type_source"


class MeasureKey(StrEnum):
    """Numbers of a nucleus beyond those every cell table has."""

    ECCENTRICITY = "eccentricity"  # 0 a circle, towards 1 a line
    HAEMATOXYLIN = "haematoxylin_od"  # mean optical density of the stain inside the outline
    EDITED = "edited"  # what was corrected by hand, an EditMark


class GivenKey(StrEnum):
    """What others said of a nucleus; only where they did."""

    CLASSIFICATION = "classification"  # what it was marked as, in their words


class TypeSource(StrEnum):
    """Where a cell's type comes from."""

    SPOT = "spot"  # counts of the spot the nucleus lies in
    NEIGHBOURS = "neighbours"  # between spots: the typed cells around it
    NONE = "none"  # nothing near enough to say


class ExpressionKey(StrEnum):
    """Layers and columns of a cell table whose spots have come apart; none before that."""

    ASSIGNED = "counts_assigned"  # layer: whole counts; an expression_spot's sum to its own
    MEAN = "expression"  # layer: expected counts at the spot's depth; NaN where not inferred
    SD = "expression_sd"  # layer: their standard deviation
    SPLIT = "expression_split"  # layer: the spot's counts in proportion to the types' profiles
    SOURCE = "expression_source"  # obs
    SPOT = "expression_spot"  # obs: the spot that sees most of the cell; "" where none does
    METHOD = "expression_method"  # obs: split, gaussian or score; "" where not inferred
    EXPLAINED = "explained_by_data"  # var: share of the prior's variance that the counts take away
    HIDDEN_R = "r_cross_validated"  # var: of spots' shares and what was told while it was hidden


class ExpressionSource(StrEnum):
    """What a cell's expression rests on."""

    SPOT = "spot"  # the counts of the spot the nucleus lies in
    PRIOR = "prior"  # its type alone: no spot covers it
    NONE = "none"  # not inferred


class OutFile(StrEnum):
    """Files of an output folder."""

    SESSION = "session.zarr"
    SPOTS = "spots.h5ad"
    CELLS = "cells.h5ad"
    NUCLEI = "nuclei.geojson"
    OVERVIEW = "overview.png"
    RECORD = "run.json"
    STEPS = "steps"
