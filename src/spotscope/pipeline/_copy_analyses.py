"""Questions that were asked of a session, as commands and as Python: after all that leads to it."""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from spotscope.pipeline._recipe import differing
from spotscope.pipeline.analyses._params import AnalyseParams

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from spotscope.pipeline.analyses._step import Finding

__all__ = ["Asked", "asked_of"]


@dataclass(frozen=True, slots=True)
class Asked:
    """Questions that were asked together.

    Parameters
    ----------
    questions
        Names, as :class:`~spotscope.pipeline.Question` has them.
    params
        Parameters that differ from the defaults.
    regions
        Those that were compared, as records in µm.
    seed
        Of every random number.
    """

    questions: tuple[str, ...]
    params: Mapping[str, Any]
    regions: tuple[Mapping[str, Any], ...]
    seed: int

    def goes_with(self, other: Asked) -> bool:
        """Whether both can be asked in one call: regions matter to one question alone."""
        settings = (self.params, self.seed) == (other.params, other.seed)
        return settings and (self.regions == other.regions or not (self.regions and other.regions))

    def beside(self, other: Asked) -> Asked:
        """Both in one call."""
        questions = dict.fromkeys((*self.questions, *other.questions))
        return replace(self, questions=tuple(questions), regions=self.regions or other.regions)

    def command(self, out: str) -> list[str]:
        """Words of the command that asks them again, of the folder ``out``."""
        words = ["spotscope", "analyse", out, f"--what={','.join(self.questions)}"]
        if self.regions:
            said = json.dumps(self.regions, ensure_ascii=False, separators=(",", ":"))
            words += ["--regions-file", said]
        if self.seed:
            words.append(f"--seed={self.seed}")
        return words + [f"--{name.replace('_', '-')}={v}" for name, v in self.params.items()]

    def lines(self, out: str) -> list[str]:
        """Lines of Python that ask them again, of ``session``."""
        named: dict[str, Any] = {"regions": list(self.regions)} if self.regions else {}
        named |= {"seed": self.seed} if self.seed else {}
        given = [repr(list(self.questions))]
        given += [f"{name}={value!r}" for name, value in {**named, **self.params}.items()]
        return [
            f"asked = spotscope.analyse(session, {', '.join(given)})",
            f"save_findings({out!r}, asked.findings)",
        ]


def asked_of(findings: Sequence[Finding]) -> tuple[Asked, ...]:
    """What to ask to come to these findings: one call for all that were asked alike."""
    found: list[Asked] = []
    for finding in findings:
        record = finding.record
        regions = tuple(record.figures.get("regions", ()))
        # one question may be answered by several tables
        question = finding.name.partition("_")[0]
        one = Asked((question,), differing(record.params, AnalyseParams), regions, record.seed or 0)
        for at, other in enumerate(found):
            if other.goes_with(one):
                found[at] = other.beside(one)
                break
        else:
            found.append(one)
    return tuple(found)
