"""What the command line shows: a bar with stage and time left, plain lines, or JSON lines."""

from __future__ import annotations

import json
import sys
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, TextIO

if TYPE_CHECKING:
    from spotscope.model import Progress

__all__ = ["Console"]

_WIDTH = 24


@dataclass
class Console:
    """Speaks to the user of one command.

    Parameters
    ----------
    as_json
        One JSON object a line on stdout, for machines.
    out
        Results and notes.
    err
        Progress and errors.
    """

    as_json: bool = False
    out: TextIO = field(default_factory=lambda: sys.stdout)
    err: TextIO = field(default_factory=lambda: sys.stderr)
    _stage: str = ""
    _since: float = 0.0
    _shown: float = 0.0

    def progress(self, progress: Progress) -> None:
        """Show how far a task has come; at most ten times a second."""
        now = time.monotonic()
        new_stage = progress.stage != self._stage
        if new_stage:
            self._finish_line()
            self._stage, self._since = progress.stage, now
        elif now - self._shown < 0.1 and progress.done < progress.total:
            return
        self._shown = now
        if self.as_json:
            self._line(
                event="progress", stage=progress.stage, done=progress.done, total=progress.total
            )
        elif self.err.isatty():
            self._bar(progress, now - self._since)
        elif new_stage:
            print(f"{progress.stage} …", file=self.err, flush=True)

    def note(self, text: str) -> None:
        """Say something the user should know."""
        self._finish_line()
        if self.as_json:
            self._line(event="note", text=text)
        else:
            print(f"note: {text}", file=self.err, flush=True)

    def say(self, text: str, **facts: Any) -> None:
        """Say a result: a line for people, or ``facts`` for machines."""
        self._finish_line()
        if self.as_json:
            self._line(event="result", text=text, **facts)
        else:
            print(text, file=self.out, flush=True)

    def error(self, text: str) -> None:
        """Say the one sentence before exit 2."""
        self._finish_line()
        if self.as_json:
            self._line(event="error", text=text)
        else:
            print(f"spotscope: {text}", file=self.err, flush=True)

    def _line(self, **facts: Any) -> None:
        print(json.dumps(facts, ensure_ascii=False), file=self.out, flush=True)

    def _bar(self, progress: Progress, elapsed: float) -> None:
        share = progress.fraction
        full = round(share * _WIDTH)
        left = elapsed / share - elapsed if share > 0.02 and elapsed > 0.5 else None
        told = f" {left:4.0f} s left" if left is not None and share < 1 else " " * 12
        bar = "█" * full + "░" * (_WIDTH - full)
        print(f"\r{progress.stage:<32} {bar} {share:4.0%}{told}", end="", file=self.err, flush=True)

    def _finish_line(self) -> None:
        if self._stage and not self.as_json and self.err.isatty():
            print(file=self.err, flush=True)
        self._stage = ""
