"""One way in, whichever model finds the nuclei.

Networks live in their own folder and are imported when one is asked for: the watershed needs
neither torch nor the stardist package.
"""

from __future__ import annotations

from functools import lru_cache
from importlib.util import find_spec
from typing import TYPE_CHECKING

import numpy as np

from spotscope.methods.segmentation import _check, _fit, _tiles
from spotscope.methods.segmentation._info import info
from spotscope.methods.segmentation._stain import is_bright_field
from spotscope.model import Problem, update

if TYPE_CHECKING:
    from concurrent.futures import Executor

    import numpy.typing as npt

    from spotscope.methods.segmentation._fitted import FittedSegmentation
    from spotscope.methods.segmentation._params import SegmentationParams
    from spotscope.methods.segmentation._tiles import KeptTiles
    from spotscope.model import Slide, StarConvex, Task

__all__ = [
    "AUTO",
    "WATERSHED",
    "check",
    "computed_in",
    "fit",
    "identity",
    "licence",
    "models",
    "predict",
    "references",
    "select",
    "staying",
    "suited",
]

AUTO, WATERSHED = "auto", "watershed"
_GLANCE_PX = 256


def suited(params: SegmentationParams, slide: Slide) -> SegmentationParams:
    """Name the model where it is left open: the network of the slide's stain.

    Parameters
    ----------
    params
        With any model; where it is not ``auto`` they come back as they are.
    slide
        It is glanced at once.

    Returns
    -------
    With ``he`` for colours in a bright field and ``fluo`` for light on dark ground; ``watershed``
    where the libraries of networks are not installed.
    """
    if params.model != AUTO:
        return params
    return update(params, model=_of_stain(slide) if _has_networks() else WATERSHED)


def _has_networks() -> bool:
    return all(find_spec(name) is not None for name in ("torch", "stardist"))


@lru_cache(maxsize=8)
def _of_stain(slide: Slide) -> str:
    return "he" if slide.is_rgb and is_bright_field(slide.thumbnail(_GLANCE_PX)) else "fluo"


def models() -> tuple[str, ...]:
    """Names of the models that come with spotscope; the path of a StarDist folder works too."""
    from spotscope.methods.segmentation.stardist import shipped

    return (WATERSHED, *shipped())


def check(slide: Slide, params: SegmentationParams) -> list[Problem]:
    """Look at a slide, and for the model, before nuclei are sought; cheap.

    Returns
    -------
    Problems, the fatal ones first; none when all is well.
    """
    problems = _check.check(slide, params)
    if params.model == AUTO and not _has_networks():
        problems.append(
            Problem(
                "Expected torch and stardist, which find nuclei best, found them not installed; "
                "the watershed is taken, which errs more (pip install 'spotscope[segmentation]').",
                fatal=False,
            )
        )
    params = suited(params, slide)
    if params.model != WATERSHED:
        from spotscope.methods.segmentation.stardist import check_model

        problems += check_model(slide, params)
    return sorted(problems, key=lambda problem: not problem.fatal)


def fit(slide: Slide, params: SegmentationParams) -> Task[FittedSegmentation]:
    """Learn stain, scale and tissue from a sample of the slide.

    Parameters
    ----------
    slide
        A colour slide stained with haematoxylin, or a fluorescence one with bright nuclei.
    params
        Its ``model`` says what finds the nuclei.

    Raises
    ------
    MethodError
        If there is no tissue, or nothing in it stands out.
    ReadError
        If there is no such model.
    """
    params = suited(params, slide)
    if params.model == WATERSHED:
        return _fit.fit(slide, params)
    from spotscope.methods.segmentation.stardist import fit_network

    return fit_network(slide, params)


def predict(
    fitted: FittedSegmentation,
    slide: Slide,
    params: SegmentationParams,
    region_um: tuple[float, float, float, float] | None = None,
    executor: Executor | None = None,
    *,
    device: str = "cpu",
    kept: KeptTiles | None = None,
) -> Task[StarConvex]:
    """Find the nuclei of a slide, or of a part of it.

    Parameters
    ----------
    fitted
        From :func:`fit` on the same slide with the same model.
    slide, params
        As there.
    region_um
        (y0, x0, y1, x1): only nuclei with their centre in here.
    executor
        Works on tiles: threads, processes or a cluster. None: this thread.
    device
        Where a network computes: ``cpu``, ``cuda`` or ``mps``. The watershed needs none.
    kept
        Tiles in here are not done again; those that are done are put there.

    Returns
    -------
    All candidates, by rising y; :func:`select` applies the live parameters, at any time.
    """
    params = suited(params, slide)
    if params.model == WATERSHED:
        return _tiles.predict(fitted, slide, params, region_um, executor, kept)
    from spotscope.methods.segmentation.stardist import predict_tiles

    return predict_tiles(fitted, slide, params, region_um, executor, device=device, kept=kept)


def select(candidates: StarConvex, params: SegmentationParams) -> StarConvex:
    """The candidates that are certain enough and do not overlap; instant, for a slider."""
    certain = _tiles.select(candidates, params)
    return certain.take(staying(certain, params)) if _overlap(params) else certain


def staying(candidates: StarConvex, params: SegmentationParams) -> npt.NDArray[np.bool_]:
    """(candidate,) whether it stays among those it overlaps, however certain it has to be.

    Who stays depends on more certain ones alone: of those that stay here, the ones that are
    certain enough are what :func:`select` gives, for every probability.
    """
    if not _overlap(params):
        return np.ones(candidates.n, bool)
    from spotscope.methods.segmentation.stardist import staying as apart

    return apart(candidates, params.overlap)


def _overlap(params: SegmentationParams) -> bool:
    """Whether outlines of the model may lie on one another; the watershed's never do."""
    return params.model != WATERSHED and (params.model != AUTO or _has_networks())


def identity(params: SegmentationParams) -> dict[str, str]:
    """What a result depends on besides slide and parameters: the content of the model's files."""
    if params.model == WATERSHED:
        return {}
    from spotscope.methods.segmentation.stardist import identity as of_model

    return {"model": of_model(params.model)}


def references(params: SegmentationParams) -> tuple[str, ...]:
    """What to cite for the model that is used."""
    if params.model == WATERSHED:
        return info.references
    from spotscope.methods.segmentation.stardist import REFERENCES

    return REFERENCES


def licence(params: SegmentationParams) -> str:
    """Licence of the weights that are used; "" for the watershed, and where none is named."""
    if params.model == WATERSHED:
        return ""
    from spotscope.methods.segmentation.stardist import licence as of_model

    return of_model(params.model)


def computed_in(params: SegmentationParams, device: str) -> str:
    """Kind of number that the network computes in there; "" for the watershed."""
    if params.model == WATERSHED:
        return ""
    from spotscope.methods.segmentation.stardist import load_model, precisions

    return precisions(load_model(params.model, device).network)[0]
