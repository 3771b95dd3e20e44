"""How the spots look: filled by a gene or not, and which one is selected."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from spotscope import layers
from spotscope.widgets.canvas._layer_data import fill_by_counts, spot_looks
from spotscope.widgets.canvas._points_anew import points_anew

if TYPE_CHECKING:
    import numpy.typing as npt
    from napari.layers import Layer
    from napari.types import LayerData

    from spotscope.model import Sample
    from spotscope.widgets.canvas._stack import Stack

__all__ = ["SpotsView"]

#: A plain rim is no wider on the screen, in pixels: nuclei lie under it.
_WIDEST_PX = 3.0
#: … and no less, from afar; but never more than this share of the diameter.
_LEAST_PX, _MOST_WIDTH = 1.3, 0.16


class SpotsView:
    """Keeps what is wanted, and brings the spots layer up to it whenever there is one."""

    def __init__(self, stack: Stack) -> None:
        self._stack = stack
        self._sample: Sample | None = None
        self._fill: npt.NDArray[np.float64] | None = None
        #: whether the layer is known to show rings alone: they are not sent anew with every edit
        self._bare = False
        #: index of the selected spot
        self.selected: int | None = None
        #: (spot,) whether each is on the side where spots are shown; None shows all
        self._shown: npt.NDArray[np.bool_] | None = None
        #: share of their usual width that rims have
        self._slim = 1.0
        #: whether the image beneath stands back
        self._dimmed = False
        #: (spot,) spots that were chosen elsewhere, such as in a plot
        self.chosen: npt.NDArray[np.bool_] | None = None
        #: through whose eyes the colours are shown
        self.eyes = layers.Eyes.ALL

    def turn_to(self, sample: Sample) -> None:
        """Show another sample's spots from now on."""
        self._sample, self._fill, self.selected, self._shown = sample, None, None, None
        self.chosen, self._bare = None, False

    def show_gene(self, counts: npt.NDArray[Any] | None) -> None:
        """Fill by counts of a gene, on a logarithmic scale; None shows rings alone."""
        self.show_fill(None if counts is None else fill_by_counts(counts))

    def show_fill(self, fill: npt.NDArray[np.float64] | None) -> None:
        """Fill by (spot, 4) colours; None shows rings alone."""
        self._fill = fill
        if (layer := self._layer()) is None or (self._bare and fill is None):
            return
        self._bare = fill is None
        if not self._paint_bins(layer):
            layer.face_color = self.looks()["face_color"]

    def show_beside(self, stencil: layers.Stencil | None, *, inside: bool = True) -> None:
        """Show the spots on one side of a line in µm alone; None shows all."""
        layer = self._layer()
        if layer is None or (stencil is None and self._shown is None):
            return
        assert self._sample is not None
        assert self._sample.spots is not None
        before, self._shown = self._shown, None
        if stencil is not None:
            y, x = self._sample.spots.yx_um.T.astype(np.float32)
            self._shown = (stencil.depth(y, x) >= 0) == inside
        if before is None or self._shown is None or (before != self._shown).any():
            self.draw()

    def select(self, index: int | None) -> None:
        """Mark a spot."""
        if index != self.selected:
            self.selected = index
            self.draw_rims()

    @property
    def seen_fill(self) -> npt.NDArray[np.float64] | None:
        """(spot, 4) colours that fill them, as the eyes of now see them; None where rings stand."""
        if self._fill is None:
            return None
        return np.column_stack([layers.as_seen(self._fill[:, :3], self.eyes), self._fill[:, 3]])

    def looks(self) -> dict[str, Any]:
        """Fill and rims, as napari names them."""
        assert self._sample is not None
        looks = spot_looks(self._sample, self._fill, self.selected, dimmed=self._dimmed)
        if self.chosen is not None and len(self.chosen) == len(looks["border_width"]):
            looks["border_color"][self.chosen] = layers.rgba(layers.SELECTION)
            wide = np.maximum(looks["border_width"], 2 * looks["border_width"].min())
            looks["border_width"] = np.where(self.chosen, wide, looks["border_width"])
        looks["border_width"] = looks["border_width"] * self._slim
        face = np.array(looks["face_color"], float)
        face[:, :3] = layers.as_seen(face[:, :3], self.eyes)
        if self._shown is not None:
            # napari 0.9.2 passes over a layer's ``shown`` where points have no third axis
            looks["border_color"] = np.array(looks["border_color"], float)
            face[~self._shown, 3] = looks["border_color"][~self._shown, 3] = 0.0
        return {**looks, "face_color": face}

    def stand_on(self, *, dimmed: bool) -> None:
        """Have rims that are seen on the image as it is, or on a dimmed one."""
        if dimmed != self._dimmed:
            self._dimmed = dimmed
            if self._sample is not None:
                self.draw_rims()

    def fit_rims(self, zoom: float) -> None:
        """Keep rims slim on the screen from near, and seen from afar, at ``zoom`` pixels a µm."""
        spots = None if self._sample is None else self._sample.spots
        if spots is None:
            return
        usual = layers.RING_WIDTH * spots.lattice.diameter_um * max(zoom, 1e-9)
        # in steps, as every change is sent to the graphics card
        share = np.clip(usual, _LEAST_PX, _WIDEST_PX) / usual
        share = min(share, _MOST_WIDTH / layers.RING_WIDTH)
        slim = 2.0 ** (np.floor(2 * np.log2(share)) / 2)
        if slim != self._slim:
            self._slim = slim
            if (layer := self._layer()) is not None and not self._is_bins(layer):
                layer.border_width = self.looks()["border_width"]

    def choose(self, chosen: npt.NDArray[np.bool_] | None) -> None:
        """Mark spots that were chosen elsewhere; None marks none."""
        if chosen is not None or self.chosen is not None:
            self.chosen = chosen
            self.draw_rims()

    def see_with(self, eyes: layers.Eyes) -> None:
        """Show colours as other eyes see them."""
        self.eyes = eyes
        if self._sample is not None:
            self.draw()

    def draw(self) -> None:
        """Bring the layer up to all that is wanted."""
        if (layer := self._layer()) is not None and not self._is_bins(layer):
            layer.face_color = self.looks()["face_color"]
        self.draw_rims()

    def dress(self, data: LayerData) -> None:
        """Give a layer that is to be added the looks that are wanted now."""
        grid = data[1].get("metadata", {}).get("grid")
        if grid is None:
            data[1].update(self.looks())
        else:
            data[0][...] = self._pixels(grid)

    def draw_rims(self) -> None:
        """Bring the layer's rims up to the selection."""
        if (layer := self._layer()) is not None and not self._paint_bins(layer):
            looks = self.looks()
            layer.border_color, layer.border_width = looks["border_color"], looks["border_width"]

    @staticmethod
    def _is_bins(layer: Layer) -> bool:
        return "grid" in layer.metadata

    def _paint_bins(self, layer: Layer) -> bool:
        """Paint bins by all that is wanted; nothing where spots are discs."""
        if not self._is_bins(layer):
            return False
        layer.data = self._pixels(layer.metadata["grid"])
        return True

    def _pixels(self, grid: layers.BinGrid) -> npt.NDArray[np.uint8]:
        pixels = grid.paint(self._fill)
        if self.eyes is not layers.Eyes.ALL and self._fill is not None:
            seen = layers.as_seen(pixels[..., :3] / 255, self.eyes)
            pixels[..., :3] = np.rint(255 * seen).astype(np.uint8)
        if self._shown is not None:
            pixels[grid.rows[~self._shown], grid.columns[~self._shown]] = 0
        for bins in (self.chosen, self.selected):
            if bins is not None:
                pixels[grid.rows[bins], grid.columns[bins]] = (*layers.SELECTION, 255)
        return pixels

    def _layer(self) -> Layer | None:
        """The layer, with as many points as there are spots."""
        layer = self._stack.get("spots")
        if layer is None or self._sample is None or self._sample.spots is None:
            return None
        if self._is_bins(layer):
            return layer
        if len(layer.data) != self._sample.spots.n:  # added or deleted by hand: spots are not
            points_anew(layer, self._sample.spots.yx_um)
        return layer
