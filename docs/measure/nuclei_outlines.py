"""Print what asking the pixels of a nucleus around does for outlines, where choices are made.

    python docs/measure/nuclei_outlines.py DATA

One row for every share that has to agree (`methods/segmentation/stardist/_agreed.py`), 0 being the
outline that the most probable pixel says; of ``he`` and of ``fluo``, with mirror images and
without. The tiles of the benchmark's table are never looked at.
"""

from __future__ import annotations

import argparse
import json
import shutil
import tempfile
from pathlib import Path

import numpy as np

import spotscope.methods.segmentation.stardist as home
from spotscope.evaluation import nuclei_cases
from spotscope.methods.segmentation import SegmentationParams
from spotscope.model import run
from spotscope.pipeline.segmentation._tiles import candidates_of, score_tile

_SHARES = (0.0, 0.5, 0.6, 0.7, 0.8, 0.9)
_WEIGHTS = Path(home.__file__).parent / "weights"


def copied(model: str, share: float, folder: Path) -> str:
    """Path of a shipped model whose pixels agree by another share."""
    path = folder / f"{model}-{share:g}.safetensors"
    shutil.copy(_WEIGHTS / f"{model}.safetensors", path)
    facts = json.loads((_WEIGHTS / f"{model}.json").read_text("utf-8"))
    path.with_suffix(".json").write_text(json.dumps({**facts, "agreement": share}), "utf-8")
    return str(path)


def main() -> None:
    """Find, score, print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("data", type=Path, help="holds monuseg, gbm40_nuclei, dsb2018_fluo_test")
    data = parser.parse_args().data
    print(
        "| model | mirror images | share | F1 at 0.5 | F1 at 0.7 | AJI | PQ |\n" + "|---" * 7 + "|"
    )
    with tempfile.TemporaryDirectory() as name:
        for stain in ("he", "fluo"):
            cases = list(nuclei_cases(data, "development", stain))
            for flips in ("never", "always"):
                for share in _SHARES:
                    path = copied(stain, share, Path(name))
                    params = SegmentationParams(model=path, flips=flips)
                    scores = []
                    for case in cases:
                        found = run(candidates_of(case.image, case.mpp, params))
                        scores.append(score_tile(found, case.labels, case.mpp, params).values)
                    means = " | ".join(f"{value:.4f}" for value in np.mean(scores, axis=0))
                    print(f"| `{stain}` | {flips} | {share:g} | {means} |", flush=True)


if __name__ == "__main__":
    main()
