"""The cell types of the demo, and what a pathologist tells them by."""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["KINDS", "TYPES", "Kind"]


@dataclass(frozen=True, slots=True)
class Kind:
    """How the nuclei of one type look.

    Parameters
    ----------
    area_um2, area_spread
        Median area, and the deviation of its logarithm.
    aspect, aspect_spread
        Median long over short axis, and the deviation of its logarithm.
    bumps
        Irregularity of the rim, as a share of the radius.
    stain
        Optical density of haematoxylin inside.
    vesicular
        0: evenly dark; 1: pale with a dark rim.
    chromatin
        Contrast of the clumps inside.
    nucleolus_um
        Radius of its nucleoli; 0 for none to be seen.
    halo
        How much the cytoplasm about it is cleared.
    depth
        Mean total counts of one cell.
    """

    area_um2: float
    area_spread: float
    aspect: float
    aspect_spread: float
    bumps: float
    stain: float
    vesicular: float
    chromatin: float
    nucleolus_um: float
    halo: float
    depth: float


#: Sorted by name, as a reference sorts them.
KINDS = {
    "B cell": Kind(31, 0.14, 1.10, 0.06, 0.035, 1.50, 0.10, 0.34, 0.0, 0.30, 900),
    "Endothelial": Kind(30, 0.20, 2.7, 0.20, 0.040, 1.35, 0.05, 0.20, 0.0, 0.10, 1300),
    "Epithelial": Kind(43, 0.15, 1.72, 0.12, 0.030, 1.15, 0.40, 0.28, 0.6, 0.00, 2200),
    "Fibroblast": Kind(37, 0.24, 3.1, 0.22, 0.050, 1.20, 0.15, 0.22, 0.0, 0.10, 1500),
    "Macrophage": Kind(48, 0.18, 1.45, 0.12, 0.070, 0.95, 0.45, 0.26, 0.5, 0.35, 2000),
    "Smooth muscle": Kind(44, 0.20, 3.8, 0.16, 0.025, 1.00, 0.30, 0.20, 0.0, 0.05, 1500),
    "T cell": Kind(25, 0.13, 1.07, 0.05, 0.030, 1.70, 0.00, 0.26, 0.0, 0.40, 850),
    "Tumour": Kind(74, 0.30, 1.28, 0.12, 0.065, 1.00, 0.70, 0.36, 1.05, 0.00, 3200),
}

TYPES = tuple(KINDS)
