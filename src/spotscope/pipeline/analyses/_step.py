"""Questions asked of cells and spots that are there, answered by squidpy, liana and scanpy."""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass, field
from pathlib import Path
from queue import Empty, Queue
from threading import Thread
from typing import IO, TYPE_CHECKING, Any

from spotscope.model import MethodError, Progress, RunRecord, versions
from spotscope.pipeline._fingerprint import of_spots, of_text
from spotscope.pipeline._regions import region_json
from spotscope.pipeline.analyses._answer import JOB, read_answer
from spotscope.pipeline.analyses._material import REST, Material, write_material
from spotscope.pipeline.analyses._params import Question
from spotscope.pipeline.analyses._questions import PACKAGES, require_analysis
from spotscope.pipeline.analyses._said import order_of

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import numpy.typing as npt
    import pandas as pd

    from spotscope.methods.cell_typing import FittedTyping
    from spotscope.model import Region, Session, Task
    from spotscope.pipeline._cache import StepCache
    from spotscope.pipeline.analyses._answer import Answer
    from spotscope.pipeline.analyses._params import AnalyseParams

__all__ = ["Analysed", "Finding", "analyse_step", "inputs_of"]

STEP = "analyse"
#: While the other program works, so often is looked whether it said something, in seconds.
_LOOK = 0.1


@dataclass(frozen=True, slots=True, eq=False)
class Finding:
    """One table that answers a question.

    Parameters
    ----------
    name
        Of its file: ``neighbours``, ``ligands_spots``, ``ligands_cells``, ``variable``,
        ``difference``.
    title
        For people; says whether values are measured or inferred.
    table
        One row an answer, best first; the column ``values`` says of each row what it rests on.
    record
        How it came about, with notes, and what to cite.
    per_spot
        (spot, row) score of every row of the table at every spot, or None.
    """

    name: str
    title: str
    table: pd.DataFrame
    record: RunRecord
    per_spot: pd.DataFrame | None = None

    @property
    def order(self) -> tuple[str, bool] | None:
        """The column that rows are ordered by, and whether its small values come first."""
        return order_of(self)


@dataclass(frozen=True, slots=True, eq=False)
class Analysed:
    """What was found, and what could not be answered.

    Parameters
    ----------
    findings
        In the order of the questions.
    refused
        A sentence for each question, or part of one, that had no answer.
    """

    findings: tuple[Finding, ...]
    refused: tuple[str, ...] = ()

    def __getitem__(self, name: str) -> Finding:
        """The finding of this name; KeyError with all that there are, and why others are not."""
        for finding in self.findings:
            if finding.name == name:
                return finding
        there = ", ".join(finding.name for finding in self.findings)
        raise KeyError(" ".join([f"{name!r}: there are {there}.", *self.refused]))


@dataclass(slots=True)
class _Heard:
    """What the other program has said so far."""

    answered: list[str] = field(default_factory=list)
    refused: list[str] = field(default_factory=list)
    spent: dict[str, float] = field(default_factory=dict)


def analyse_step(
    session: Session,
    questions: Sequence[Question | str],
    params: AnalyseParams,
    *,
    regions: Sequence[Region] = (),
    cache: StepCache | None = None,
    fitted: FittedTyping | None = None,
    seed: int = 0,
) -> Task[Analysed]:
    """Ask questions of a session, in a program of its own that ends with the task.

    Parameters
    ----------
    session
        With spots; with cells, and their expression, for questions that need them.
    questions
        See :class:`~spotscope.pipeline.Question`.
    params
        Of the analyses.
    regions
        Two to compare, or one to compare with the rest, for ``difference``.
    cache, fitted
        Where the fit of the cell types may lie, or the fit itself: for types without smoothing.
    seed
        Of every random number.

    Raises
    ------
    MissingDependencyError
        If the extra ``analysis`` is not installed.
    MethodError
        If there are no spots, or no question has an answer.
    """
    require_analysis()
    asked = [Question(question) for question in dict.fromkeys(questions)]
    if session.sample.spots is None:
        raise MethodError(
            "Expected spots to ask, found an image alone; open them with their spots."
        )
    if Question.DIFFERENCE in asked and not 1 <= len(regions) <= 2:
        raise MethodError(
            f"Expected one region or two to compare, found {len(regions)}; name them "
            "(--regions A B), or leave 'difference' out."
        )
    yield Progress("preparing", 0, 1)
    material = Material.of_session(session, regions, unsmoothed_of(session, cache, fitted))
    with tempfile.TemporaryDirectory(prefix="spotscope-") as place:
        folder = Path(place)
        write_material(material, folder)
        job = {
            "questions": [str(question) for question in asked],
            "params": params.model_dump(mode="json"),
            "seed": seed,
        }
        (folder / JOB).write_text(json.dumps(job), encoding="utf-8")
        heard = yield from _listen(folder)
        if not heard.answered:
            raise MethodError(heard.refused[0])
        inputs = inputs_of(session)
        findings = [
            _finding(read_answer(folder, name), params, regions, seed, inputs, heard.spent[name])
            for name in heard.answered
        ]
    return Analysed(tuple(findings), tuple(heard.refused))


def inputs_of(session: Session) -> dict[str, str]:
    """Fingerprints of what findings rest on: another value means that they are out of date."""
    spots, cells = session.sample.spots, session.cells
    assert spots is not None
    inputs = {"spots": of_spots(spots)}
    if cells is not None:
        inputs["cells"] = of_text(f"{cells.types}:{cells.type_codes.tolist()}")
    if "decompose" in session.records:
        inputs["expression"] = of_text(json.dumps(dict(session.records["decompose"].inputs)))
    return inputs


def unsmoothed_of(
    session: Session, cache: StepCache | None, fitted: FittedTyping | None = None
) -> npt.NDArray[Any] | None:
    """(cell,) types at ν = 0, where the fit is at hand."""
    from spotscope.pipeline.cell_typing._find_fit import load_fitted_of
    from spotscope.pipeline.segmentation._edit_types import settle_types

    if session.cells is None:
        return None
    if fitted is None and cache is not None:
        fitted = load_fitted_of(session, cache)
    return None if fitted is None else settle_types(session, fitted, 0.0).codes


def _listen(folder: Path) -> Task[_Heard]:
    """Start the other program and pass on what it says; it ends when this is closed."""
    command = [sys.executable, "-m", "spotscope.pipeline.analyses._child", str(folder)]
    heard, since = _Heard(), time.perf_counter()
    with (folder / "stderr.txt").open("w+", encoding="utf-8") as errors:
        child = subprocess.Popen(
            command, stdout=subprocess.PIPE, stderr=errors, text=True, encoding="utf-8"
        )
        assert child.stdout is not None
        lines: Queue[str | None] = Queue()
        reader = Thread(target=_read, args=(child.stdout, lines), daemon=True)
        reader.start()
        try:
            last = Progress("loading squidpy and liana", 0, 1)
            while (said := _next(lines)) is not None:
                if "stage" in said:
                    last = Progress(said["stage"], said["done"], said["total"])
                elif "answered" in said:
                    now = time.perf_counter()
                    heard.answered.append(said["answered"])
                    heard.spent[said["answered"]], since = now - since, now
                elif "refused" in said:
                    heard.refused.append(f"{said['refused']}: {said['because']}")
                yield last
            if child.wait() != 0:
                errors.seek(0)
                raise MethodError(_crashed(errors.read()))
        finally:
            child.kill()
            child.wait()
            reader.join()
            child.stdout.close()
    return heard


def _read(stream: IO[str], lines: Queue[str | None]) -> None:
    """Hand on every line, and None at the end; waits, so it has a thread of its own."""
    for line in stream:
        lines.put(line)
    lines.put(None)


def _next(lines: Queue[str | None]) -> dict[str, Any] | None:
    """What was said next; nothing if it is quiet for a moment; None at the end."""
    try:
        line = lines.get(timeout=_LOOK)
    except Empty:
        return {}
    if line is None:
        return None
    try:
        said = json.loads(line)
    except ValueError:  # printed by a package past our voice
        return {}
    return said if isinstance(said, dict) else {}


def _crashed(errors: str) -> str:
    last = errors.strip().splitlines()[-1] if errors.strip() else "it said nothing"
    return (
        f"Expected squidpy and liana to answer, found their program ended early ({last}); with "
        "little memory ask fewer questions, else report this."
    )


def _finding(
    answer: Answer,
    params: AnalyseParams,
    regions: Sequence[Region],
    seed: int,
    inputs: Mapping[str, str],
    seconds: float,
) -> Finding:
    from importlib.metadata import version

    said: dict[str, Any] = params.model_dump(mode="json")
    figures = dict(answer.figures)
    if answer.name == Question.DIFFERENCE:
        said["regions"] = [*(region.name for region in regions), REST][:2]
        figures["regions"] = region_json(regions)
    record = RunRecord(
        step=f"{STEP} {answer.name}",
        params=said,
        seed=seed,
        inputs=dict(inputs),
        versions={**versions(), **{name: version(name) for name in PACKAGES}},
        seconds=round(seconds, 3),
        notes=answer.notes,
        references=answer.references,
        figures=figures,
    )
    return Finding(answer.name, answer.title, answer.table, record, answer.per_spot)
