"""``python -m spotscope.pipeline.analyses._child FOLDER``: analyse what lies in a folder.

It runs as a program of its own. The packages it calls take seconds to load and hold the interpreter
for as long again, so that a window would stand still, and nothing but ending their process stops
them. Says on stdout, one JSON object a line, how far it is; what it prints besides is not ours.
"""

from __future__ import annotations

import json
import sys
import warnings
from pathlib import Path
from typing import TYPE_CHECKING, Any

from spotscope.model import SpotscopeError, run
from spotscope.pipeline.analyses._answer import JOB, write_answer
from spotscope.pipeline.analyses._material import read_material
from spotscope.pipeline.analyses._params import AnalyseParams, Question
from spotscope.pipeline.analyses._questions import ANALYSES

if TYPE_CHECKING:
    from collections.abc import Callable

    from spotscope.model import Progress

__all__ = ["main"]


def main(folder: Path) -> None:
    """Answer the questions of ``job.json``, and write each answer as soon as it is there."""
    # squidpy and liana print; what we say must stay alone on its lines
    voice, sys.stdout = sys.stdout, sys.stderr

    def say(**facts: Any) -> None:
        print(json.dumps(facts), file=voice, flush=True)

    job = json.loads((folder / JOB).read_text(encoding="utf-8"))
    params = AnalyseParams.model_validate(job["params"])
    material = read_material(folder)
    asked = [Question(name) for name in job["questions"]]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # they speak to programmers
        for question in asked:
            for analyse in ANALYSES[question]:
                try:
                    answers = run(analyse(material, params, job["seed"]), _teller(say))
                except SpotscopeError as err:
                    say(refused=question, because=str(err))
                    continue
                for answer in answers:
                    write_answer(folder, answer)
                    say(answered=answer.name, question=question)


def _teller(say: Callable[..., None]) -> Callable[[Progress], None]:
    def tell(progress: Progress) -> None:
        say(stage=progress.stage, done=progress.done, total=progress.total)

    return tell


if __name__ == "__main__":
    main(Path(sys.argv[1]))
