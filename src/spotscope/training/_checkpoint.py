"""The whole state of a training, in safetensors and JSON; nothing is ever unpickled.

The two files are written under other names and renamed, the JSON last: it names the tensors that
belong to it, so a state is either the old one or the new one.
"""

from __future__ import annotations

import json
import os
from typing import TYPE_CHECKING, Any

from safetensors import SafetensorError
from safetensors.torch import load_file, save_file

from spotscope.model import ReadError

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    import torch

__all__ = ["load_checkpoint", "save_checkpoint"]

_STATE = "state.json"


def save_checkpoint(
    folder: Path, step: int, tensors: Mapping[str, torch.Tensor], facts: Mapping[str, Any]
) -> None:
    """Write a state that :func:`load_checkpoint` reads.

    Parameters
    ----------
    folder
        Made if it is not there.
    step
        Steps done.
    tensors
        By name.
    facts
        Whatever else, as JSON.
    """
    folder.mkdir(parents=True, exist_ok=True)
    name = f"state-{step:08d}.safetensors"
    part = folder / f"{name}.part"
    whole = {key: value.detach().cpu().contiguous() for key, value in tensors.items()}
    save_file(whole, part)
    os.replace(part, folder / name)
    text = json.dumps({"step": step, "tensors": name, **facts}, indent=2)
    part = folder / f"{_STATE}.part"
    part.write_text(text, encoding="utf-8")
    os.replace(part, folder / _STATE)
    for old in folder.glob("state-*.safetensors"):
        if old.name != name:
            old.unlink()


def load_checkpoint(folder: Path) -> tuple[dict[str, Any], dict[str, torch.Tensor]] | None:
    """Read the facts (with ``step``) and the tensors; None where no training was begun.

    Raises
    ------
    ReadError
        If there is a state and it is damaged.
    """
    if not (folder / _STATE).is_file():
        return None
    try:
        facts = json.loads((folder / _STATE).read_text(encoding="utf-8"))
        return facts, load_file(folder / facts["tensors"])
    except (OSError, ValueError, KeyError, TypeError, SafetensorError) as err:
        raise ReadError(
            f"Expected a training to go on from in {folder}, found a damaged state ({err}); "
            "remove the folder to start anew."
        ) from err
