"""What the nucleus finder learns from a slide before it looks at tiles."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

__all__ = ["FittedSegmentation"]


@dataclass(frozen=True, slots=True, eq=False)
class FittedSegmentation:
    """Stain, scale and tissue of one slide.

    The signal of a pixel is  (OD · weights - background) / (nuclei - background)  in a colour
    slide and  (I - background) / (nuclei - background)  in a fluorescence one, so that 0 is what
    lies between nuclei and 1 a typical nucleus, on every slide.

    Parameters
    ----------
    weights
        (3,) haematoxylin from optical density; empty for a fluorescence image.
    background, nuclei
        Mean raw signal between and inside nuclei.
    threshold
        What parts the two, in units of the signal (0 to 1).
    tissue
        (y, x) mask of the whole slide.
    extent_um
        (y, x) size the mask covers.
    """

    weights: npt.NDArray[np.float32]
    background: float
    nuclei: float
    threshold: float
    tissue: npt.NDArray[np.bool_]
    extent_um: tuple[float, float]

    @property
    def tissue_mm2(self) -> float:
        """Area of the tissue, in mm²."""
        return float(self.tissue.mean()) * self.extent_um[0] * self.extent_um[1] * 1e-6

    def on_tissue(self, yx_um: npt.NDArray[np.float64]) -> npt.NDArray[np.bool_]:
        """(point,) whether points (y, x) in µm lie on tissue."""
        size = np.array(self.tissue.shape)
        at = np.floor(yx_um / np.array(self.extent_um) * size).astype(np.intp)
        at = np.clip(at, 0, size - 1)
        return self.tissue[at[:, 0], at[:, 1]]

    def tissue_share(self, box_um: tuple[float, float, float, float]) -> float:
        """How much of the box (y0, x0, y1, x1) in µm is tissue, 0 to 1."""
        size = np.array(self.tissue.shape)
        per_um = size / np.array(self.extent_um)
        low = np.clip(np.floor(np.array(box_um[:2]) * per_um).astype(int), 0, size - 1)
        high = np.clip(np.ceil(np.array(box_um[2:]) * per_um).astype(int), low + 1, size)
        return float(self.tissue[low[0] : high[0], low[1] : high[1]].mean())
