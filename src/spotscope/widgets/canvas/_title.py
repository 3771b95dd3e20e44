"""The words in the corner of the canvas: what colours say there, and from where to where.

napari's own colour bar shows a layer's numbers: nuclei hold codes, and spots colours made before,
so words say it, the same as beside the colour scale of the dock.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import napari
    from napari.components.overlays import TextOverlay

__all__ = ["CanvasTitle"]


#: Letters of a line, and of a name: what is longer would be cut off by a small canvas.
LINE, NAME = 60, 40
_POINT = " · "


class CanvasTitle:
    """What is said of the nuclei, then of the spots, in lines that a small canvas holds."""

    def __init__(self, viewer: napari.viewer.Viewer) -> None:
        self._viewer = viewer
        self._said = {"nuclei": "", "spots": ""}

    def of(self, part: str) -> str:
        """What is said of a part."""
        return self._said[part]

    def say(self, part: str, words: str) -> None:
        """Say what the colours of a part mean; nothing: that there is nothing to say."""
        self._said[part] = words
        mark = self._mark()
        mark.text = "\n".join(_in_lines(words) for words in self._said.values() if words)
        mark.visible = bool(mark.text)

    def prepare(self) -> None:
        """Have napari make what it writes with, 25 ms, before there are words to wait for."""
        mark = self._mark()
        if not mark.visible:
            mark.visible = True
            mark.visible = False

    def _mark(self) -> TextOverlay:
        mark = self._viewer.canvas.overlays.text
        mark.position, mark.font_size = "top_left", 12
        return mark


def _in_lines(words: str) -> str:
    """Break words at their points, and shorten the name they begin with: genes may be many."""
    name, *others = words.split(_POINT)
    lines = [name if len(name) <= NAME else f"{name[: NAME - 1]}…"]
    for each in others:
        if len(lines[-1]) + len(_POINT) + len(each) <= LINE:
            lines[-1] += _POINT + each
        else:
            lines.append(each)
    return "\n".join(lines)
