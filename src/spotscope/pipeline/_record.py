"""The record of a step that has just run."""

from __future__ import annotations

from typing import TYPE_CHECKING

from spotscope.model import RunRecord, versions

if TYPE_CHECKING:
    from collections.abc import Mapping

    from spotscope.model import Params

__all__ = ["record_of"]


def record_of(
    step: str,
    params: Params,
    inputs: Mapping[str, str],
    seconds: float,
    *,
    references: tuple[str, ...],
    seed: int | None = None,
) -> RunRecord:
    """Say how a result came about: by these parameters, of these inputs, with what is installed.

    Parameters
    ----------
    step
        ``segment``, ``type``, …
    params
        All of them, defaults too.
    inputs
        Fingerprint of every input, by its role.
    seconds
        Time it took.
    references
        What to cite.
    seed
        Of every random number in it; None where nothing is random.
    """
    return RunRecord(
        step=step,
        params=params.model_dump(mode="json"),
        seed=seed,
        inputs=inputs,
        versions=versions(),
        seconds=round(seconds, 3),
        references=references,
    )
