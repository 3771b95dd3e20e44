"""One way in, whichever model finds the nuclei.

Networks live in their own folder and are imported when one is asked for: the watershed needs
neither torch nor the stardist package.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from spotscope.methods.segmentation import _check, _fit, _tiles
from spotscope.methods.segmentation._info import info

if TYPE_CHECKING:
    from concurrent.futures import Executor

    from spotscope.methods.segmentation._fitted import FittedSegmentation
    from spotscope.methods.segmentation._params import SegmentationParams
    from spotscope.methods.segmentation._tiles import KeptTiles
    from spotscope.model import Problem, Slide, StarConvex, Task

__all__ = ["WATERSHED", "check", "fit", "identity", "models", "predict", "references", "select"]

WATERSHED = "watershed"


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
    if params.model == WATERSHED:
        return _tiles.predict(fitted, slide, params, region_um, executor, kept)
    from spotscope.methods.segmentation.stardist import predict_tiles

    return predict_tiles(fitted, slide, params, region_um, executor, device=device, kept=kept)


def select(candidates: StarConvex, params: SegmentationParams) -> StarConvex:
    """The candidates that are certain enough and do not overlap; instant, for a slider."""
    certain = _tiles.select(candidates, params)
    if params.model == WATERSHED:
        return certain
    from spotscope.methods.segmentation.stardist import suppress_outlines

    return suppress_outlines(certain, params.overlap)


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
