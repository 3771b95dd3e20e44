"""Imputation: simple ways of telling missing genes, and one answer made of several.

What any other way must beat; how answers are weighed by genes that were measured, and intervals
that hold what they say.
"""

from spotscope.methods.imputation._blend import Blend, fit_blend, inner_folds
from spotscope.methods.imputation._conformal import Conformal, fit_conformal
from spotscope.methods.imputation._floors import (
    FLOORS,
    knn_impute,
    ridge_impute,
    type_mean_impute,
)
from spotscope.methods.imputation._principal import principal_impute
from spotscope.methods.imputation._smooth import alike_cells, nearby_cells
from spotscope.methods.imputation._thinned import with_thinned

__all__ = [
    "FLOORS",
    "Blend",
    "Conformal",
    "alike_cells",
    "fit_blend",
    "fit_conformal",
    "inner_folds",
    "knn_impute",
    "nearby_cells",
    "principal_impute",
    "ridge_impute",
    "type_mean_impute",
    "with_thinned",
]
