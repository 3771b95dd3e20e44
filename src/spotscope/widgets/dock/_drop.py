"""Files dropped on the window: those that are ours go to the dock, all others to napari."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from qtpy.QtCore import QEvent, QObject, Signal

if TYPE_CHECKING:
    from collections.abc import Sequence

    from qtpy.QtCore import QMimeData
    from qtpy.QtWidgets import QWidget

    from spotscope.model import Session
    from spotscope.widgets.dock._state import Facts

__all__ = [
    "FILES",
    "IMAGES",
    "REFERENCES",
    "SLIDE_SUFFIXES",
    "SPOT_SUFFIXES",
    "DropCatcher",
    "dropped_paths",
    "is_ours",
    "shows",
    "told_apart",
]

SPOT_SUFFIXES = (".h5ad",)
#: Outlines of nuclei, for the slide that is open.
OUTLINE_SUFFIXES = (".geojson",)
SLIDE_SUFFIXES = (".svs", ".tif", ".tiff", ".btf", ".jpg", ".jpeg", ".png")
#: What a file dialog offers.
FILES = (
    "Spots, slides, references (*.h5ad *.svs *.tif *.tiff *.btf *.jpg *.jpeg *.png);;All files (*)"
)
IMAGES = "Slides (*.svs *.tif *.tiff *.btf *.jpg *.jpeg *.png);;All files (*)"
REFERENCES = "References (*.h5ad *.h5);;All files (*)"
#: Names that tell a Space Ranger folder or a saved result folder at a glance.
_TELLTALES = (
    "filtered_feature_bc_matrix.h5",
    "filtered_feature_bc_matrix",
    "raw_feature_bc_matrix.h5",
    "spatial",
    "outs",
    "session.zarr",
)


def is_ours(path: Path) -> bool:
    """Whether a path can be a sample; only names are looked at, nothing is read."""
    if path.is_dir():
        if path.name == "session.zarr" or path.name.endswith(".ome.zarr"):
            return True
        return any((path / name).exists() for name in _TELLTALES)
    ours = (*SPOT_SUFFIXES, *SLIDE_SUFFIXES, *OUTLINE_SUFFIXES)
    return path.suffix.lower() in ours or folder_of(path) is not path


def folder_of(path: Path) -> Path:
    """The Space Ranger folder of a matrix that was dropped in its place; else the path."""
    alone = path.name.endswith("feature_bc_matrix.h5") and (path.parent / "spatial").exists()
    return path.parent if alone else path


def told_apart(
    paths: Sequence[Path], facts: Facts, source: Path | None
) -> tuple[list[Path], list[Path]]:
    """Slides, and all else; an image that was opened before its spots is theirs."""
    slides = [path for path in paths if path.suffix.lower() in SLIDE_SUFFIXES]
    others = [path for path in paths if path not in slides]
    came_first = facts.slide and not facts.spots and source is not None
    return ([source] if came_first and source and others and not slides else slides), others


def shows(session: Session | None, image: Path) -> bool:
    """Whether this image is the slide under the spots already: alone, it would take them away."""
    if session is None or session.sample.spots is None or session.sample.slide is None:
        return False
    source = session.sample.slide.source
    return source is not None and source.exists() and image.exists() and source.samefile(image)


def dropped_paths(mime: QMimeData | None) -> list[Path]:
    """Local files and folders of a drop that can be a sample; all of them or none."""
    if mime is None or not mime.hasUrls():
        return []
    paths = [Path(url.toLocalFile()) for url in mime.urls() if url.isLocalFile()]
    ours = bool(paths) and all(is_ours(path) for path in paths)
    return list(map(folder_of, paths)) if ours else []


class DropCatcher(QObject):
    """Watches widgets for drops of ours; ``dropped(list of Path)``.

    Installed on whatever in the window accepts drops, so that a slide dropped on the canvas opens
    as a sample and napari does not ask which reader to take.
    """

    dropped = Signal(object)

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._watched: list[QWidget] = []

    def watch(self, widgets: Sequence[QWidget]) -> None:
        """Watch these widgets, and no longer the earlier ones."""
        self.release()
        for widget in widgets:
            widget.installEventFilter(self)
        self._watched = list(widgets)

    def release(self) -> None:
        """Watch nothing."""
        for widget in self._watched:
            try:
                widget.removeEventFilter(self)
            except RuntimeError:  # Qt has deleted it already
                continue
        self._watched = []

    def eventFilter(self, watched: QObject | None, event: QEvent | None) -> bool:
        """Take drags and drops of ours; let all else pass."""
        if event is None or event.type() not in (QEvent.Type.DragEnter, QEvent.Type.Drop):
            return False
        paths = dropped_paths(event.mimeData())
        if not paths:
            return False
        event.acceptProposedAction()
        if event.type() == QEvent.Type.Drop:
            self.dropped.emit(paths)
        return True
