"""What a reference teaches about expression: learned once, kept by content, found again anywhere.

The checkpoint lies in the user's cache under a hash of the reference's counts, genes and types, of
the parameters that are learned from it, and of the code's version. It does not depend on a sample,
so every sample with that reference uses the same one. A folder that ``spotscope train reference``
wrote can be given instead.
"""

from __future__ import annotations

import time
from contextlib import suppress
from typing import TYPE_CHECKING

from spotscope.methods import expression
from spotscope.model import ReadError, WriteError
from spotscope.pipeline._cache import StepCache, user_cache
from spotscope.pipeline._recall import Recall
from spotscope.pipeline._record import record_of
from spotscope.pipeline.expression._marks import mark_of_reference

if TYPE_CHECKING:
    from pathlib import Path

    from spotscope.methods.expression import ExpressionParams, FittedExpression
    from spotscope.model import Reference, Task

__all__ = ["LEARN", "is_learned", "learn_reference", "open_checkpoint", "write_checkpoint"]

LEARN = "learn"
_FITTED = "fitted"
_OPENED: Recall[FittedExpression] = Recall()


def _inputs(reference: Reference, params: ExpressionParams) -> dict[str, str]:
    """What the checkpoint depends on; each tier learns what it needs, and all that is simpler."""
    # fits from before they held a report of their quality, and the cells it is of, are not taken
    return {
        "reference": mark_of_reference(reference),
        "tier": params.method,
        "holds": "quality, kept",
    }


def is_learned(
    reference: Reference, params: ExpressionParams, cache: StepCache | None = None
) -> bool:
    """Whether the reference has been learned from already."""
    cache = cache or StepCache(user_cache())
    return cache.has(cache.folder(LEARN, _inputs(reference, params), params))


def learn_reference(
    reference: Reference,
    params: ExpressionParams,
    *,
    cache: StepCache | None = None,
    seed: int = 0,
    device: str = "cpu",
) -> Task[FittedExpression]:
    """Learn how cells of each type differ, or open what was learned before.

    Parameters
    ----------
    reference
        Cells whose types are known.
    params
        Of the expression; those that are not live are learned.
    cache
        Where checkpoints are kept; the user's cache by default.
    seed
        Of the draw of cells, and of training.
    device
        ``cpu``, ``cuda`` or ``mps``.

    Raises
    ------
    MethodError
        If nothing can be learned from this reference.
    """
    cache = cache or StepCache(user_cache())
    inputs = _inputs(reference, params)
    folder = cache.folder(LEARN, inputs, params)
    if cache.has(folder):
        cache.touch(folder)
        with suppress(ReadError, KeyError):  # one of an older version is learned anew
            return _opened(reference, folder)
    started = time.perf_counter()
    fitted = yield from expression.fit(reference, params, rng=seed, device=device)
    with cache.writing(folder) as staging:
        fitted.save(staging / _FITTED)
        seconds = time.perf_counter() - started
        cite = expression.info.references
        record = record_of(LEARN, params, inputs, seconds, references=cite, seed=seed)
        cache.write_record(staging, record)
    return fitted


def _opened(reference: Reference, folder: Path) -> FittedExpression:
    """What lies there; read once, as every lasso asks for it."""
    table = reference.table
    return _OPENED(
        (table.X.data, table.X.indices, reference.codes, table.var_names),
        (str(folder), folder.stat().st_mtime_ns),
        lambda: expression.load_fitted(folder / _FITTED),
    )


def write_checkpoint(fitted: FittedExpression, folder: Path) -> None:
    """Write a checkpoint that can be carried to another machine; what else lies there stays.

    Raises
    ------
    WriteError
        If it cannot be written.
    """
    try:
        fitted.save(folder)  # file by file, each renamed when whole: the folder may be in use
    except OSError as err:
        raise WriteError(
            f"Expected to write what was learned into {folder}, found that it cannot be "
            f"({err.strerror}); choose another folder (--out)."
        ) from err


def open_checkpoint(folder: Path) -> FittedExpression:
    """Open what :func:`write_checkpoint` wrote.

    Raises
    ------
    ReadError
        If there is none, or it is damaged.
    """
    if not folder.is_dir():
        raise ReadError(
            f"Expected a trained reference in the folder {folder}, found none; "
            "make one with 'spotscope train reference REF --out FOLDER'."
        )
    return expression.load_fitted(folder)
