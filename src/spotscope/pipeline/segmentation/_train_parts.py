"""Tiles of several folders, parted by patient: learned from, calibrated on, scored on."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from spotscope import io
from spotscope.model import ParamsError, ReadError, check_mpp

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from spotscope.io import AnnotatedTile
    from spotscope.model import Task

__all__ = ["NucleiTraining", "part_patients", "parted", "read_tiles"]

#: A patient each to calibrate and to score on need two to learn from.
_FEWEST = 4


@dataclass(frozen=True, slots=True)
class NucleiTraining:
    """What is trained on what.

    Parameters
    ----------
    sources
        Pairs of folders, images and labels, with files of the same names.
    out
        Where the model goes, and the state of the training until then.
    mpp
        µm per pixel; wins over what the files say.
    mpp_of
        (regular expression, µm per pixel) of tiles whose names match; wins over ``mpp``.
    patient
        Regular expression: the part of a name that names the patient; the whole name where it does
        not occur.
    held_back
        Share of the patients that are not learned from: half of them to calibrate, half to score.
    calibrate_on, score_on
        Regular expressions of names: these tiles are held back, in place of a draw.
    licence
        Of the weights, for the model card.
    """

    sources: tuple[tuple[Path, Path], ...]
    out: Path
    mpp: float | None = None
    mpp_of: tuple[tuple[str, float], ...] = ()
    patient: str = ".*"
    held_back: float = 0.3
    calibrate_on: str = ""
    score_on: str = ""
    licence: str = "that of the images and labels it learned from"


def read_tiles(job: NucleiTraining) -> Task[list[AnnotatedTile]]:
    """Read all tiles, source by source.

    Raises
    ------
    ReadError
        If they cannot be read, or two have one name.
    ParamsError
        If an expression of ``mpp_of`` is none, or no name matches it.
    """
    tiles: list[AnnotatedTile] = []
    for images, labels in job.sources:
        more = yield from io.read_annotated(images, labels, job.mpp)
        twice = {tile.name for tile in tiles} & {tile.name for tile in more}
        if twice:
            raise ReadError(
                f"Expected tiles of different names, found {min(twice)!r} in two folders; rename "
                "the files of one."
            )
        tiles += more
    names = [tile.name for tile in tiles]
    for pattern, mpp in job.mpp_of:
        there = _matching(names, pattern, "a pixel size of their own")
        size = check_mpp(mpp, pattern)
        tiles = [replace(tile, mpp=size) if tile.name in there else tile for tile in tiles]
    return tiles


def parted(names: Sequence[str], job: NucleiTraining, seed: int) -> dict[str, tuple[str, ...]]:
    """Part tiles into ``training``, ``development`` and ``reporting``, as named or by a draw.

    Raises
    ------
    ParamsError
        If an expression is none or fits no name, or a patient would be in two parts.
    """
    if not (job.calibrate_on or job.score_on):
        return part_patients(names, job.patient, job.held_back, seed)
    held = {
        part: _matching(names, pattern, f"tiles to {verb} on") if pattern else set[str]()
        for part, pattern, verb in (
            ("development", job.calibrate_on, "calibrate"),
            ("reporting", job.score_on, "score"),
        )
    }
    parts = {"training": set(names) - held["development"] - held["reporting"], **held}
    _check_whole(parts, _patients(names, job.patient))
    return {part: tuple(name for name in names if name in of) for part, of in parts.items()}


def _check_whole(parts: Mapping[str, set[str]], who: Mapping[str, str]) -> None:
    """See that every patient is in one part."""
    words = {"training": "learn from", "development": "calibrate on", "reporting": "score on"}
    place: dict[str, str] = {}
    for part, names in parts.items():
        for name in sorted(names):
            before = place.setdefault(who[name], part)
            if before != part:
                raise ParamsError(
                    f"Expected every patient in one part, found {who[name]!r} among those to "
                    f"{words[before]} and those to {words[part]} ({name!r}); change --calibrate-on "
                    "or --score-on."
                )
    if not parts["training"]:
        raise ParamsError(
            "Expected tiles to learn from, found all of them held back; change --calibrate-on or "
            "--score-on."
        )


def _matching(names: Sequence[str], pattern: str, what: str) -> set[str]:
    expression = _compiled(pattern, what)
    found = {name for name in names if expression.search(name)}
    if not found:
        raise ParamsError(
            f"Expected {what}, found no name that matches {pattern!r} among {len(names)} such as "
            f"{names[0]!r}; change the expression."
        )
    return found


def _compiled(pattern: str, what: str) -> re.Pattern[str]:
    try:
        return re.compile(pattern)
    except re.error as err:
        raise ParamsError(
            f"Expected a regular expression for {what}, found {pattern!r} ({err}); name the part "
            "of a file name that tells them, such as 'TCGA-..-....'."
        ) from err


def _patients(names: Sequence[str], patient: str) -> dict[str, str]:
    expression = _compiled(patient, "the patient")
    return {name: found[0] if (found := expression.search(name)) else name for name in names}


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
    who = _patients(names, patient)
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
