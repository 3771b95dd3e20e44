"""Truth: simulated samples, metrics, splits and benchmarks."""

from spotscope.evaluation._aji import TOUCH, aggregated_jaccard
from spotscope.evaluation._bead_cases import (
    BeadCase,
    BeadScore,
    bead_cases,
    bead_table,
    beads_of,
    score_beads,
)
from spotscope.evaluation._between_cases import (
    BetweenCase,
    BetweenScore,
    between_cases,
    between_table,
    score_between,
)
from spotscope.evaluation._dropout import (
    DropoutCase,
    DropoutScore,
    dropout_cases,
    dropout_table,
    score_dropout,
)
from spotscope.evaluation._expression_cases import (
    CAPTURE_RATES,
    ExpressionCase,
    expression_cases,
    pool_cells,
)
from spotscope.evaluation._expression_scores import (
    ExpressionAnswer,
    ExpressionScore,
    cosine_per_cell,
    score_ceiling,
    score_expression,
)
from spotscope.evaluation._expression_sets import EXPRESSION_SETS
from spotscope.evaluation._expression_tables import expression_margins, expression_table
from spotscope.evaluation._imputation_cases import (
    IMPUTATION_SETS,
    ImputationCase,
    gene_folds,
    imputation_cases,
    program_folds,
)
from spotscope.evaluation._imputation_scores import (
    GeneScores,
    ImputationScore,
    gene_scores,
    imputation_table,
    score_imputation,
)
from spotscope.evaluation._metrics import (
    CompositionError,
    calibration_by_chance,
    calibration_error,
    cell_error,
    composition_error,
    jensen_shannon,
    pcc,
    pcc_per_type,
    rmse,
)
from spotscope.evaluation._nuclei_cases import NucleiCase, nuclei_cases
from spotscope.evaluation._nuclei_labels import LabelScore, away_from_rim, best_ious, score_labels
from spotscope.evaluation._nuclei_match import (
    NucleiMatch,
    Overlaps,
    match_nuclei,
    overlapping,
    polygon_ious,
)
from spotscope.evaluation._pseudospots import PseudoSpots, sum_into_spots
from spotscope.evaluation._slice_cases import SliceCase, slice_cases, two_slices
from spotscope.evaluation._typing_cases import TypingCase, typing_cases
from spotscope.evaluation._typing_scores import (
    TypingAnswer,
    TypingScore,
    ratio_table,
    score_table,
    score_typing,
)
from spotscope.evaluation.demo import DemoSample, make_demo

__all__ = [
    "CAPTURE_RATES",
    "EXPRESSION_SETS",
    "IMPUTATION_SETS",
    "TOUCH",
    "BeadCase",
    "BeadScore",
    "BetweenCase",
    "BetweenScore",
    "CompositionError",
    "DemoSample",
    "DropoutCase",
    "DropoutScore",
    "ExpressionAnswer",
    "ExpressionCase",
    "ExpressionScore",
    "GeneScores",
    "ImputationCase",
    "ImputationScore",
    "LabelScore",
    "NucleiCase",
    "NucleiMatch",
    "Overlaps",
    "PseudoSpots",
    "SliceCase",
    "TypingAnswer",
    "TypingCase",
    "TypingScore",
    "aggregated_jaccard",
    "away_from_rim",
    "bead_cases",
    "bead_table",
    "beads_of",
    "best_ious",
    "between_cases",
    "between_table",
    "calibration_by_chance",
    "calibration_error",
    "cell_error",
    "composition_error",
    "cosine_per_cell",
    "dropout_cases",
    "dropout_table",
    "expression_cases",
    "expression_margins",
    "expression_table",
    "gene_folds",
    "gene_scores",
    "imputation_cases",
    "imputation_table",
    "jensen_shannon",
    "make_demo",
    "match_nuclei",
    "nuclei_cases",
    "overlapping",
    "pcc",
    "pcc_per_type",
    "polygon_ious",
    "pool_cells",
    "program_folds",
    "ratio_table",
    "rmse",
    "score_beads",
    "score_between",
    "score_ceiling",
    "score_dropout",
    "score_expression",
    "score_imputation",
    "score_labels",
    "score_table",
    "score_typing",
    "slice_cases",
    "sum_into_spots",
    "two_slices",
    "typing_cases",
]
