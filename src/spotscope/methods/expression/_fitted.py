"""What was learned from a reference; it is saved once and serves every section."""

from __future__ import annotations

import hashlib
import json
import os
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from spotscope.methods.expression._factors import Factors
from spotscope.methods.expression._params import ExpressionParams
from spotscope.methods.expression._quality import TierQuality
from spotscope.methods.expression._score_model import ScoreModel
from spotscope.model import ReadError

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from spotscope.model import Reference

__all__ = ["FittedExpression", "fingerprint", "load_fitted"]

Floats = npt.NDArray[np.float64]

_FORMAT = 1
_ARRAYS, _WORDS = "expression.safetensors", "expression.json"
#: Said in every fingerprint: what is done to the counts before anything is learned.
PREPROCESSING = "raw counts, not normalised; means shrunk over types; multiplicative residuals"
_FACTORS = ("loadings", "spread", "dispersion", "doubt")
_SCORE = ("profiles", "levels", "gates", "losses")
_LEARNED = ("rank", "rounds", "max_cells", "train_steps")


@dataclass(frozen=True, slots=True, eq=False)
class FittedExpression:
    """Made by ``fit`` or ``load_fitted``.

    Parameters
    ----------
    type_names, gene_names
        Of the reference.
    gene_ids
        Ensembl ids where the reference has them; else empty.
    cells
        (type,) cells in the reference.
    means
        (type, gene) mean counts of a cell.
    dispersion
        (type, gene) relative variance between the cells of a type, beyond chance.
    factors
        How cells differ; None where only the split was asked for.
    score
        The trained network; None where it was not asked for.
    fingerprint
        Of genes, labels, counts, preprocessing and what is learned.
    params
        Parameters of the fit.
    notes
        What the user should know.
    quality
        Cells drawn by each tier beside cells it was not taught; empty where too few were kept back.
    kept
        (kept cell,) numbers of the reference's cells that it was not taught, ascending; empty where
        only means were learned.
    """

    type_names: tuple[str, ...]
    gene_names: tuple[str, ...]
    gene_ids: tuple[str, ...]
    cells: npt.NDArray[np.int64]
    means: Floats
    dispersion: Floats
    factors: Factors | None
    score: ScoreModel | None
    fingerprint: str
    params: ExpressionParams
    notes: tuple[str, ...] = ()
    quality: tuple[TierQuality, ...] = ()
    kept: npt.NDArray[np.int64] = field(default_factory=lambda: np.zeros(0, np.int64))

    def doubt(self) -> Floats:
        """(type, gene) relative variance of the means: few cells, and few counts, leave it."""
        n = np.maximum(self.cells, 1)[:, None]
        seen = np.maximum(self.means, 1e-300)
        return np.minimum(self.dispersion / n + 1 / np.maximum(n * seen, 0.1), 10.0)

    def codes(self, types: Sequence[str], codes: npt.NDArray[np.integer]) -> npt.NDArray[np.int64]:
        """(cell,) codes among ``types`` as this fit numbers them; -1 where it has no such type.

        Parameters
        ----------
        types
            Names.
        codes
            (cell,) an index into them; -1 where unknown.
        """
        place = {name: k for k, name in enumerate(self.type_names)}
        return np.array([*(place.get(name, -1) for name in types), -1], np.int64)[codes]

    @property
    def methods(self) -> tuple[str, ...]:
        """Tiers this fit can answer with."""
        if self.factors is None:
            return ("split",)
        return ("split", "gaussian") if self.score is None else ("split", "gaussian", "score")

    def save(self, folder: Path) -> None:
        """Write arrays as safetensors and the rest as JSON, each renamed when whole."""
        from safetensors.numpy import save_file

        folder.mkdir(parents=True, exist_ok=True)
        arrays: dict[str, npt.NDArray[Any]] = {
            "cells": self.cells,
            "means": self.means,
            "dispersion": self.dispersion,
            "kept": self.kept,
        }
        if self.factors is not None:
            arrays |= {f"factors.{name}": getattr(self.factors, name) for name in _FACTORS}
        if self.score is not None:
            arrays |= {f"score.{name}": getattr(self.score, name) for name in _SCORE}
            arrays |= {f"network.{name}": value for name, value in self.score.weights.items()}
        words = {
            "caution": 1.0 if self.factors is None else self.factors.caution,
            "format": _FORMAT,
            "fingerprint": self.fingerprint,
            "preprocessing": PREPROCESSING,
            "types": self.type_names,
            "genes": self.gene_names,
            "gene_ids": self.gene_ids,
            "params": self.params.model_dump(),
            "notes": self.notes,
            "quality": [tier.to_json() for tier in self.quality],
        }
        whole = {name: np.ascontiguousarray(array) for name, array in arrays.items()}
        part = folder / f"{_ARRAYS}.part"
        save_file(whole, part, metadata={"fingerprint": self.fingerprint})
        os.replace(part, folder / _ARRAYS)
        part = folder / f"{_WORDS}.part"
        part.write_text(json.dumps(words, indent=1, ensure_ascii=False), "utf-8")
        os.replace(part, folder / _WORDS)


def load_fitted(folder: Path, fingerprint: str | None = None) -> FittedExpression:
    """Read what :meth:`FittedExpression.save` wrote; it answers exactly as the original.

    Parameters
    ----------
    folder
        Where it was saved.
    fingerprint
        What it must have been learned from (see :func:`fingerprint`); None takes any.

    Raises
    ------
    ReadError
        If the folder holds no fit, half of one, one of a newer version, or another reference's.
    """
    from safetensors import SafetensorError, safe_open

    if not (folder / _WORDS).is_file() or not (folder / _ARRAYS).is_file():
        raise ReadError(
            f"Expected {_WORDS} and {_ARRAYS} in {folder}, found not both; learn from the "
            "reference again."
        )
    try:
        words: dict[str, Any] = json.loads((folder / _WORDS).read_text("utf-8"))
        with safe_open(folder / _ARRAYS, "numpy") as file:
            belongs = (file.metadata() or {}).get("fingerprint")
            arrays = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
    except (ValueError, SafetensorError) as err:
        raise ReadError(
            f"Expected a fit of expression in {folder}, found a damaged file ({err}); learn from "
            "the reference again."
        ) from err
    if words["format"] > _FORMAT:
        raise ReadError(
            f"Expected a fit of format {_FORMAT} in {folder}, found {words['format']}; it was "
            "written by a newer spotscope: update this one."
        )
    wanted = words["fingerprint"] if fingerprint is None else fingerprint
    if not (belongs == words["fingerprint"] == wanted):
        raise ReadError(
            f"Expected a fit with the fingerprint {wanted} in {folder}, found {belongs}; it was "
            "learned from other genes, labels or counts: learn from the reference again."
        )
    factors = None
    if "factors.loadings" in arrays:
        parts = {name: arrays[f"factors.{name}"] for name in _FACTORS}
        factors = Factors(**parts, caution=words["caution"])
    score = None
    if "score.profiles" in arrays:
        weights = {
            name.removeprefix("network."): value
            for name, value in arrays.items()
            if name.startswith("network.")
        }
        score = ScoreModel(weights, *(arrays[f"score.{name}"] for name in _SCORE))
    return FittedExpression(
        tuple(words["types"]),
        tuple(words["genes"]),
        tuple(words["gene_ids"]),
        arrays["cells"],
        arrays["means"],
        arrays["dispersion"],
        factors,
        score,
        words["fingerprint"],
        ExpressionParams(**words["params"]),
        tuple(words["notes"]),
        tuple(TierQuality(**tier) for tier in words.get("quality", ())),
        arrays.get("kept", np.zeros(0, np.int64)),
    )


def fingerprint(
    reference: Reference, params: ExpressionParams, genes: Sequence[str] | None = None
) -> str:
    """Key of what a fit would be learned from: genes, labels, counts, and how.

    Parameters
    ----------
    reference, params, genes
        As given to ``fit``.
    """
    digest = hashlib.blake2b(digest_size=16)
    tier = "split" if params.method == "split" else params.method
    learned = {name: getattr(params, name) for name in _LEARNED}
    words = [PREPROCESSING, tier, learned, reference.types, list(reference.table.var_names)]
    digest.update(json.dumps([*words, None if genes is None else list(genes)]).encode())
    digest.update(np.ascontiguousarray(reference.codes, np.int16).tobytes())
    counts = reference.table.X
    for part in (counts.data, counts.indices, counts.indptr):
        digest.update(np.ascontiguousarray(part).tobytes())
    return digest.hexdigest()
