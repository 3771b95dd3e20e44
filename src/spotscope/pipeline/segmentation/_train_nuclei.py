"""A network for nuclei: patients parted, the network trained, calibrated, scored, described."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from spotscope import io
from spotscope.methods import segmentation
from spotscope.methods.segmentation import SegmentationParams
from spotscope.methods.segmentation.stardist import NetworkParams, learn, write_model
from spotscope.model import ParamsError, Progress
from spotscope.pipeline._fingerprint import of_text
from spotscope.pipeline.segmentation._eight_bits import loses_little, measured_tops
from spotscope.pipeline.segmentation._model_card import TileRow, model_card
from spotscope.pipeline.segmentation._tiles import candidates_of, chances_of, score_tile
from spotscope.pipeline.segmentation._train_parts import parted, read_tiles

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from spotscope.evaluation import LabelScore
    from spotscope.io import AnnotatedTile
    from spotscope.methods.segmentation.stardist import Learned
    from spotscope.methods.segmentation.stardist._samples import Annotated
    from spotscope.methods.segmentation.stardist._tops import Tops
    from spotscope.model import StarConvex, Task
    from spotscope.pipeline.segmentation._train_parts import NucleiTraining
    from spotscope.training import TrainParams

__all__ = ["train_nuclei_model"]

_STATE, _SETTINGS, CARD = "training", "settings.json", "MODEL_CARD.md"


def train_nuclei_model(
    job: NucleiTraining,
    shape: NetworkParams,
    params: TrainParams,
    *,
    seed: int = 0,
    device: str = "cpu",
) -> Task[Mapping[str, LabelScore]]:
    """Train a network, calibrate it on one part of the held-back patients, score it on the other.

    What is done is kept in ``out``: the same call goes on after an interruption.

    Returns
    -------
    The score of every tile of the reporting patients.

    Raises
    ------
    ReadError, MethodError, ParamsError
        If the images cannot be read or learned from, or ``out`` holds another training.
    """
    tiles = yield from read_tiles(job)
    parts = parted([tile.name for tile in tiles], job, seed)
    _check_same(job, shape, tiles, parts, seed)
    learned = yield from learn(
        _examples(tiles, parts["training"]),
        shape,
        params,
        validation=_examples(tiles, parts["development"]),
        folder=job.out / _STATE,
        seed=seed,
        device=device,
    )
    facts: dict[str, Any] = {
        "mpp": shape.model_mpp,
        "steps": params.steps,
        "start": shape.start,
        "held_back": sorted(parts["reporting"]),
        "calibrated_on": sorted(parts["development"]),
        "licence": job.licence,
        "network": shape.model_dump(),
        "training": params.model_dump(),
        "seed": seed,
        "validation": [list(one) for one in learned.validation],
    }
    chosen = SegmentationParams(model=str(job.out), model_mpp=shape.model_mpp)
    write_model(job.out, learned, (1.0, 0.0), facts)
    beside = _only(tiles, parts["development"])
    tops = yield from _kept_tops(_only(tiles, parts["training"]), beside, chosen, learned, facts)
    curve = yield from _calibrated(beside, chosen, device)
    write_model(job.out, learned, curve, facts, tops)
    rows = yield from _scored(_only(tiles, parts["reporting"]), chosen, device)
    _describe(job, shape, params, learned, parts, rows)
    return {row.name: row.network for row in rows}


def _examples(tiles: Sequence[AnnotatedTile], names: Sequence[str]) -> list[Annotated]:
    from spotscope.methods.segmentation.stardist._samples import Annotated

    return [Annotated(tile.image, tile.labels, tile.mpp) for tile in _only(tiles, names)]


def _only(tiles: Sequence[AnnotatedTile], names: Sequence[str]) -> list[AnnotatedTile]:
    return [tile for tile in tiles if tile.name in names]


def _check_same(
    job: NucleiTraining,
    shape: NetworkParams,
    tiles: Sequence[AnnotatedTile],
    parts: Mapping[str, Sequence[str]],
    seed: int,
) -> None:
    """See that an earlier training in this folder was the same, or remember this one."""
    sums = [
        f"{t.name}:{t.mpp}:{t.image.shape}:{int(t.image.sum())}:{t.labels.max()}" for t in tiles
    ]
    mine = {"tiles": of_text("\n".join(sums)), "shape": shape.model_dump(), "seed": seed, **parts}
    text = json.dumps(mine, indent=2, sort_keys=True)
    path = job.out / _STATE / _SETTINGS
    if path.is_file():
        if path.read_text(encoding="utf-8") != text:
            raise ParamsError(
                f"Expected to go on with the training in {job.out}, found other images, patients "
                "or settings; give another --out, or remove that folder."
            )
        return
    with io.staged(path) as part:
        part.write_text(text, encoding="utf-8")


def _kept_tops(
    tiles: Sequence[AnnotatedTile],
    beside: Sequence[AnnotatedTile],
    params: SegmentationParams,
    learned: Learned,
    facts: Mapping[str, Any],
) -> Task[Tops]:
    """Largest values by layer, where eight bits do as well; the model that is written has them."""
    at = Progress("looking whether eight bits do", 0, 1)
    tops = yield from measured_tops(tiles, params, at)
    folder = Path(params.model)
    write_model(folder, learned, (1.0, 0.0), facts, tops)
    if (yield from loses_little(beside, params, at)):
        return tops
    write_model(folder, learned, (1.0, 0.0), facts)
    return {}


def _calibrated(
    tiles: Sequence[AnnotatedTile], params: SegmentationParams, device: str
) -> Task[tuple[float, float]]:
    from spotscope.methods.segmentation.stardist._calibrate import fit_calibration

    chances, hits = [np.zeros(0, np.float32)], [np.zeros(0, bool)]
    for done, tile in enumerate(tiles):
        at = Progress("calibrating", done, len(tiles))
        found = yield from _at(at, candidates_of(tile.image, tile.mpp, params, device))
        chance, hit = chances_of(found, tile.labels, tile.mpp, params)
        chances.append(chance)
        hits.append(hit)
    return fit_calibration(np.concatenate(chances), np.concatenate(hits))


def _at(progress: Progress, task: Task[StarConvex]) -> Task[StarConvex]:
    """Do a part of something larger: only how far that has come is told."""
    while True:
        yield progress
        try:
            next(task)
        except StopIteration as stop:
            found: StarConvex = stop.value
            return found


def _scored(
    tiles: Sequence[AnnotatedTile], params: SegmentationParams, device: str
) -> Task[list[TileRow]]:
    floor = params.model_copy(update={"model": segmentation.WATERSHED})
    rows = []
    for done, tile in enumerate(tiles):
        at = Progress("scoring", done, len(tiles))
        scores = []
        for chosen in (params, floor):
            found = yield from _at(at, candidates_of(tile.image, tile.mpp, chosen, device))
            scores.append(score_tile(found, tile.labels, tile.mpp, chosen))
        rows.append(TileRow(tile.name, *scores))
    return rows


def _describe(
    job: NucleiTraining,
    shape: NetworkParams,
    params: TrainParams,
    learned: Learned,
    parts: Mapping[str, Sequence[str]],
    rows: Sequence[TileRow],
) -> None:
    text = model_card(job.out.name, job.licence, learned, shape, params, parts, rows)
    with io.staged(job.out / CARD) as part:
        part.write_text(text, encoding="utf-8")
