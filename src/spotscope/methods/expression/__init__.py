"""Expression: what does each cell express? Spots come apart into cells, panels gain genes.

Three tiers answer the same call. The split shares counts out by the types' means. The gaussian
tier knows how cells of a type differ together. The score tier learns the shape of those
differences with a network.
"""

from typing import TYPE_CHECKING, Any

from spotscope.methods.expression._check import check, memory_bytes
from spotscope.methods.expression._info import info
from spotscope.methods.expression._params import ExpressionParams
from spotscope.methods.expression._result import CellExpression

if TYPE_CHECKING:
    from spotscope.methods.expression._fit import fit
    from spotscope.methods.expression._fitted import FittedExpression, fingerprint, load_fitted
    from spotscope.methods.expression._hidden import hidden_gene_r
    from spotscope.methods.expression._impute import impute
    from spotscope.methods.expression._kept_latents import KeptLatents
    from spotscope.methods.expression._predict import predict
    from spotscope.methods.expression._pseudo import draw_pseudo_cells
    from spotscope.methods.expression._quality import quality_table
    from spotscope.methods.expression._section import Section, compare_section
    from spotscope.methods.expression._telling import (
        how_many_genes,
        telling_genes,
        telling_genes_of,
    )

__all__ = [
    "CellExpression",
    "ExpressionParams",
    "FittedExpression",
    "KeptLatents",
    "Section",
    "check",
    "compare_section",
    "draw_pseudo_cells",
    "fingerprint",
    "fit",
    "hidden_gene_r",
    "how_many_genes",
    "impute",
    "info",
    "load_fitted",
    "memory_bytes",
    "predict",
    "quality_table",
    "telling_genes",
    "telling_genes_of",
]

_LAZY = {
    "FittedExpression": "_fitted",
    "KeptLatents": "_kept_latents",
    "Section": "_section",
    "compare_section": "_section",
    "draw_pseudo_cells": "_pseudo",
    "fingerprint": "_fitted",
    "fit": "_fit",
    "hidden_gene_r": "_hidden",
    "how_many_genes": "_telling",
    "impute": "_impute",
    "load_fitted": "_fitted",
    "predict": "_predict",
    "quality_table": "_quality",
    "telling_genes": "_telling",
    "telling_genes_of": "_telling",
}


def __getattr__(name: str) -> Any:
    """Import what works only when it is asked for."""
    if name in _LAZY:
        from importlib import import_module

        return getattr(import_module(f"{__name__}.{_LAZY[name]}"), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
