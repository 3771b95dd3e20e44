"""Results by content: the same step, inputs and parameters are never computed twice.

A step's folder is called ``<step>-<key>``, the key a hash of the fingerprints of its inputs, of its
parameters and of the version of its code. It is written under another name and renamed when whole,
so an interrupted step leaves nothing that could be taken for a result.
"""

from __future__ import annotations

import json
import os
import shutil
import sys
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from spotscope.model import RunRecord
from spotscope.pipeline._fingerprint import of_text

if TYPE_CHECKING:
    from collections.abc import Mapping

    from spotscope.model import Params

__all__ = ["StepCache", "user_cache"]

_RECORD = "record.json"
#: Raised when a step's code changes its answer, so that older results are not taken for new ones.
CODE_VERSION = {"segment": 2, "type": 1, "beads": 1, "learn": 2, "decompose": 2, "latents": 2}


def user_cache() -> Path:
    """The user's cache folder for results that belong to no output folder yet."""
    if sys.platform == "win32":
        root = os.environ.get("LOCALAPPDATA", str(Path.home()))
    else:
        root = os.environ.get("XDG_CACHE_HOME", str(Path.home() / ".cache"))
    return Path(root) / "spotscope" / "steps"


@dataclass(frozen=True, slots=True)
class StepCache:
    """A folder of step results.

    Parameters
    ----------
    root
        ``OUT/steps`` of a run, or the user's cache.
    """

    root: Path

    def folder(self, step: str, inputs: Mapping[str, str], params: Params) -> Path:
        """Name the folder of this step's result for these inputs and parameters.

        Live parameters need no new fit, so they are not part of the name.
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
            "version": CODE_VERSION[step],
        }
        return self.root / f"{step}-{of_text(json.dumps(identity, sort_keys=True))[:16]}"

    @staticmethod
    def has(folder: Path) -> bool:
        """Whether the result is there, whole."""
        return (folder / _RECORD).is_file()

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

    def trim(self, step: str, most_bytes: int) -> None:
        """Let results of a step go that were used longest ago, until the others are small enough.

        The one used last stays, however large it is.

        Parameters
        ----------
        step
            Name of a step whose results are read whole, so that nobody still looks into them.
        most_bytes
            Bytes that its results may take together.
        """
        found = sorted(map(_use, self.root.glob(f"{step}-*")), reverse=True)
        room = most_bytes
        for place, (used, size, folder) in enumerate(found):
            room -= size
            if room < 0 and place and used:
                shutil.rmtree(folder, ignore_errors=True)


def _use(folder: Path) -> tuple[float, int, Path]:
    """When a result was used last, its bytes and where it is; 0 of what is not whole, or gone."""
    try:
        used = (folder / _RECORD).stat().st_mtime
        return used, sum(file.stat().st_size for file in folder.iterdir()), folder
    except OSError:  # another window lets it go at this moment
        return 0.0, 0, folder
