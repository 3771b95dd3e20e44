"""Results by content: the same step, inputs and parameters are never computed twice.

A step's folder is called ``<step>-<key>``, the key a hash of the fingerprints of its inputs, of its
parameters and of the version of its code. It is written under another name and renamed when whole,
so an interrupted step leaves nothing that could be taken for a result.
"""

from __future__ import annotations

import json
import os
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from spotscope import io
from spotscope.model import RunRecord, cache_home
from spotscope.pipeline._cache_kinds import KINDS
from spotscope.pipeline._fingerprint import of_text

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from spotscope.model import Params

__all__ = ["StepCache", "user_cache"]

_RECORD = "record.json"
#: Sizes of a result's files: what clears caches takes single files, and copies break off.
_FILES = "files.json"
#: Raised when a step's code changes its answer, so that older results are not taken for new ones.
CODE_VERSION = {"segment": 2, "type": 5, "beads": 1, "learn": 2, "decompose": 2, "latents": 2}


def user_cache() -> Path:
    """The user's cache folder for results that belong to no output folder yet."""
    return cache_home() / "steps"


@dataclass(frozen=True, slots=True)
class StepCache:
    """A folder of step results.

    Parameters
    ----------
    root
        ``OUT/steps`` of a run, or the user's cache.
    """

    root: Path

    def folder(
        self, step: str, inputs: Mapping[str, str], params: Params, version: int | None = None
    ) -> Path:
        """Name the folder of this step's result for these inputs and parameters.

        Live parameters need no new fit, so they are not part of the name. ``version`` is that of
        the step's code; today's by default.
        """
        live = {
            name
            for name, field in type(params).model_fields.items()
            if isinstance(field.json_schema_extra, dict) and field.json_schema_extra.get("live")
        }
        fixed = params.model_dump(mode="json", exclude=live)
        identity: dict[str, Any] = {
            "inputs": dict(sorted(inputs.items())),
            "params": fixed,
            "version": CODE_VERSION[step] if version is None else version,
        }
        return self.root / f"{step}-{of_text(json.dumps(identity, sort_keys=True))[:16]}"

    def made(self, step: str, inputs: Mapping[str, str], params: Params) -> Path | None:
        """The newest folder there is of this result, by whatever version of the step's code.

        For what belongs to a result that is there: a saved session goes on from its own fit.
        """
        versions = range(CODE_VERSION[step], 0, -1)
        folders = (self.folder(step, inputs, params, version) for version in versions)
        return next((folder for folder in folders if self.has(folder)), None)

    @contextmanager
    def writing(self, folder: Path) -> Iterator[Path]:
        """Give a folder to write a result into, its record last; it takes its place when whole.

        Results of its kind that were used longest ago go, where there are too many.

        Raises
        ------
        WriteError
            If it cannot be written.
        """
        with io.staged(folder) as staging:
            staging.mkdir(parents=True, exist_ok=True)
            yield staging
            self.note_files(staging)
        self.trim(folder.name.partition("-")[0])

    @staticmethod
    def has(folder: Path) -> bool:
        """Whether the result is there, and all its files are as long as they were written."""
        if not (folder / _FILES).is_file():
            return (folder / _RECORD).is_file()  # by a version that wrote no sizes
        try:
            sizes = json.loads((folder / _FILES).read_text(encoding="utf-8"))
            return all((folder / name).stat().st_size == size for name, size in sizes.items())
        except (OSError, ValueError):
            return False

    @staticmethod
    def note_files(folder: Path) -> None:
        """Write down how long a result's files are, when they are all there."""
        files = (path for path in folder.rglob("*") if path.is_file() and path.name != _FILES)
        sizes = {path.relative_to(folder).as_posix(): path.stat().st_size for path in files}
        (folder / _FILES).write_text(json.dumps(sizes, sort_keys=True), encoding="utf-8")

    @staticmethod
    def write_record(folder: Path, record: RunRecord) -> None:
        """Write the record, the last thing put into a step's folder."""
        (folder / _RECORD).write_text(json.dumps(record.to_json(), indent=2), encoding="utf-8")

    @staticmethod
    def read_record(folder: Path) -> RunRecord:
        """Read the record of a finished step."""
        return RunRecord.from_json(json.loads((folder / _RECORD).read_text(encoding="utf-8")))

    @staticmethod
    def touch(folder: Path) -> None:
        """Note that a result was used now."""
        # a cache that may only be read serves all the same
        with suppress(OSError):
            os.utime(folder / _RECORD)

    def trim(self, name: str) -> None:
        """Let results of a kind go that were used longest ago, until the others are small enough.

        In result folders only what is large and quickly made again.

        Parameters
        ----------
        name
            One of ``KINDS``; another has no bound.
        """
        kind = KINDS.get(name)
        if kind is None or kind.most_bytes is None or kind.suffix is None:
            return
        if kind.everywhere or self.root == user_cache():
            spared = kind.spared_s
            io.trim(self.root, kind.starts, kind.suffix, kind.most_bytes, spared_s=spared)
