"""The words in the corner of the canvas: what colours say there, and from where to where.

napari's own colour bar shows a layer's numbers: nuclei hold codes, and spots colours made before,
so words say it, the same as beside the colour scale of the dock.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import napari

__all__ = ["CanvasTitle"]


class CanvasTitle:
    """A line each for the nuclei and the spots, in this order; none where nothing is said."""

    def __init__(self, viewer: napari.viewer.Viewer) -> None:
        self._viewer = viewer
        self._said = {"nuclei": "", "spots": ""}

    def of(self, part: str) -> str:
        """What is said of a part."""
        return self._said[part]

    def say(self, part: str, words: str) -> None:
        """Say what the colours of a part mean; nothing: that there is nothing to say."""
        self._said[part] = words
        mark = self._viewer.canvas.overlays.text
        mark.position, mark.font_size = "top_left", 12
        mark.text = "\n".join(filter(None, self._said.values()))
        mark.visible = bool(mark.text)
