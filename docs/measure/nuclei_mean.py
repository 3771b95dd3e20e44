"""Print how good the mean of two rounds' weights is where choices are made, and write the mean.

    python docs/measure/nuclei_mean.py DATA ONE OTHER OUT

ONE and OTHER are models for H&E (the weights' files), OTHER learned on from ONE, or both from the
same. Between two such networks the loss is often lower than at either. For shares of OTHER from 0
to 1: the loss of 128 crops of the two tiles that neither learned from, drawn as in training, and F1
and AJI of these tiles, looked at once and in mirror images, in float32. OUT becomes the folder of a
model with the mean of both, its largest values and its calibration as ``spotscope train nuclei``
finds them.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import torch

from spotscope.evaluation import nuclei_cases
from spotscope.methods.segmentation import SegmentationParams
from spotscope.methods.segmentation.stardist import in_precision
from spotscope.methods.segmentation.stardist._learn import Learned, write_model
from spotscope.methods.segmentation.stardist._losses import star_loss
from spotscope.methods.segmentation.stardist._own import read_own, read_own_config
from spotscope.methods.segmentation.stardist._samples import Annotated, Sampler
from spotscope.methods.segmentation.stardist._train import collate, new_network
from spotscope.model import run
from spotscope.pipeline.segmentation._tiles import candidates_of, score_tile
from spotscope.pipeline.segmentation._train_nuclei import _calibrated, _kept_tops

if TYPE_CHECKING:
    from collections.abc import Sequence

    from spotscope.evaluation import NucleiCase
    from spotscope.methods.segmentation.stardist._config import NetworkConfig

#: What neither round learned from; zooms and change of stain as in both.
_BESIDE = ("TCGA-B0-5710-01Z-00-DX1", "08")
_ZOOMS, _STAIN, _CROP, _MPP = (0.65, 0.8, 0.9, 1, 1.12, 1.28, 1.5), 1.3, 192, 0.5
_SHARES = (0.0, 0.25, 0.5, 0.75, 1.0)
_BATCHES, _BATCH, _SEED = 16, 8, 31
_HEAD = (
    "| share of the other | loss | F1 at 0.5 | AJI | F1, mirrors | AJI, mirrors |\n"
    "|---|---|---|---|---|---|\n"
)


def main(data: Path, one: Path, other: Path, out: Path) -> None:
    """Print the table, and write the mean."""
    cases = [case for case in nuclei_cases(data, None, "he") if case.part != "reporting"]
    beside = [case for case in cases if case.name in _BESIDE]
    config, pair = read_own_config(one), [read_own(path)[1] for path in (one, other)]
    loss = _loss_on(beside, config)
    sys.stdout.write(_HEAD)
    for share in _SHARES:
        mean = _between(*pair, share)
        write_model(out, Learned(config, mean), (1.0, 0.0), {"mpp": _MPP})
        with in_precision("float32"):
            scores = [_scores(beside, out, flips) for flips in ("never", "always")]
        told = " | ".join(f"{f1:.4f} | {aji:.4f}" for f1, aji in scores)
        sys.stdout.write(f"| {share:g} | {loss(mean):.4f} | {told} |\n")
    learned, facts = Learned(config, _between(*pair, 0.5)), {"mpp": _MPP}
    params = SegmentationParams(model=str(out), model_mpp=_MPP)
    write_model(out, learned, (1.0, 0.0), facts)
    others: Any = [case for case in cases if case.name not in _BESIDE]
    tops = run(_kept_tops(others, beside, params, learned, facts))
    write_model(out, learned, run(_calibrated(beside, params, "cpu")), facts, tops)
    sys.stdout.write(f"\nthe mean: {out}; eight bits {'do' if tops else 'lose too much'}\n")


def _between(one: dict[str, Any], other: dict[str, Any], share: float) -> dict[str, Any]:
    return {
        name: (1 - share) * np.asarray(one[name], np.float32)
        + share * np.asarray(other[name], np.float32)
        for name in one
    }


def _loss_on(beside: Sequence[NucleiCase], config: NetworkConfig) -> Any:
    images = [Annotated(case.image, case.labels, case.mpp) for case in beside]
    sampler = Sampler(images, config, _MPP, _CROP, zooms=_ZOOMS, stain=_STAIN)
    rngs = [np.random.default_rng([_SEED, n, 1]) for n in range(_BATCHES)]
    batches = [collate([sampler.draw(rng) for _ in range(_BATCH)]) for rng in rngs]
    network = new_network(config, 0).eval()

    def loss(weights: dict[str, Any]) -> float:
        network.load_state_dict({k: torch.from_numpy(v) for k, v in weights.items()})
        with torch.no_grad():
            found = [(network(image), prob, dist) for image, prob, dist in batches]
            return float(np.mean([float(star_loss(*f[:2], p, d)) for f, p, d in found]))

    return loss


def _scores(cases: Sequence[NucleiCase], model: Path, flips: str) -> tuple[float, float]:
    chosen = {"model": str(model), "model_mpp": _MPP, "flips": flips}
    params = SegmentationParams.model_validate(chosen)
    found = [
        score_tile(run(candidates_of(case.image, case.mpp, params)), case.labels, case.mpp, params)
        for case in cases
    ]
    return float(np.mean([one.f1 for one in found])), float(np.mean([one.aji for one in found]))


if __name__ == "__main__":
    main(*map(Path, sys.argv[1:5]))
