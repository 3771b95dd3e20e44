"""Landmarks on the slide: rings where spots are, crosses where they belong."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from spotscope.layers import LANDMARK, LANDMARK_RIM, layer_name, rgba
from spotscope.widgets.canvas._points_anew import points_anew, when_drawn

if TYPE_CHECKING:
    from collections.abc import Sequence

    from spotscope.model import Transform
    from spotscope.widgets.canvas._canvas import Canvas

__all__ = ["Point", "draw_landmarks"]

Point = tuple[float, float]
_PART = "landmarks"
_SIZE_PX = 14.0


def draw_landmarks(
    canvas: Canvas, sample: str, pairs: Sequence[tuple[Point, Point]], pending: Transform
) -> None:
    """Draw pairs of places, in place of those before.

    Parameters
    ----------
    canvas, sample
        Where, and of what.
    pairs
        ((y, x) of the sample's spots, (y, x) on the image), in µm.
    pending
        By which the spots are drawn elsewhere than they are.
    """
    stack = canvas.stack
    if not pairs:
        stack.lull.do(_PART, lambda: None)
        if _PART in stack:
            stack.remove(_PART)
        return
    places = np.array(pairs)
    points = np.concatenate([pending(places[:, 0]), places[:, 1]])
    looks = {
        "name": layer_name(sample, _PART),
        "symbol": ["ring"] * len(places) + ["cross"] * len(places),
        "size": _SIZE_PX / max(float(canvas.viewer.scene.camera.zoom), 1e-9),
        "face_color": np.array([rgba(LANDMARK)]),
        "border_color": np.array([rgba(LANDMARK_RIM)]),
        "units": ("um", "um"),
        "metadata": {},
    }
    if _PART not in stack:
        stack.lull.do(_PART, lambda: stack.put(_PART, (points, looks, "points")))
        return
    layer = stack[_PART]

    def draw() -> None:
        points_anew(layer, points)
        layer.symbol, layer.size = looks["symbol"], looks["size"]

    when_drawn(layer, draw)
