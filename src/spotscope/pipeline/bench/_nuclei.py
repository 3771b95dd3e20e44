"""The nuclei benchmark: the networks that ship beside the watershed, on patients held back."""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from spotscope.evaluation import LabelScore, nuclei_cases
from spotscope.methods import segmentation
from spotscope.methods.segmentation import SegmentationParams
from spotscope.methods.segmentation.stardist import in_precision, load_model, precisions
from spotscope.model import Progress, run
from spotscope.pipeline.segmentation._tiles import candidates_of, score_tile

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from pathlib import Path

    from spotscope.evaluation import NucleiCase
    from spotscope.methods.segmentation.stardist import Precision
    from spotscope.model import Task

__all__ = [
    "NUMBERS",
    "NucleiRow",
    "bench_nuclei",
    "bench_ways",
    "nuclei_table",
    "speed_tile",
    "ways_table",
]

_TITLES = {"he": "H&E", "fluo": "fluorescence"}
_SPEED_PX = 512


@dataclass(frozen=True, slots=True)
class NucleiRow:
    """One method on one tile."""

    stain: str
    organ: str
    tile: str
    model: str
    score: LabelScore


def bench_nuclei(
    cases: Iterable[NucleiCase], models: Sequence[str] = (), device: str = "cpu"
) -> Task[list[NucleiRow]]:
    """Score every method on every tile, at the default parameters.

    Parameters
    ----------
    cases
        Read one at a time.
    models
        Names or paths; by default the network that ships for the tile's stain. The watershed comes
        on top.
    device
        Where networks compute.
    """
    rows = []
    for case in cases:
        yield Progress(f"{_TITLES[case.stain]}, {case.name}", 0, 1)
        for model in (*(models or (case.stain,)), segmentation.WATERSHED):
            params = SegmentationParams(model=model)
            found = yield from candidates_of(case.image, case.mpp, params, device)
            score = score_tile(found, case.labels, case.mpp, params)
            rows.append(NucleiRow(case.stain, case.organ, case.name, model, score))
    return rows


#: What a network may compute in, as tables call it.
NUMBERS: dict[Precision, str] = {
    "int8": "eight bits",
    "bfloat16": "bfloat16",
    "float32": "float32",
}


#: How far from the rim a nucleus, and most of what the network sees of it, lies on the tile.
RIM_UM = 16.0
AWAY = f"the same, nuclei {RIM_UM:g} µm and more from the tile's rim"


def bench_ways(
    cases: Iterable[NucleiCase], models: Sequence[str] = (), device: str = "cpu"
) -> Task[list[NucleiRow]]:
    """Score the networks on every tile in every kind of number, and with mirror images.

    Returns
    -------
    Rows whose ``model`` is the way it was run. Eight bits are left out where they are not used;
    mirror images are looked at in the kind of number that is used, and once more without the
    nuclei at the tile's rim, of which a slide has none.
    """
    rows = []
    for case in cases:
        model = models[0] if models else case.stain
        used = precisions(load_model(model, device).network)[0]
        ways = [(name, kind, "never") for kind, name in NUMBERS.items()]
        ways = [way for way in ways if way[1] != "int8" or used == "int8"]
        ways.append((f"{NUMBERS[used]}, mirror images too", used, "always"))
        for way, kind, flips in ways:
            yield Progress(f"{_TITLES[case.stain]}, {case.name}, {way}", 0, 1)
            params = SegmentationParams(model=model, flips=flips)
            with in_precision(kind):
                found = run(candidates_of(case.image, case.mpp, params, device))
            score = score_tile(found, case.labels, case.mpp, params)
            rows.append(NucleiRow(case.stain, case.organ, case.name, way, score))
        score = score_tile(found, case.labels, case.mpp, params, RIM_UM)
        rows.append(NucleiRow(case.stain, case.organ, case.name, AWAY, score))
    return rows


def ways_table(rows: Sequence[NucleiRow]) -> str:
    """Means over tiles, by stain and way, in Markdown."""
    said = ["| stain | way | F1 at 0.5 | F1 at 0.7 | AJI | PQ |", "|---|---|---|---|---|---|"]
    for stain, group in itertools.groupby(rows, key=lambda row: row.stain):
        of_stain = list(group)
        for way in dict.fromkeys(row.model for row in of_stain):
            values = [row.score.values for row in of_stain if row.model == way]
            means = " | ".join(f"{value:.4f}" for value in np.mean(values, axis=0))
            said.append(f"| {_TITLES[stain]} | {way} | {means} |")
    return "\n".join(said) + "\n"


def nuclei_table(rows: Sequence[NucleiRow]) -> str:
    """Tables in Markdown: every tile, then the means over tiles."""
    said = []
    for stain, group in itertools.groupby(rows, key=lambda row: row.stain):
        of_stain = list(group)
        models = list(dict.fromkeys(row.model for row in of_stain))
        said.append(f"### {_TITLES[stain]}\n")
        said.append("| tile | organ | drawn | " + " | ".join(_heads(models)) + " |")
        said.append("|---" * (3 + 4 * len(models)) + "|")
        for tile, found in itertools.groupby(of_stain, key=lambda row: row.tile):
            scores = {row.model: row for row in found}
            first = next(iter(scores.values()))
            figures = [_figures(scores[model].score.values) for model in models]
            said.append(
                f"| {tile} | {first.organ} | {first.score.n_true} | {' | '.join(figures)} |"
            )
        said.append(f"| **mean** | | | {' | '.join(_means(of_stain, models))} |\n")
    return "\n".join(said)


def _heads(models: Sequence[str]) -> list[str]:
    return [f"`{model}` F1 at 0.5 | F1 at 0.7 | AJI | PQ" for model in models]


def _means(rows: Sequence[NucleiRow], models: Sequence[str]) -> list[str]:
    return [
        _figures(np.mean([row.score.values for row in rows if row.model == model], axis=0), "**")
        for model in models
    ]


def _figures(values: Sequence[float], mark: str = "") -> str:
    return " | ".join(f"{mark}{value:.3f}{mark}" for value in values)


def speed_tile(data: Path) -> np.ndarray:
    """(512, 512, 3) a normalised tile of H&E, cut from the first that is held back."""
    case = next(nuclei_cases(data, "reporting", "he"))
    tile = case.image[:_SPEED_PX, :_SPEED_PX].astype(np.float32)
    low, high = np.percentile(tile, [1.0, 99.8])
    return np.asarray((tile - low) / (high - low), np.float32)
