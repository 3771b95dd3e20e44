"""An answer of the Expression step as files of its step's folder: safetensors and JSON."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import numpy as np
import scipy.sparse as sp

from spotscope.methods.expression import CellExpression
from spotscope.pipeline._cache import StepCache

if TYPE_CHECKING:
    from pathlib import Path

    import numpy.typing as npt

    from spotscope.model import RunRecord

__all__ = ["is_answer", "open_answer", "read_expression", "write_expression"]

_ARRAYS, _NAMES = "expression.safetensors", "expression.json"


def write_expression(
    cache: StepCache,
    folder: Path,
    found: CellExpression,
    split: CellExpression,
    record: RunRecord,
    hidden_r: npt.NDArray[np.float32] | None = None,
) -> None:
    """Write both answers, how well genes are told where that is known, and the record last.

    Raises
    ------
    WriteError
        If they cannot be written.
    """
    from safetensors.numpy import save_file

    arrays: dict[str, Any] = {}
    about: dict[str, Any] = {"genes": list(found.gene_names)}
    for name, answer in (("found", found), ("split", split)):
        arrays |= {
            f"{name}.cells": answer.cells,
            f"{name}.sd": np.ascontiguousarray(answer.sd),
            f"{name}.explained": np.ascontiguousarray(answer.explained),
            f"{name}.from_prior": answer.from_prior.astype(np.uint8),
            f"{name}.mean": np.ascontiguousarray(answer.mean),
        }
        whole = answer.assigned
        assert whole is not None
        arrays |= {
            f"{name}.assigned.data": whole.data.astype(np.int32),
            f"{name}.assigned.indices": whole.indices.astype(np.int64),
            f"{name}.assigned.indptr": whole.indptr.astype(np.int64),
        }
        about[name] = {"method": answer.method, "notes": list(answer.notes)}
    if hidden_r is not None:
        arrays["hidden_r"] = np.ascontiguousarray(hidden_r)
    with cache.writing(folder) as staging:
        save_file(arrays, staging / _ARRAYS)
        (staging / _NAMES).write_text(json.dumps(about), encoding="utf-8")
        cache.write_record(staging, record)


def is_answer(folder: Path) -> bool:
    """Whether an answer is there, whole."""
    return StepCache.has(folder) and all((folder / name).is_file() for name in (_ARRAYS, _NAMES))


def read_expression(
    cache: StepCache, folder: Path
) -> tuple[CellExpression, CellExpression, npt.NDArray[np.float32] | None, RunRecord] | None:
    """Read the answer that was asked for, the split beside it, how well genes are told, the record.

    Returns
    -------
    None where it is not there, or another window lets it go at this moment.
    """
    from safetensors.numpy import load_file

    if not is_answer(folder):
        return None
    try:
        arrays = load_file(folder / _ARRAYS)
        about = json.loads((folder / _NAMES).read_text(encoding="utf-8"))
        record = cache.read_record(folder)
    except FileNotFoundError:
        return None
    cache.touch(folder)
    genes = tuple(about["genes"])
    both = _answer("found", arrays, about, genes), _answer("split", arrays, about, genes)
    return (*both, arrays.get("hidden_r"), record)


def open_answer(folder: Path, name: str) -> CellExpression:
    """Read one of the two answers: ``found`` or ``split``."""
    from safetensors import safe_open

    about = json.loads((folder / _NAMES).read_text(encoding="utf-8"))
    with safe_open(folder / _ARRAYS, framework="np") as file:
        names = [key for key in file.keys() if key.startswith(f"{name}.")]  # noqa: SIM118
        arrays = {key: file.get_tensor(key) for key in names}
    return _answer(name, arrays, about, tuple(about["genes"]))


def _answer(
    name: str, arrays: dict[str, Any], about: dict[str, Any], genes: tuple[str, ...]
) -> CellExpression:
    parts = tuple(arrays[f"{name}.assigned.{part}"] for part in ("data", "indices", "indptr"))
    cells = arrays[f"{name}.cells"]
    return CellExpression(
        cells=cells,
        gene_names=genes,
        mean=arrays[f"{name}.mean"],
        sd=arrays[f"{name}.sd"],
        assigned=sp.csr_matrix(parts, shape=(len(cells), len(genes))),
        explained=arrays[f"{name}.explained"],
        from_prior=arrays[f"{name}.from_prior"].astype(bool),
        method=about[name]["method"],
        notes=tuple(about[name]["notes"]),
    )
