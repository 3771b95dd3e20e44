"""Spots upon the image: how far they are off, and moving them.

Nuclei belong to the image and stay; what was told from spots and nuclei together no longer holds
once spots have moved, so types and expression are left behind, as after another segmentation.
"""

from __future__ import annotations

import time
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from spotscope import io
from spotscope.methods import alignment
from spotscope.methods.alignment import DensityMap, ShiftFound
from spotscope.model import (
    MethodError,
    Progress,
    RunRecord,
    Sample,
    Session,
    SpotKey,
    Spots,
    Transform,
    optical_density,
    run,
    versions,
)
from spotscope.pipeline._given import transform_from
from spotscope.pipeline.segmentation._cells import forget_types

if TYPE_CHECKING:
    from collections.abc import Callable

    from spotscope.model import Slide, Task

    OnProgress = Callable[[Progress], None] | None

__all__ = ["align", "align_step", "lie_as", "measure_alignment", "move_sample"]

STEP = "align"
#: µm of a pixel in which density is told; a spot is ten of them wide.
_PIXEL_UM = 5.0
#: Rows of such pixels that are read at once.
_ROWS = 32


def measure_alignment(session: Session, *, seed: int = 0) -> Task[ShiftFound]:
    """Tell from counts and image how far the spots are off; nothing is moved.

    Parameters
    ----------
    session
        With slide and spots; nuclei, where there are any, are looked at too.
    seed
        Of the bootstrap.

    Raises
    ------
    MethodError
        If there is no slide or no spots, or too few of them.
    """
    slide, spots = _both(session.sample)
    alignment.check_spots(spots.n)
    lattice = spots.lattice
    raw = yield from _density(slide, spots)
    if session.nuclei is not None and session.nuclei.n:
        raw = _with_nuclei(raw, session.nuclei.yx_um)
    yield Progress("measuring the alignment", 1, 2)
    image = alignment.disc_means(raw, lattice.diameter_um)
    used = np.ones(spots.n, bool)
    if SpotKey.OUTSIDE_REGION in spots.table.obs:
        used = ~spots.flagged(SpotKey.OUTSIDE_REGION)
    found = alignment.estimate_shift(
        spots.umis[used], spots.yx_um[used], lattice.pitch_um, image, rng=seed
    )
    yield Progress("measuring the alignment", 2, 2)
    return found


def move_sample(sample: Sample, transform: Transform) -> Sample:
    """The sample with its spots moved upon the image; flags and problems are told anew."""
    from anndata import AnnData

    assert sample.spots is not None
    old = sample.spots.table
    obsm = {key: old.obsm[key] for key in old.obsm}
    table = AnnData(old.X, obs=old.obs.copy(), var=old.var, uns=dict(old.uns), obsm=obsm)
    spots = Spots(table, transform(sample.spots.yx_um), sample.spots.lattice)
    problems = sample.problems
    if sample.slide is not None:
        spots = io.flag_spots(spots, sample.slide)
        problems = tuple(io.check_alignment(spots, sample.slide))
    total = transform if sample.alignment is None else sample.alignment.then(transform)
    return replace(
        sample,
        spots=spots,
        problems=problems,
        alignment=None if total.is_identity else total,
        identity=object(),  # they lie elsewhere: what was drawn of them is drawn anew
    )


def align_step(
    session: Session, transform: Transform | None = None, *, seed: int = 0
) -> Task[Session]:
    """Move the spots, and leave behind what was told from where they were.

    Parameters
    ----------
    session
        With spots.
    transform
        By which they are moved from where they are now; None: back by the shift that is measured.
    seed
        Of the bootstrap that says how sure the shift is.

    Raises
    ------
    MethodError
        If there is nothing to move, or the counts do not tell a shift that was asked for.
    """
    started = time.perf_counter()
    figures: dict[str, Any] = {}
    how = "given"
    if transform is None:
        found = yield from measure_alignment(session, seed=seed)
        if not found.tells:
            raise MethodError(
                f"Expected a shift to be told from the counts, found that {alignment.CANNOT_TELL}; "
                "give one (--shift=DOWN,RIGHT in µm), or landmarks."
            )
        figures["measured"] = as_figures(found)
        how = "measured"
        down, right = found.yx_um
        transform = Transform.shift(-down, -right) if found.is_off else Transform()
    if session.sample.spots is None:
        raise MethodError(
            f"Expected spots to move, found an image alone in {session.sample.name}; open "
            "the spots."
        )
    yield Progress("moving the spots", 0, 1)
    sample = move_sample(session.sample, transform)
    if sample.alignment == session.sample.alignment:
        sample = session.sample  # they lie where they lay: all that was told of them holds
    total = sample.alignment or Transform()
    middle = session.sample.spots.yx_um.mean(axis=0)
    record = RunRecord(
        step=STEP,
        params={"how": how, **total.to_json()},
        seed=seed if how == "measured" else None,
        inputs={},
        versions=versions(),
        seconds=round(time.perf_counter() - started, 3),
        notes=(f"spots moved upon the image: {total.describe(middle)}",)
        if sample.alignment
        else ("spots lie as their files say",),
        references=alignment.REFERENCES if how == "measured" else (),
        figures=figures,
    )
    records = {**session.records, STEP: record}
    if sample is session.sample:
        return replace(session, records=records)
    for later in ("type", "decompose"):
        records.pop(later, None)
    return forget_types(replace(session, sample=sample, cells=None, records=records))


def lie_as(session: Session, other: Session) -> Session:
    """A session with its spots where they lie in another session of the same sample.

    What was told from spots and nuclei together is left behind, as by any move.
    """
    records = {k: v for k, v in session.records.items() if k not in (STEP, "type", "decompose")}
    if STEP in other.records:
        records[STEP] = other.records[STEP]
    return forget_types(replace(session, sample=other.sample, cells=None, records=records))


def align(
    session: Session, transform: Any = "auto", *, seed: int = 0, on_progress: OnProgress = None
) -> Session:
    """Move the spots upon the image.

    Parameters
    ----------
    session
        With spots.
    transform
        ``auto``: back by the shift that is measured; (down, right) in µm; a
        :class:`~spotscope.model.Transform`, its record, JSON text, or a file of one.
    seed
        Of the bootstrap that says how sure a measured shift is.
    on_progress
        Called with every :class:`~spotscope.model.Progress`.

    Raises
    ------
    MethodError, ReadError
        If nothing can be moved or told, or it is no map.
    """
    given = (
        None if isinstance(transform, str) and transform == "auto" else transform_from(transform)
    )
    return run(align_step(session, given, seed=seed), on_progress)


def as_figures(found: ShiftFound) -> dict[str, Any]:
    """What was measured, as JSON."""
    return {
        "down_um": round(found.yx_um[0], 2),
        "right_um": round(found.yx_um[1], 2),
        "radius_um": round(found.radius_um, 2),
        "agreement": round(found.agreement, 4),
        "at_best": round(found.at_best, 4),
        "tells": found.tells,
        "sentence": found.sentence,
    }


def _both(sample: Sample) -> tuple[Slide, Spots]:
    if sample.slide is None or sample.spots is None:
        raise MethodError(
            f"Expected an image and spots to lay upon each other, found one alone in {sample.name};"
            " add the other (--image)."
        )
    return sample.slide, sample.spots


def _density(slide: Slide, spots: Spots) -> Task[DensityMap]:
    """(feature, y, x) stain around the spots: of H&E haematoxylin and all stain, else channels."""
    level = slide.level_for(_PIXEL_UM)
    mpp, whole = slide.level_mpp(level), slide.levels[level]
    step = max(1, round(_PIXEL_UM / mpp))
    margin = 2 * spots.lattice.pitch_um
    low = np.maximum((spots.yx_um.min(axis=0) - margin) / mpp, 0).astype(int)
    high = np.minimum((spots.yx_um.max(axis=0) + margin) / mpp, whole.shape[:2]).astype(int)
    size = (high - low) // step
    if (size < 2).any():
        raise MethodError("Expected spots on the image, found them beside it; check the sample.")
    parts = []
    for row in range(0, int(size[0]), _ROWS):
        yield Progress("reading the stain", row, int(size[0]))
        rows = min(_ROWS, int(size[0]) - row)
        y, x = int(low[0]) + row * step, int(low[1])
        part = np.asarray(whole[y : y + rows * step, x : x + int(size[1]) * step])
        planes = _planes(part, slide.is_rgb)
        shape = (len(planes), rows, step, int(size[1]), step)
        parts.append(planes.reshape(shape).mean(axis=(2, 4)))
    first = low + (step - 1) / 2
    return DensityMap(
        np.concatenate(parts, axis=1).astype(np.float32),
        mpp * step,
        (float(first[0] * mpp), float(first[1] * mpp)),
    )


def _planes(part: Any, is_rgb: bool) -> Any:
    if not is_rgb:
        return np.moveaxis(part.astype(np.float32), -1, 0)
    from skimage.color import rgb2hed

    haematoxylin = rgb2hed(part)[..., 0].astype(np.float32)
    return np.stack([haematoxylin, optical_density(part).mean(axis=-1)])


def _with_nuclei(raw: DensityMap, yx_um: Any) -> DensityMap:
    """One more plane: nuclei by their centres."""
    edges = [
        raw.origin_um[axis] + (np.arange(raw.values.shape[axis + 1] + 1) - 0.5) * raw.um_per_px
        for axis in (0, 1)
    ]
    counted, _, _ = np.histogram2d(yx_um[:, 0], yx_um[:, 1], bins=edges)
    return replace(raw, values=np.concatenate([raw.values, counted[None].astype(np.float32)]))
