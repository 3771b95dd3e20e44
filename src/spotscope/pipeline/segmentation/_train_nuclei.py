"""A network for nuclei: patients parted, the network trained, calibrated, scored, described."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from spotscope import io
from spotscope.methods import segmentation
from spotscope.methods.segmentation import SegmentationParams
from spotscope.methods.segmentation.stardist import NetworkParams, learn, write_model
from spotscope.model import ParamsError, Progress
from spotscope.pipeline._fingerprint import of_text
from spotscope.pipeline.expression._model_card import TileRow, model_card
from spotscope.pipeline.segmentation._tiles import candidates_of, chances_of, score_tile

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from spotscope.evaluation import LabelScore
    from spotscope.io import AnnotatedTile
    from spotscope.methods.segmentation.stardist import Learned
    from spotscope.model import Task
    from spotscope.training import TrainParams

__all__ = ["NucleiTraining", "part_patients", "train_nuclei_model"]

_STATE, _SETTINGS, CARD = "training", "settings.json", "MODEL_CARD.md"
#: A patient each to calibrate and to score on need two to learn from.
_FEWEST = 4


@dataclass(frozen=True, slots=True)
class NucleiTraining:
    """What is trained on what.

    Parameters
    ----------
    images, labels
        Folders with files of the same names.
    out
        Where the model goes, and the state of the training until then.
    mpp
        µm per pixel; wins over what the files say.
    patient
        Regular expression: the part of a name that names the patient; the whole name where it does
        not occur.
    held_back
        Share of the patients that are not learned from: half of them to calibrate, half to score.
    licence
        Of the weights, for the model card.
    """

    images: Path
    labels: Path
    out: Path
    mpp: float | None = None
    patient: str = ".*"
    held_back: float = 0.3
    licence: str = "that of the images and labels it learned from"


def part_patients(
    names: Sequence[str], patient: str, held_back: float, seed: int
) -> dict[str, tuple[str, ...]]:
    """Part tiles by patient into ``training``, ``development`` and ``reporting``.

    Parameters
    ----------
    names
        Of the tiles.
    patient
        Regular expression of what names a patient.
    held_back
        Share of the patients for the last two parts together, at least one each; none where there
        are fewer than four patients.
    seed
        Of the draw.

    Raises
    ------
    ParamsError
        If the expression is none.
    """
    try:
        who = {name: found[0] if (found := re.search(patient, name)) else name for name in names}
    except re.error as err:
        raise ParamsError(
            f"Expected a regular expression for the patient, found {patient!r} ({err}); "
            "name the part of a file name that tells the patient, such as 'TCGA-..-....'."
        ) from err
    patients = sorted(set(who.values()))
    each = max(1, round(len(patients) * held_back / 2))
    if len(patients) < _FEWEST or held_back <= 0:
        each = 0
    drawn = np.random.default_rng(seed).permutation(patients).tolist()
    groups = {
        "development": drawn[:each],
        "reporting": drawn[each : 2 * each],
        "training": drawn[2 * each :],
    }
    return {
        part: tuple(name for name in names if who[name] in members)
        for part, members in groups.items()
    }


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
    tiles = yield from io.read_annotated(job.images, job.labels, job.mpp)
    parts = part_patients([tile.name for tile in tiles], job.patient, job.held_back, seed)
    _check_same(job, shape, tiles, parts, seed)
    from spotscope.methods.segmentation.stardist._samples import Annotated

    examples = [
        Annotated(tile.image, tile.labels, tile.mpp)
        for tile in tiles
        if tile.name in parts["training"]
    ]
    folder = job.out / _STATE
    learned = yield from learn(examples, shape, params, folder=folder, seed=seed, device=device)
    facts: dict[str, Any] = {
        "mpp": shape.model_mpp,
        "steps": params.steps,
        "start": shape.start,
        "held_back": sorted(parts["development"] + parts["reporting"]),
        "licence": job.licence,
    }
    chosen = SegmentationParams(model=str(job.out), model_mpp=shape.model_mpp)
    write_model(job.out, learned, (1.0, 0.0), facts)
    curve = yield from _calibrated(_only(tiles, parts["development"]), chosen, device)
    write_model(job.out, learned, curve, facts)
    rows = yield from _scored(_only(tiles, parts["reporting"]), chosen, device)
    _describe(job, shape, params, learned, parts, rows)
    return {row.name: row.network for row in rows}


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


def _calibrated(
    tiles: Sequence[AnnotatedTile], params: SegmentationParams, device: str
) -> Task[tuple[float, float]]:
    from spotscope.methods.segmentation.stardist._calibrate import fit_calibration

    chances, hits = [np.zeros(0, np.float32)], [np.zeros(0, bool)]
    for done, tile in enumerate(tiles):
        yield Progress("calibrating", done, len(tiles))
        found = yield from candidates_of(tile.image, tile.mpp, params, device)
        chance, hit = chances_of(found, tile.labels, tile.mpp, params)
        chances.append(chance)
        hits.append(hit)
    return fit_calibration(np.concatenate(chances), np.concatenate(hits))


def _scored(
    tiles: Sequence[AnnotatedTile], params: SegmentationParams, device: str
) -> Task[list[TileRow]]:
    floor = params.model_copy(update={"model": segmentation.WATERSHED})
    rows = []
    for done, tile in enumerate(tiles):
        yield Progress("scoring", done, len(tiles))
        scores = []
        for chosen in (params, floor):
            found = yield from candidates_of(tile.image, tile.mpp, chosen, device)
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
    text = model_card(job.out.name, job.licence, learned.config, shape, params, parts, rows)
    with io.staged(job.out / CARD) as part:
        part.write_text(text, encoding="utf-8")
