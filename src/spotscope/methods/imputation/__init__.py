"""Imputation by the simplest means: what any other way of telling missing genes must beat."""

from spotscope.methods.imputation._floors import (
    FLOORS,
    knn_impute,
    ridge_impute,
    type_mean_impute,
)

__all__ = ["FLOORS", "knn_impute", "ridge_impute", "type_mean_impute"]
