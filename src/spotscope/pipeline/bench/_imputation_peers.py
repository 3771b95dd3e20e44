"""Packages of others that tell missing genes, each in a process of its own.

None is a dependency and none is imported: see ``_imputation_peer_script``.
"""

from __future__ import annotations

import ast
import hashlib
import json
import subprocess
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from spotscope.model import ParamsError, Progress

if TYPE_CHECKING:
    import numpy.typing as npt

    from spotscope.evaluation import ImputationCase
    from spotscope.model import Task
    from spotscope.pipeline.bench._typing_peers import PeerRun

__all__ = ["IMPUTATION_PEERS", "ToldByPeer", "ask_imputation_peer", "peer_names", "run_script"]

#: Name of its function in the script, and name shown.
IMPUTATION_PEERS = {"tangram": "Tangram, clusters", "gimvi": "gimVI", "moscot": "moscot"}
_SCRIPT = Path(__file__).with_name("_imputation_peer_script.py")
_NOT_INSTALLED = 3
_LOOK_EVERY = 0.2


@dataclass(frozen=True, slots=True, eq=False)
class ToldByPeer:
    """What a peer said.

    Parameters
    ----------
    mean
        (cell, hidden gene) at the cells' depths; None where it gave none.
    seconds
        Of its process, its imports too.
    problem
        Why there is no answer; empty where there is one.
    """

    mean: npt.NDArray[np.float64] | None
    seconds: float
    problem: str = ""


def peer_names(asked: str) -> tuple[str, ...]:
    """Peers by the script's names, from a list with commas; all of them from none.

    Raises
    ------
    ParamsError
        If one is unknown.
    """
    names = tuple(filter(None, asked.split(","))) or tuple(IMPUTATION_PEERS)
    if unknown := [name for name in names if name not in IMPUTATION_PEERS]:
        raise ParamsError(
            f"Expected peers among {', '.join(IMPUTATION_PEERS)}, found {', '.join(unknown)}; "
            "leave the others out."
        )
    return names


def ask_imputation_peer(case: ImputationCase, name: str, how: PeerRun) -> Task[ToldByPeer]:
    """Run one peer on one case; stopping the task ends its process.

    Parameters
    ----------
    case
        What is asked.
    name
        Of :data:`IMPUTATION_PEERS`.
    how
        Interpreter, limit, and where answers are kept.
    """
    mark = _fingerprint(case, name)
    kept = how.keep and how.keep / f"impute-{name}-{mark}.npz"
    if kept and kept.is_file():
        found = np.load(kept)
        return ToldByPeer(found["mean"], float(found["seconds"]))
    with tempfile.TemporaryDirectory(prefix="spotscope-peer-") as made:
        folder = Path(made)
        _write_case(case, folder)
        command = [str(_SCRIPT), name, str(folder)]
        seconds, problem = yield from run_script(IMPUTATION_PEERS[name], command, folder, how)
        if problem:
            return ToldByPeer(None, seconds, problem)
        mean = np.load(folder / "answer.npy")
    if kept:
        kept.parent.mkdir(parents=True, exist_ok=True)
        np.savez_compressed(kept, mean=mean.astype(np.float32), seconds=seconds)
    return ToldByPeer(mean, seconds)


def run_script(title: str, words: list[str], folder: Path, how: PeerRun) -> Task[tuple[float, str]]:
    """Run a script that writes ``answer.npy``: seconds, and what went wrong; "" where nothing did.

    Parameters
    ----------
    title
        Said while it runs.
    words
        The script and what it is given.
    folder
        In which it runs, and writes.
    how
        Interpreter and limit.
    """
    started = time.perf_counter()
    command = [how.python, "-I", *words]
    limit = int(how.limit_s)
    with (folder / "said.txt").open("wb") as said:
        process = subprocess.Popen(command, stdout=said, stderr=said, cwd=folder)
        try:
            while process.poll() is None:
                seconds = time.perf_counter() - started
                yield Progress(title, min(int(seconds), limit), limit)
                if seconds > how.limit_s:
                    return seconds, f"stopped after {how.limit_s:g} s"
                try:
                    process.wait(_LOOK_EVERY)
                except subprocess.TimeoutExpired:
                    continue
        finally:
            if process.poll() is None:
                process.kill()
                process.wait()
    seconds = time.perf_counter() - started
    if process.returncode == _NOT_INSTALLED:
        return seconds, "not installed"
    if process.returncode or not (folder / "answer.npy").is_file():
        lines = (folder / "said.txt").read_text("utf-8", "replace").strip().splitlines()
        return seconds, f"failed: {lines[-1] if lines else 'without a word'}"
    return seconds, ""


def _write_case(case: ImputationCase, folder: Path) -> None:
    """Raw counts under the reference's names of genes."""
    import pandas as pd
    from anndata import AnnData

    known = case.reference
    columns = known.table.var_names.get_indexer([*case.panel, *case.hidden])
    labels = np.asarray(known.types)[known.codes]
    panel = AnnData(
        case.counts.astype(np.float32),
        obs=pd.DataFrame(index=[f"s{i}" for i in range(case.counts.shape[0])]),
        var=pd.DataFrame(index=list(case.panel)),
    )
    panel.obsm["spatial"] = case.yx_um[:, ::-1].copy()
    reference = AnnData(
        known.table.X[:, columns].tocsr().astype(np.float32),
        obs=pd.DataFrame({"cell_type": labels}, index=[f"c{i}" for i in range(len(labels))]),
        var=pd.DataFrame(index=[*case.panel, *case.hidden]),
    )
    panel.write_h5ad(folder / "panel.h5ad")
    reference.write_h5ad(folder / "reference.h5ad")
    said = {"hidden": list(case.hidden), "seed": case.seed}
    (folder / "case.json").write_text(json.dumps(said), "utf-8")


def _call_of(name: str) -> str:
    """Text of the function that calls a peer: a change to another's leaves its answers as good."""
    text = _SCRIPT.read_text("utf-8")
    called = next(
        node
        for node in ast.parse(text).body
        if isinstance(node, ast.FunctionDef) and node.name == name
    )
    return ast.get_source_segment(text, called) or ""


def _fingerprint(case: ImputationCase, name: str) -> str:
    """Of everything that an answer hangs on: the case, and how its peer is called."""
    digest = hashlib.sha256(f"{name} {case.seed} {case.hidden}".encode())
    digest.update(_call_of(name).encode())
    known = case.reference.table.X
    for part in (case.counts.data, case.counts.indices, known.data, case.reference.codes):
        digest.update(np.ascontiguousarray(part).tobytes())
    return digest.hexdigest()[:16]
