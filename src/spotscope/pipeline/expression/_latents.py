"""What spots' counts said of their cells, kept between runs: a gene more costs no run more.

Of a large section not all genes are told. What the counts say does not depend on which are, so it
is kept beside the answers, under a key of all else; the next question about other genes tells those
alone, and joins them to the answer that is there.
"""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from spotscope import io
from spotscope.methods.expression import KeptLatents
from spotscope.pipeline.expression._store import open_expression

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    import numpy.typing as npt

    from spotscope.methods.expression import CellExpression, ExpressionParams
    from spotscope.model import RunRecord
    from spotscope.pipeline._cache import StepCache

__all__ = ["Held", "hold", "is_held", "open_held"]

_STEP = "latents"
_ARRAYS, _ANSWER = "latents.safetensors", "answer.txt"
#: More of one section is not kept: it would take longer to read than it saves.
_MOST_OF_ONE = 1 << 30
#: What those of one cache may take; those used longest ago go.
_MOST_BYTES = 2 << 30


@dataclass(frozen=True, slots=True, eq=False)
class Held:
    """What is there of an earlier question.

    Parameters
    ----------
    latents
        Of the spots.
    hidden_r
        (reference gene,) how well each is told while it is hidden; None of a part of the spots.
    found, split
        The answer told last from these latents and the floor beside it; None where it is gone.
    """

    latents: KeptLatents
    hidden_r: npt.NDArray[np.float32] | None
    found: CellExpression | None
    split: CellExpression | None


def _folder(cache: StepCache, marks: Mapping[str, str], params: ExpressionParams) -> Path:
    return cache.folder(_STEP, marks, params)


def is_held(cache: StepCache, marks: Mapping[str, str], params: ExpressionParams) -> bool:
    """Whether other genes of the same question can be told without asking again."""
    return _can_hold(params) and cache.has(_folder(cache, marks, params))


def open_held(cache: StepCache, marks: Mapping[str, str], params: ExpressionParams) -> Held | None:
    """Open what an earlier question left; None where nothing did."""
    from safetensors.numpy import load_file

    if not is_held(cache, marks, params):
        return None
    folder = _folder(cache, marks, params)
    arrays = load_file(folder / _ARRAYS)
    cache.touch(folder)
    found = split = None
    answer = folder.parent / (folder / _ANSWER).read_text(encoding="utf-8")
    if cache.has(answer):
        with suppress(OSError):  # another window lets it go at this moment
            found, split, _ = open_expression(answer)
    return Held(KeptLatents.of_arrays(arrays), arrays.get("hidden_r"), found, split)


def hold(
    cache: StepCache,
    marks: Mapping[str, str],
    params: ExpressionParams,
    latents: KeptLatents,
    hidden_r: npt.NDArray[np.float32] | None,
    answer: Path,
    record: RunRecord,
) -> None:
    """Keep what the spots' counts said, and which answer was told from it.

    Parameters
    ----------
    cache, marks, params
        Of the question; see ``marks_of_question``.
    latents, hidden_r
        As of :class:`Held`.
    answer
        The folder of the answer.
    record
        Of the answer's run.

    Raises
    ------
    WriteError
        If it cannot be written.
    """
    from safetensors.numpy import save_file

    if not _can_hold(params):
        return
    folder = _folder(cache, marks, params)
    if cache.has(folder):
        with io.staged(folder / _ANSWER) as staging:
            staging.write_text(answer.name, encoding="utf-8")
        return
    arrays: dict[str, Any] = latents.arrays()
    if sum(array.nbytes for array in arrays.values()) > _MOST_OF_ONE:
        return
    if hidden_r is not None:
        arrays["hidden_r"] = np.ascontiguousarray(hidden_r)
    with io.staged(folder) as staging:
        staging.mkdir(parents=True, exist_ok=True)
        save_file(arrays, staging / _ARRAYS)
        (staging / _ANSWER).write_text(answer.name, encoding="utf-8")
        cache.write_record(staging, record)
    cache.trim(_STEP, _MOST_BYTES)


def _can_hold(params: ExpressionParams) -> bool:
    """Whether genes are told one by one: counts that are drawn depend on those drawn before."""
    return params.method == "gaussian" and params.allocation == "remainder"
