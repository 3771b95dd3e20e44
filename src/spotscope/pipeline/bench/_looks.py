"""What the looks of nuclei add: the demo sample, where every nucleus' type is known.

Real sets with nuclei, an image and a type for each nucleus are not at hand; the demo's nuclei are
drawn type by type as pathologists tell them apart, so this shows that the method finds what is
there, not how much is there in tissue.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
from scipy.spatial import cKDTree

from spotscope.evaluation import calibration_error
from spotscope.evaluation.demo import make_demo
from spotscope.methods import segmentation
from spotscope.methods.cell_typing import CellTypingParams, fit
from spotscope.model import Membership, Progress, Slide

if TYPE_CHECKING:
    from spotscope.evaluation.demo import DemoSample
    from spotscope.model import StarConvex, Task

__all__ = ["bench_looks"]

_NEAR_UM = 3.0
_ROWS = ("nothing", "shape", "shape and stain")


def bench_looks(seeds: int = 3) -> Task[str]:
    """Cells that get a wrong type, without and with looks; a table in Markdown.

    Parameters
    ----------
    seeds
        Demo samples.
    """
    rows: dict[tuple[str, str], list[tuple[float, float, float]]] = {}
    for seed in range(seeds):
        yield Progress("drawing a demo sample", seed, seeds)
        demo = make_demo(seed)
        slide = _slide_of(demo)
        for name in ("true", "found"):
            outlines = demo.nuclei if name == "true" else (yield from _found(slide))
            stain = yield from segmentation.measure_stain(slide, outlines)
            shape = np.stack([outlines.area_um2(), segmentation.eccentricity(outlines)], axis=1)
            whole = np.column_stack([shape, stain])
            for row, features in zip(_ROWS, (None, shape, whole), strict=True):
                scored = yield from _scored(demo, outlines, features)
                rows.setdefault((name, row), []).append(scored)
    head = (
        "| outlines | looks | wrong inside spots | wrong between | ECE |\n|---|---|---|---|---|\n"
    )
    lines = []
    for (name, row), each in rows.items():
        mean, spread = np.mean(each, axis=0), np.std(each, axis=0)
        shown = " | ".join(f"{m:.3f} ± {s:.3f}" for m, s in zip(mean, spread, strict=True))
        lines.append(f"| {name} | {row} | {shown} |")
    return head + "\n".join(lines)


def _slide_of(demo: DemoSample) -> Slide:
    import dask.array as da

    return Slide((da.from_array(demo.slide),), demo.mpp, "demo")


def _found(slide: Slide) -> Task[StarConvex]:
    """Nuclei by the watershed, which needs no weights."""
    params = segmentation.SegmentationParams(model=segmentation.WATERSHED)
    fitted = yield from segmentation.fit(slide, params)
    return (yield from segmentation.predict(fitted, slide, params))


def _scored(
    demo: DemoSample, outlines: StarConvex, features: npt.NDArray[np.float64] | None
) -> Task[tuple[float, float, float]]:
    membership = Membership.from_discs(outlines, demo.spots)
    params = CellTypingParams()
    fitted = yield from fit(
        demo.spots,
        demo.reference,
        membership,
        outlines.yx_um,
        params,
        features=features,
        rng=0,
    )
    typing = fitted.solve(fitted.auto_nu)
    distance, nearest = cKDTree(demo.nuclei.yx_um).query(outlines.yx_um)
    same = np.asarray(distance) < _NEAR_UM
    right = np.array(typing.types)[typing.codes] == np.array(demo.types)[demo.cell_type[nearest]]
    inside = same & (membership.owner >= 0)
    between = same & (membership.owner < 0) & (typing.codes >= 0)
    return (
        float(1 - right[inside].mean()),
        float(1 - right[between].mean()),
        calibration_error(typing.support[inside], right[inside]),
    )
