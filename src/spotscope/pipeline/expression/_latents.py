"""What spots' counts said of their cells, kept between runs: a gene more costs no run more.

Of a large section not all genes are told. What the counts say does not depend on which are, so it
is kept beside the answers, under a key of all else; the next question about other genes tells those
alone, and joins them to the answer that is there.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from spotscope import io
from spotscope.methods.expression import KeptLatents
from spotscope.model import ReadError
from spotscope.pipeline.expression._store import is_answer, open_answer

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    import numpy.typing as npt

    from spotscope.methods.expression import CellExpression, ExpressionParams
    from spotscope.model import RunRecord
    from spotscope.pipeline._cache import StepCache

__all__ = ["Held", "hold", "is_held", "open_held"]

_STEP = "latents"
_ARRAYS, _ANSWERS = "latents.safetensors", "answers.json"


@dataclass(frozen=True, slots=True, eq=False)
class Held:
    """What is there of an earlier question.

    Parameters
    ----------
    latents
        Of the spots.
    hidden_r
        (reference gene,) how well each is told while it is hidden; None of a part of the spots.
    folders
        Of answers that were told from these latents, each of genes of its own; () where one is
        gone.
    holds
        Keep those answers from being removed while they are wanted.
    """

    latents: KeptLatents
    hidden_r: npt.NDArray[np.float32] | None
    folders: tuple[Path, ...]
    holds: tuple[io.Hold, ...] = ()

    def answers(self, name: str) -> list[CellExpression]:
        """Open those of one kind, ``found`` or ``split``.

        Raises
        ------
        ReadError
            If somebody has removed one since.
        """
        try:
            return [open_answer(folder, name) for folder in self.folders]
        except FileNotFoundError as err:
            raise ReadError(
                f"Expected the genes that were told before in {self.folders[0].parent}, found them "
                "removed meanwhile; ask again."
            ) from err


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
    try:
        arrays, names = load_file(folder / _ARRAYS), _told(folder)
    except OSError:  # removed at this moment
        return None
    cache.touch(folder)
    folders = [cache.root / name for name in names]
    holds = [held for held in map(io.hold, folders) if held is not None]
    if len(holds) < len(folders) or not all(map(is_answer, folders)):
        folders, holds = [], []
    latents = KeptLatents.of_arrays(arrays)
    return Held(latents, arrays.get("hidden_r"), tuple(folders), tuple(holds))


def hold(
    cache: StepCache,
    marks: Mapping[str, str],
    params: ExpressionParams,
    held: Held,
    record: RunRecord,
) -> None:
    """Keep what the spots' counts said, and which answers were told from it.

    Parameters
    ----------
    cache, marks, params
        Of the question; see ``marks_of_question``.
    held
        What is to be kept.
    record
        Of the run.

    Raises
    ------
    WriteError
        If it cannot be written.
    """
    from safetensors.numpy import save_file

    if not _can_hold(params):
        return
    folder = _folder(cache, marks, params)
    told = json.dumps([answer.name for answer in held.folders])
    if cache.has(folder):
        with io.staged(folder / _ANSWERS) as staging:
            staging.write_text(told, encoding="utf-8")
        cache.note_files(folder)
        return
    arrays: dict[str, Any] = held.latents.arrays()
    if held.hidden_r is not None:
        arrays["hidden_r"] = np.ascontiguousarray(held.hidden_r)
    with cache.writing(folder) as staging:
        save_file(arrays, staging / _ARRAYS)
        (staging / _ANSWERS).write_text(told, encoding="utf-8")
        cache.write_record(staging, record)


def _told(folder: Path) -> list[str]:
    names = json.loads((folder / _ANSWERS).read_text(encoding="utf-8"))
    return [str(name) for name in names]


def _can_hold(params: ExpressionParams) -> bool:
    """Whether genes are told one by one: counts that are drawn depend on those drawn before."""
    return params.method == "gaussian" and params.allocation == "remainder"
