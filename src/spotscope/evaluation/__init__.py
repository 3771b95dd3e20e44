"""Truth: simulated samples, metrics, splits and benchmarks."""

from spotscope.evaluation._metrics import (
    CompositionError,
    calibration_error,
    cell_error,
    composition_error,
    jensen_shannon,
    pcc,
    pcc_per_type,
    rmse,
)
from spotscope.evaluation._nuclei_match import NucleiMatch, match_nuclei, polygon_ious
from spotscope.evaluation._pseudospots import PseudoSpots, sum_into_spots
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
    "CompositionError",
    "DemoSample",
    "NucleiMatch",
    "PseudoSpots",
    "TypingAnswer",
    "TypingCase",
    "TypingScore",
    "calibration_error",
    "cell_error",
    "composition_error",
    "jensen_shannon",
    "make_demo",
    "match_nuclei",
    "pcc",
    "pcc_per_type",
    "polygon_ious",
    "ratio_table",
    "rmse",
    "score_table",
    "score_typing",
    "sum_into_spots",
    "typing_cases",
]
