"""Packages of others beside ours: each in a process, and if need be an environment, of its own.

None is a dependency and none is imported here: a case is written to a folder, the other Python
reads it there and leaves its proportions. Peers take minutes where ours takes a second, so their
answers can be kept: by the content of the case and the script that calls them.
"""

from __future__ import annotations

import ast
import hashlib
import json
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from spotscope.model import GeneSpace, ParamsError, Progress

if TYPE_CHECKING:
    from collections.abc import Iterator

    from spotscope.evaluation import TypingCase
    from spotscope.model import Task

__all__ = ["PEERS", "PeerAnswer", "PeerRun", "ask_peer"]

#: Name shown, and name of its function in the script.
PEERS = {
    "FlashDeconv": "flashdeconv",
    "rctd-py, full": "rctd",
    "Tangram, constrained": "tangram",
    "cell2location": "cell2location",
}
_SCRIPT = Path(__file__).with_name("_typing_peer_script.py")
#: Those that are told how long to train.
_TRAINED = ("cell2location",)
_NOT_INSTALLED = 3
_LOOK_EVERY = 0.2


@dataclass(frozen=True, slots=True)
class PeerRun:
    """How peers are run.

    Parameters
    ----------
    python
        Interpreter of the environment that has them; the present one by default.
    limit_s
        A peer that takes longer on a case is stopped.
    keep
        Folder in which answers are kept for the next time; None keeps none.
    epochs
        Of cell2location, where its own 30,000 take too long.
    names
        Which of :data:`PEERS`, by the script's names.
    """

    python: str = sys.executable
    limit_s: float = 900.0
    keep: Path | None = None
    epochs: int | None = None
    names: tuple[str, ...] = tuple(PEERS.values())

    def __post_init__(self) -> None:
        unknown = [name for name in self.names if name not in PEERS.values()]
        if unknown:
            raise ParamsError(
                f"Expected peers among {', '.join(PEERS.values())}, found {', '.join(unknown)}; "
                "leave the others out."
            )


@dataclass(frozen=True, slots=True, eq=False)
class PeerAnswer:
    """What a peer said.

    Parameters
    ----------
    proportions
        (spot, type), rows that sum to 1; None where it gave none.
    seconds
        Of its process, its imports too.
    problem
        Why there is no answer; empty where there is one.
    """

    proportions: npt.NDArray[np.float64] | None
    seconds: float
    problem: str = ""


def ask_peer(case: TypingCase, name: str, how: PeerRun) -> Task[PeerAnswer]:
    """Run one peer on one case; stopping the task ends its process."""
    with tempfile.TemporaryDirectory(prefix="spotscope-peer-") as made:
        folder = Path(made)
        epochs = how.epochs if PEERS[name] in _TRAINED else None
        _write_case(case, folder, epochs)
        mark = _fingerprint(case, PEERS[name], epochs)
        kept = how.keep and how.keep / f"{PEERS[name]}-{mark}.npz"
        if kept and kept.is_file():
            found = np.load(kept)
            return PeerAnswer(found["proportions"], float(found["seconds"]))
        answer = yield from _run(name, folder, how)
        if kept and answer.proportions is not None:
            kept.parent.mkdir(parents=True, exist_ok=True)
            np.savez(kept, proportions=answer.proportions, seconds=answer.seconds)
        return answer


def _run(name: str, folder: Path, how: PeerRun) -> Task[PeerAnswer]:
    started = time.perf_counter()
    command = [how.python, "-I", str(_SCRIPT), PEERS[name], str(folder)]
    with (folder / "said.txt").open("wb") as said:
        process = subprocess.Popen(command, stdout=said, stderr=said, cwd=folder)
        try:
            for seconds in _waiting(process, started):
                yield Progress(f"{name}", min(int(seconds), int(how.limit_s)), int(how.limit_s))
                if seconds > how.limit_s:
                    return PeerAnswer(None, seconds, f"stopped after {how.limit_s:g} s")
        finally:
            if process.poll() is None:
                process.kill()
                process.wait()
    seconds = time.perf_counter() - started
    if process.returncode == _NOT_INSTALLED:
        return PeerAnswer(None, seconds, "not installed")
    if process.returncode or not (folder / "proportions.npy").is_file():
        lines = (folder / "said.txt").read_text("utf-8", "replace").strip().splitlines()
        return PeerAnswer(None, seconds, f"failed: {lines[-1] if lines else 'without a word'}")
    return PeerAnswer(np.load(folder / "proportions.npy"), seconds)


def _waiting(process: subprocess.Popen[bytes], started: float) -> Iterator[float]:
    """Seconds since the start, again and again, until the process has ended."""
    while True:
        try:
            process.wait(_LOOK_EVERY)
        except subprocess.TimeoutExpired:
            yield time.perf_counter() - started
        else:
            return


def _write_case(case: TypingCase, folder: Path, epochs: int | None = None) -> None:
    """Raw counts of the shared genes, under the spots' names of genes."""
    import pandas as pd
    from anndata import AnnData

    space = GeneSpace.shared(case.spots.table, case.reference.table)
    genes = pd.DataFrame(index=list(space.genes))
    spots = AnnData(
        (case.spots.counts @ space.left).tocsr().astype(np.float32),
        obs=pd.DataFrame(
            {"n_cells": case.membership.cells_per_spot},
            index=[f"s{i}" for i in range(case.spots.n)],
        ),
        var=genes,
    )
    spots.obsm["spatial"] = case.spots.yx_um[:, ::-1]
    known = case.reference
    labels = np.asarray(known.types)[known.codes]
    reference = AnnData(
        (known.table.X @ space.right).tocsr().astype(np.float32),
        obs=pd.DataFrame({"cell_type": labels}, index=[f"c{i}" for i in range(len(labels))]),
        var=genes.copy(),
    )
    spots.write_h5ad(folder / "spots.h5ad")
    reference.write_h5ad(folder / "reference.h5ad")
    said = {"types": list(known.types), "seed": case.seed, "epochs": epochs}
    (folder / "case.json").write_text(json.dumps(said), "utf-8")


def _fingerprint(case: TypingCase, script_name: str, epochs: int | None) -> str:
    """Of everything that an answer hangs on: the case, and how its peer is called."""
    spots, known = case.spots.counts, case.reference.table.X
    parts = [spots.data, spots.indices, known.data, known.indices, case.reference.codes]
    parts += [case.membership.cells_per_spot, case.spots.yx_um]
    digest = hashlib.sha256(_call_of(script_name).encode())
    for part in parts:
        digest.update(np.ascontiguousarray(part).tobytes())
    digest.update(f"{case.seed} {epochs}".encode())
    return digest.hexdigest()[:16]


def _call_of(script_name: str) -> str:
    """Text of the script's function of this name: how other peers are called is no matter."""
    said = _SCRIPT.read_text("utf-8")
    body = ast.parse(said).body
    found = [n for n in body if isinstance(n, ast.FunctionDef) and n.name == script_name]
    return ast.get_source_segment(said, found[0]) or ""
