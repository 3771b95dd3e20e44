"""The demo sample as files: what a user would have, and beside it the truth.

demo_HE.ome.tif      H&E, pyramid, µm per pixel in its metadata
demo.h5ad      spots as scanpy reads Visium: obsm["spatial"] = (x, y) in pixels
demo_reference.h5ad  single cells with obs["cell_type"]
truth/labels.tif     nuclei, uint32, row i of cells.h5ad has label i + 1
truth/cells.h5ad     every cell: type, place (x, y) in µm, counts
truth/proportions.csv  share of each type in each spot
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

import numpy as np

from spotscope.model import Progress

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from spotscope.evaluation.demo._sample import DemoSample
    from spotscope.model import Task

__all__ = ["write_demo"]

#: Shrinking of the small image that goes with the spots.
_LOWRES = 4


def write_demo(sample: DemoSample, folder: Path) -> Task[None]:
    """Write the sample into ``folder``, which is made if it is not there.

    Each file is written under another name and renamed when it is whole.
    """
    files: dict[str, Callable[[DemoSample, Path], None]] = {
        "demo_HE.ome.tif": _write_slide,
        "demo.h5ad": _write_spots,
        "demo_reference.h5ad": _write_reference,
        "truth/labels.tif": _write_labels,
        "truth/cells.h5ad": _write_cells,
        "truth/proportions.csv": _write_proportions,
    }
    (folder / "truth").mkdir(parents=True, exist_ok=True)
    for done, (name, write) in enumerate(files.items()):
        yield Progress("writing the demo sample", done, len(files))
        staged = folder / f"{name}.part"
        try:
            write(sample, staged)
            os.replace(staged, folder / name)
        finally:
            staged.unlink(missing_ok=True)
    yield Progress("writing the demo sample", len(files), len(files))


def _write_slide(sample: DemoSample, path: Path) -> None:
    import tifffile

    levels = [sample.slide]
    while max(levels[-1].shape[:2]) > 512:
        levels.append(_halve(levels[-1]))
    common: dict[str, Any] = {
        "photometric": "rgb",
        "tile": (256, 256),
        "compression": "zlib",
        "predictor": True,
    }
    metadata = {
        "axes": "YXS",
        "PhysicalSizeX": sample.mpp,
        "PhysicalSizeXUnit": "µm",
        "PhysicalSizeY": sample.mpp,
        "PhysicalSizeYUnit": "µm",
    }
    with tifffile.TiffWriter(path, ome=True) as tiff:
        tiff.write(levels[0], subifds=len(levels) - 1, metadata=metadata, **common)
        for level in levels[1:]:
            tiff.write(level, subfiletype=1, **common)


def _halve(image: np.ndarray) -> np.ndarray:
    """(y, x, c) mean of every 2 × 2 pixels, rounded; an odd last row or column is left out."""
    y, x = image.shape[0] // 2 * 2, image.shape[1] // 2 * 2
    blocks = image[:y, :x].astype(np.uint16)
    total = blocks[::2, ::2] + blocks[1::2, ::2] + blocks[::2, 1::2] + blocks[1::2, 1::2]
    return ((total + 2) // 4).astype(np.uint8)


def _write_spots(sample: DemoSample, path: Path) -> None:
    spots = sample.spots
    table = spots.table.copy()
    table.obsm["spatial"] = spots.yx_um[:, ::-1] / sample.mpp
    small = _halve(_halve(sample.slide))
    diameter = spots.lattice.diameter_um / sample.mpp
    table.uns["spatial"] = {
        "demo": {
            "images": {"lowres": small},
            "scalefactors": {
                "tissue_lowres_scalef": 1 / _LOWRES,
                "spot_diameter_fullres": diameter,
                "fiducial_diameter_fullres": diameter * 1.6,
            },
            "metadata": {"chemistry_description": "spotscope demo", "seed": str(sample.seed)},
        }
    }
    table.write_h5ad(path, compression="gzip")


def _write_reference(sample: DemoSample, path: Path) -> None:
    sample.reference.table.write_h5ad(path, compression="gzip")


def _write_labels(sample: DemoSample, path: Path) -> None:
    import tifffile

    tifffile.imwrite(path, sample.labels(), compression="zlib", predictor=True)


def _write_cells(sample: DemoSample, path: Path) -> None:
    import pandas as pd
    from anndata import AnnData

    named = [sample.types[code] for code in sample.cell_type]
    owner = sample.membership.owner
    names = np.append(sample.spots.table.obs_names.to_numpy(object), "")
    obs = pd.DataFrame(
        {
            "label_id": sample.nuclei.label_id,
            "cell_type": pd.Categorical(named, categories=sample.types),
            "area_um2": sample.nuclei.area_um2(),
            "spot_id": names[owner],
        },
        index=[f"nucleus_{i}" for i in sample.nuclei.label_id],
    )
    table = AnnData(sample.cell_counts, obs=obs, var=sample.spots.table.var.copy())
    table.obsm["spatial"] = sample.nuclei.yx_um[:, ::-1].copy()
    table.write_h5ad(path, compression="gzip")


def _write_proportions(sample: DemoSample, path: Path) -> None:
    import pandas as pd

    frame = pd.DataFrame(
        sample.proportions(), index=sample.spots.table.obs_names, columns=list(sample.types)
    )
    frame.to_csv(path, index_label="spot_id", float_format="%.6f")
