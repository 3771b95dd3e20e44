"""Tangram, asked what the cells of spots express; in a process of its own.

It maps reference cells upon spots, p(cell, spot). Of a spot's cell of type k it then says the mean
of the reference's cells of that type by p: it is told the types, as ours are. Both are taken as it
leaves them; see ``_expression_peer_script``.
"""

from __future__ import annotations

import hashlib
import json
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from spotscope.evaluation import ExpressionAnswer
from spotscope.model import GeneSpace
from spotscope.pipeline.bench._imputation_peers import run_script

if TYPE_CHECKING:
    import numpy.typing as npt

    from spotscope.evaluation import ExpressionCase
    from spotscope.model import Task
    from spotscope.pipeline.bench._typing_peers import PeerRun

__all__ = ["ask_tangram"]

_SCRIPT = Path(__file__).with_name("_expression_peer_script.py")
_TITLE = "Tangram"


def ask_tangram(
    case: ExpressionCase, codes: npt.NDArray[np.int64], how: PeerRun
) -> Task[tuple[ExpressionAnswer | None, str]]:
    """Expected counts of every cell, or why there are none.

    Parameters
    ----------
    case
        What is asked.
    codes
        (cell,) types it is told.
    how
        Interpreter, limit, and where answers are kept.
    """
    space = GeneSpace.shared(case.spots.table, case.reference.table)
    kept = how.keep and how.keep / f"express-tangram-{_mark(case, codes)}.npz"
    if kept and kept.is_file():
        found = np.load(kept)
        seconds = float(found["seconds"])
        return ExpressionAnswer(_TITLE, space.genes, found["mean"], seconds=seconds), ""
    with tempfile.TemporaryDirectory(prefix="spotscope-peer-") as made:
        folder = Path(made)
        _write(case, codes, space, folder)
        seconds, problem = yield from run_script(_TITLE, [str(_SCRIPT), str(folder)], folder, how)
        if problem:
            return None, problem
        mean = np.load(folder / "answer.npy")
    if kept:
        kept.parent.mkdir(parents=True, exist_ok=True)
        np.savez_compressed(kept, mean=mean.astype(np.float32), seconds=seconds)
    return ExpressionAnswer(_TITLE, space.genes, mean, seconds=seconds), ""


def _write(
    case: ExpressionCase, codes: npt.NDArray[np.int64], space: GeneSpace, folder: Path
) -> None:
    """Raw counts on shared genes, and which cell of which type lies in which spot."""
    import pandas as pd
    from anndata import AnnData

    known = case.reference
    var = pd.DataFrame(index=[f"g{i}" for i in range(space.n)])
    spots = AnnData((case.spots.counts @ space.left).tocsr().astype(np.float32), var=var)
    spots.obsm["spatial"] = case.spots.yx_um[:, ::-1].copy()
    cells = AnnData((known.table.X @ space.right).tocsr().astype(np.float32), var=var.copy())
    cells.obs["code"] = known.codes.astype(int)
    spots.write_h5ad(folder / "spots.h5ad")
    cells.write_h5ad(folder / "reference.h5ad")
    said = {
        "owner": case.membership.owner.tolist(),
        "codes": codes.tolist(),
        "seed": case.seed,
    }
    (folder / "case.json").write_text(json.dumps(said), "utf-8")


def _mark(case: ExpressionCase, codes: npt.NDArray[np.int64]) -> str:
    digest = hashlib.sha256(f"{case.seed}".encode())
    digest.update(_SCRIPT.read_bytes())
    counts, known = case.spots.counts, case.reference
    for part in (counts.data, counts.indices, known.table.X.data, known.codes, codes):
        digest.update(np.ascontiguousarray(part).tobytes())
    return digest.hexdigest()[:16]
