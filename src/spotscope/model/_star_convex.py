"""Nuclei as star-convex outlines: a centre, and the distance to the rim along equally spaced rays.

Ray r of an object points along the angle φ_r = 2π r / R, and meets the rim at

    y = y_c + d_r sin φ_r,    x = x_c + d_r cos φ_r,    r = 0 … R - 1   (Schmidt et al. 2018).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

if TYPE_CHECKING:
    from spotscope.model._nucleus_classes import NucleusClasses

__all__ = ["StarConvex", "ray_directions"]

Floats = npt.NDArray[np.float64]


def ray_directions(n_rays: int) -> Floats:
    """(ray, 2) unit vectors (sin φ, cos φ): the (y, x) direction of every ray."""
    angle = 2 * np.pi * np.arange(n_rays) / n_rays
    return np.stack([np.sin(angle), np.cos(angle)], axis=1)


@dataclass(frozen=True, slots=True, eq=False)
class StarConvex:
    """Outlines of nuclei, in µm. In label images 0 is background.

    Parameters
    ----------
    yx_um
        (nucleus, 2) centres.
    radii_um
        (nucleus, ray) distances from the centre to the rim, above 0.
    probability
        (nucleus,) how sure the segmentation is, 0 to 1; not a number of a cell that was counted,
        not seen.
    labels
        (nucleus,) the label each row carries in label images, rising; None: row i carries i + 1.
        Nuclei keep their label when others are deleted, so an edit renumbers nobody.
    classes
        What others marked them as; None where nobody did.
    """

    yx_um: Floats
    radii_um: npt.NDArray[np.float32]
    probability: npt.NDArray[np.float32]
    labels: npt.NDArray[np.uint32] | None = None
    classes: NucleusClasses | None = None

    def __post_init__(self) -> None:
        n = len(self.yx_um)
        assert self.yx_um.shape == (n, 2), self.yx_um.shape
        assert self.radii_um.shape[:1] == (n,), self.radii_um.shape
        assert self.probability.shape == (n,), self.probability.shape
        assert self.labels is None or self.labels.shape == (n,), self.labels.shape
        assert self.classes is None or len(self.classes.codes) == n, len(self.classes.codes)

    @property
    def n(self) -> int:
        """Number of nuclei."""
        return len(self.yx_um)

    @property
    def n_rays(self) -> int:
        """Number of rays."""
        return int(self.radii_um.shape[1])

    @property
    def label_id(self) -> npt.NDArray[np.uint32]:
        """(nucleus,) labels, rising from 1."""
        return self.labels if self.labels is not None else np.arange(1, self.n + 1, dtype=np.uint32)

    @property
    def last_label(self) -> int:
        """The largest label; 0 where there are no nuclei."""
        if self.labels is None:
            return self.n
        return int(self.labels[-1]) if self.n else 0

    def rows_of(self, labels: npt.NDArray[np.integer]) -> npt.NDArray[np.intp]:
        """(label,) row of each label, -1 where no nucleus carries it."""
        mine = self.label_id
        row = np.searchsorted(mine, labels)
        there = (row < self.n) & (mine[np.minimum(row, self.n - 1)] == labels) if self.n else False
        return np.where(there, row, -1).astype(np.intp)

    def polygons(self) -> Floats:
        """(nucleus, ray, 2) corners (y, x) of every outline, in µm, not closed."""
        spokes = self.radii_um[:, :, None] * ray_directions(self.n_rays)
        return self.yx_um[:, None, :] + spokes

    def area_um2(self) -> Floats:
        """(nucleus,) polygon areas: ½ sin(2π/R) Σ_r d_r d_{r+1}."""
        rays, wedge = self.radii_um, 0.5 * np.sin(2 * np.pi / self.n_rays)
        # products and sums in double precision, without a copy of all rays
        inner = np.einsum("nr,nr->n", rays[:, :-1], rays[:, 1:], dtype=np.float64)
        return np.asarray(wedge * (inner + rays[:, -1].astype(float) * rays[:, 0]))

    def reach_um(self) -> Floats:
        """(nucleus,) longest ray: the radius of the smallest enclosing circle about the centre."""
        return self.radii_um.max(axis=1).astype(float) if self.n else np.zeros(0)

    def take(self, index: npt.NDArray[np.intp] | npt.NDArray[np.bool_]) -> StarConvex:
        """The nuclei at ``index``: with their labels if they have any, else renumbered from 1."""
        labels = None if self.labels is None else self.labels[index]
        classes = None if self.classes is None else self.classes.take(index)
        part = self.yx_um[index], self.radii_um[index], self.probability[index]
        return StarConvex(*part, labels, classes)

    @classmethod
    def empty(cls, n_rays: int = 32) -> StarConvex:
        """No nuclei at all."""
        return cls(np.zeros((0, 2)), np.zeros((0, n_rays), np.float32), np.zeros(0, np.float32))

    @classmethod
    def concatenate(cls, parts: list[StarConvex]) -> StarConvex:
        """All nuclei of all parts, in order, renumbered; all parts have equally many rays.

        What others marked them as is not joined: parts are of one search.
        """
        if not parts:
            return cls.empty()
        return cls(
            np.concatenate([part.yx_um for part in parts]),
            np.concatenate([part.radii_um for part in parts]),
            np.concatenate([part.probability for part in parts]),
        )
