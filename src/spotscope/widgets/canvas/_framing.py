"""Where the camera looks: at the tissue first, and back to where it was."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Mapping

    import napari
    import numpy.typing as npt

    from spotscope.model import Session

__all__ = ["camera_of", "frame", "light_of", "set_camera", "set_light", "tissue_box", "view_box"]

#: Share of the canvas left free around the tissue.
MARGIN = 0.08


def tissue_box(session: Session) -> npt.NDArray[np.float64] | None:
    """((y0, x0), (y1, x1)) in µm around all spots, else all nuclei; None without either."""
    spots, nuclei = session.sample.spots, session.nuclei
    if spots is not None and spots.n:
        rim = spots.lattice.diameter_um / 2
        return np.array([spots.yx_um.min(axis=0) - rim, spots.yx_um.max(axis=0) + rim])
    if nuclei is not None and nuclei.n:
        # a speck of dust far out does not decide what is shown
        return np.asarray(np.quantile(nuclei.yx_um, [0.001, 0.999], axis=0))
    return None


def frame(viewer: napari.viewer.Viewer, session: Session) -> None:
    """Fit the tissue to the canvas; the whole image where nobody knows the tissue yet."""
    box = tissue_box(session)
    viewer.reset_view()
    size = np.zeros(2) if box is None else box[1] - box[0]
    if box is None or not (size > 0).all() or viewer.dims.ndisplay != 2:
        return
    y, x = box.mean(axis=0)
    canvas = np.asarray(viewer.canvas.size, dtype=float)
    set_camera(
        viewer, {"center": (0.0, y, x), "zoom": float((canvas / size).min()) * (1 - 2 * MARGIN)}
    )


def view_box(viewer: napari.viewer.Viewer) -> tuple[float, float, float, float]:
    """(y0, x0, y1, x1) in µm that the canvas shows."""
    camera = viewer.scene.camera
    zoom = max(float(camera.zoom), 1e-9)
    height, width = (float(v) / zoom / 2 for v in viewer.canvas.size)
    y, x = (float(v) for v in tuple(camera.center)[-2:])
    return y - height, x - width, y + height, x + width


def camera_of(viewer: napari.viewer.Viewer) -> dict[str, Any]:
    """Where the camera looks (JSON)."""
    camera = viewer.scene.camera
    return {"center": [float(v) for v in camera.center], "zoom": float(camera.zoom)}


def set_camera(viewer: napari.viewer.Viewer, camera: Mapping[str, Any]) -> None:
    """Look there."""
    viewer.scene.camera.center = tuple(map(float, camera["center"]))
    viewer.scene.camera.zoom = float(camera["zoom"])


def light_of(layer: Any) -> dict[str, Any]:
    """How bright an image is shown, where that was turned (JSON); nothing for other layers."""
    if not hasattr(layer, "contrast_limits") or getattr(layer, "rgb", False):
        return {"gamma": float(layer.gamma)} if hasattr(layer, "gamma") else {}
    low, high = layer.contrast_limits
    return {"gamma": float(layer.gamma), "contrast_limits": [float(low), float(high)]}


def set_light(layer: Any, light: Mapping[str, Any]) -> None:
    """Show it as bright again; what is so already is not drawn anew."""
    now = light_of(layer)
    for name, value in light.items():
        if name in now and now[name] != value:
            setattr(layer, name, value)
