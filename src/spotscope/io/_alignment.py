"""Whether the spots lie on the tissue; if not, a scale or a swap of axes that puts them there.

Coordinates of one image laid over another, and x taken for y, are the two ways this goes wrong in
silence. Every explanation (axes as they are or swapped, coordinates times a factor) is scored by
how well the area under the spots and the tissue are one,

    F1 = 2 |S ∩ T| / (|S| + |T|),

with |S| the number of spots times the area there is around one, and |S ∩ T| the share of the
spots that are on tissue, of it. A factor too small leaves tissue uncovered, one too large leaves
spots on glass.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from spotscope.io._tissue import Tissue, find_tissue
from spotscope.model import TURNS, Problem, Turn

if TYPE_CHECKING:
    from spotscope.model import Slide, Spots

__all__ = ["check_alignment"]

_SAMPLE = 2_000
#: Below this share on tissue, or above the other outside the image, a scale is looked for.
_MOSTLY_OFF, _MANY_OUTSIDE = 0.5, 0.1
#: What an explanation must reach, and by how much it must beat things as they are.
_ON_TISSUE, _FIT, _BETTER = 0.8, 0.4, 0.2
#: Swapped axes leave many spots of a roundish section on tissue: a smaller lead tells.
_SWAP_ON_TISSUE, _SWAP_BETTER = 0.85, 0.1
_MPP_TOLERANCE = 0.05
#: The turn by which x and y change places.
_SWAP = "rows-as-columns"
#: From this factor on it is another image; below, the pixel size or the section may be wrong.
_ANOTHER_IMAGE = 1.9


@dataclass(frozen=True, slots=True)
class _Fit:
    """How well spots lie on tissue when coordinates are swapped or multiplied."""

    swapped: bool
    factor: float
    on_tissue: float
    f1: float


def check_alignment(
    spots: Spots,
    slide: Slide,
    *,
    stated_mpp: float | None = None,
    lattice_mpp: float | None = None,
) -> list[Problem]:
    """Say whether spots and slide fit, and if not, why.

    Parameters
    ----------
    spots, slide
        In µm.
    stated_mpp
        µm per pixel by the image's own metadata.
    lattice_mpp
        µm per full-resolution pixel by the spots.

    Returns
    -------
    Nothing when all is well. Fatal where most spots are outside the image.
    """
    height, width = slide.extent_um
    y, x = spots.yx_um.T
    outside = (y < -slide.mpp) | (x < -slide.mpp) | (y > height) | (x > width)
    tissue = find_tissue(slide)
    points = spots.yx_um[:: -(-spots.n // _SAMPLE)]
    area = _area_per_spot(points)
    now = _score(points, area, tissue, False, 1.0)
    turn = _turn(points, tissue, slide)
    # where the image was turned, no scale is to blame
    cause = None if turn is not None else _cause(points, area, tissue, now, float(outside.mean()))
    problems = _on_mpp(stated_mpp, lattice_mpp, now, cause)
    explained = bool(problems) and problems[0].fatal
    # where the pitch does not tell the size of the spots' pixels, --mpp would move the spots too
    mpp = slide.mpp if lattice_mpp is not None else None
    if outside.any() and not explained:
        problems.append(_on_outside(outside, cause or turn, spots, slide, mpp))
    elif cause is not None and not explained:
        problems.append(_on_background(now, cause, mpp))
    return problems


def _area_per_spot(points: npt.NDArray[np.float64]) -> float:
    """Area around a spot in µm², also where part of the lattice is missing."""
    from scipy.spatial import cKDTree

    k = min(8, len(points) - 1)
    if k < 1:
        return 0.0
    distance, _ = cKDTree(points).query(points, k=k + 1)
    return float(np.median(np.pi * np.asarray(distance)[:, -1] ** 2) / (k + 1))


def _turn(points: npt.NDArray[np.float64], tissue: Tissue, slide: Slide) -> Turn | None:
    """What was done to the image, if that alone puts the spots on the tissue.

    Swapped axes are told by their own name. The alignment meter tells the rest, with its way out.
    """
    shares = [float(tissue.covers(turn.upon(slide)(points)).mean()) for turn in TURNS]
    best = int(np.argmax(shares))
    second = max(share for i, share in enumerate(shares) if i != best)
    found = TURNS[best]
    fits = shares[best] >= max(_SWAP_ON_TISSUE, second + _SWAP_BETTER)
    return found if fits and best and found.name != _SWAP else None


def _score(
    points: npt.NDArray[np.float64], area: float, tissue: Tissue, swapped: bool, factor: float
) -> _Fit:
    moved = (points[:, ::-1] if swapped else points) * factor
    share = float(tissue.covers(moved).mean())
    under = len(points) * area * factor**2
    whole = float(tissue.mask.sum()) * tissue.um_per_px**2
    return _Fit(swapped, factor, share, 2 * share * under / (under + whole) if whole else 0.0)


def _cause(
    points: npt.NDArray[np.float64], area: float, tissue: Tissue, now: _Fit, outside: float
) -> _Fit | None:
    """The explanation that puts the spots on the tissue, or None if they are or none does."""
    swap = _score(points, area, tissue, True, 1.0)
    if swap.on_tissue >= max(_SWAP_ON_TISSUE, now.on_tissue + _SWAP_BETTER) and swap.f1 >= _FIT:
        return swap
    if now.on_tissue >= _MOSTLY_OFF and outside <= _MANY_OUTSIDE:
        return None
    fits = [
        _score(points, area, tissue, swapped, factor)
        for swapped in (False, True)
        for factor in np.geomspace(1 / 40, 40, 241)
    ]
    best = max(fits, key=lambda fit: (fit.f1, not fit.swapped))
    finer = best.factor * np.geomspace(0.96, 1.04, 33)
    best = max(
        (_score(points, area, tissue, best.swapped, factor) for factor in finer),
        key=lambda fit: fit.f1,
    )
    fits_well = best.on_tissue >= _ON_TISSUE and best.f1 >= max(_FIT, now.f1 + _BETTER)
    is_other = best.swapped or not _is_true_to_scale(best)
    return best if fits_well and is_other else None


def _named(cause: _Fit, mpp: float | None) -> tuple[str, str]:
    """What is the matter, and what to do; ``mpp`` is the slide's, where it may be told anew."""
    size = max(cause.factor, 1 / cause.factor)
    if _is_true_to_scale(cause):
        way = "write obsm['spatial'] as (x, y), x to the right, or turn the spots (--align auto)"
        return "x and y look swapped", way
    small = cause.factor < 1
    scaled = f"the image is {size:.2g}× too {'small' if small else 'large'} for their coordinates"
    if cause.swapped:
        return f"x and y look swapped and {scaled}", "give the image the coordinates were made on"
    if size < _ANOTHER_IMAGE:
        fits = _mpp_of(cause, mpp)
        told = "check the pixel size (--mpp) and"
        if fits is not None:
            told = f"give the image's pixel size (about --mpp {fits:.3g}), or check"
        why = f"they would fit {cause.factor:.2g}× as far apart"
        return why, f"{told} that image and spots are of the same section"
    way = "give the full-resolution image" if small else "give the image these were made on"
    if not small:
        scaled += ", which look like those of the hires image"
    else:
        scaled += ", as the hires image is"
    if (fits := _mpp_of(cause, mpp)) is not None:
        way += f", or say what a pixel of this one measures (--mpp {fits:.3g})"
    return scaled, way


def _mpp_of(cause: _Fit | Turn, mpp: float | None) -> float | None:
    """The slide's pixel size at which the spots would lie on the tissue, if that alone is wrong."""
    if mpp is None or isinstance(cause, Turn) or cause.swapped or _is_true_to_scale(cause):
        return None
    return float(f"{mpp / cause.factor:.3g}")  # as it is told


def _on_outside(
    outside: npt.NDArray[np.bool_],
    cause: _Fit | Turn | None,
    spots: Spots,
    slide: Slide,
    mpp: float | None,
) -> Problem:
    count, total = int(outside.sum()), len(outside)
    found = f"found {count:,} of {total:,} outside"
    if isinstance(cause, Turn):
        why, fix = f"the image looks {cause.words}", "turn the spots too (--align auto)"
    elif cause is not None:
        why, fix = _named(cause, mpp)
    if cause is not None:
        return Problem(
            f"Expected the spots on the image, {found}: {why}; {fix}.",
            fatal=count > total / 2,
            turn=_turn_of(cause),
            mpp=_mpp_of(cause, mpp),
        )
    far_y, far_x = spots.yx_um.max(axis=0)
    height, width = slide.extent_um
    return Problem(
        f"Expected the spots on the image of {height:,.0f} × {width:,.0f} µm, {found} (they reach "
        f"{far_y:,.0f} × {far_x:,.0f} µm); check that image and spots are of the same section and "
        "the pixel size is right (--mpp).",
        fatal=count > total / 2,
    )


def _on_background(now: _Fit, cause: _Fit, mpp: float | None) -> Problem:
    why, fix = _named(cause, mpp)
    return Problem(
        f"Expected the spots on the tissue, found {1 - now.on_tissue:.0%} of them beside it: {why} "
        f"({cause.on_tissue:.0%} would be on it); {fix}.",
        fatal=False,
        turn=_turn_of(cause),
        mpp=_mpp_of(cause, mpp),
    )


def _turn_of(cause: _Fit | Turn) -> str:
    """The turn that would undo it: swapped axes are one, unless a scale is wrong as well."""
    if isinstance(cause, Turn):
        return cause.name
    return _SWAP if cause.swapped and _is_true_to_scale(cause) else ""


def _is_true_to_scale(cause: _Fit) -> bool:
    return bool(abs(np.log(cause.factor)) <= np.log(1.1))


def _on_mpp(
    stated: float | None, lattice: float | None, now: _Fit, cause: _Fit | None
) -> list[Problem]:
    """Two pixel sizes that disagree: fatal when that alone is why the spots are off the tissue."""
    if stated is None or lattice is None or abs(stated / lattice - 1) <= _MPP_TOLERANCE:
        return []
    ratio = stated / lattice
    explains = (
        cause is not None and not cause.swapped and bool(abs(np.log(cause.factor / ratio)) < 0.1)
    )
    if max(ratio, 1 / ratio) > 1.5 and now.on_tissue >= _ON_TISSUE and now.f1 >= _FIT:
        return []  # a smaller copy of the full-resolution image that knows its own pixel size
    return [
        Problem(
            f"Expected one pixel size, found {stated:.3g} µm in the image's metadata and "
            f"{lattice:.3g} µm by the spot pitch; give the right one (--mpp {lattice:.3g}).",
            fatal=explains,
            mpp=lattice,
        )
    ]
