"""Files that are chosen or dropped: what each handful is for, one after the other."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from qtpy.QtCore import QObject
from qtpy.QtWidgets import QFileDialog

from spotscope.widgets.dock._drop import FILES, IMAGES, REFERENCES, shows, told_apart

if TYPE_CHECKING:
    from spotscope.widgets.dock._dock import SpotscopeWidget

__all__ = ["Arrivals"]

#: While one of these reads files, those that come next wait: what they are for is told by what is
#: open then, and an image, its spots and a reference may come in any order and in any haste.
_READING = ("open", "reference")


class Arrivals(QObject):
    """Opens what comes, of :attr:`SpotscopeWidget.workbench`'s sample or as another one."""

    def __init__(self, dock: SpotscopeWidget) -> None:
        super().__init__(dock)
        self._dock = dock
        self._waiting: list[list[Path]] = []
        card = dock.sample_card
        dock.workbench.facts_changed.connect(lambda _: self._next())
        card.open_requested.connect(self._ask_for_files)
        card.folder_requested.connect(self._ask_for_a_folder)
        card.image_requested.connect(self._ask_for_the_image)
        dock.typing_card.reference_requested.connect(self._ask_for_a_reference)

    @property
    def waits(self) -> bool:
        """Whether files wait until others have been read."""
        return bool(self._waiting)

    def come(self, paths: list[Path]) -> None:
        """Open these, when what is being read has been."""
        self._waiting.append(paths)
        self._next()

    def forget(self) -> None:
        """Open nothing of what waits."""
        self._waiting.clear()

    def _next(self) -> None:
        while self._waiting and self._dock.workbench.running not in _READING:
            self._open(self._waiting.pop(0))

    def _open(self, paths: list[Path]) -> None:
        """Spots, their image, their reference, nuclei, in any mixture."""
        dock, bench = self._dock, self._dock.workbench
        if dock.check.cells.takes(paths):
            return
        facts = bench.facts
        slides, others = told_apart(paths, facts, bench.source)
        if others:
            dock.open_sample(*others, image=slides[0] if slides else None)
        elif slides and (facts.lost or (facts.spots and (facts.coarse or not facts.slide))):
            self._add_image(slides[0])
        elif slides and not shows(bench.session, slides[0]):
            dock.open_sample(slides[0])

    def _add_image(self, image: Path) -> None:
        if self._dock.workbench.facts.lost:
            self._dock.office.slides.find(image)
            return
        source = self._dock.workbench.source  # None of spots made in memory, which is said
        self._dock.open_sample(*([] if source is None else [source]), image=image)

    def _ask_for_files(self) -> None:
        paths, _ = QFileDialog.getOpenFileNames(self._dock, "Spots, image and reference", "", FILES)
        if paths:
            self.come([Path(path) for path in paths])

    def _ask_for_a_folder(self) -> None:
        path = QFileDialog.getExistingDirectory(self._dock, "Open a Space Ranger or result folder")
        if path:
            self.come([Path(path)])

    def _ask_for_the_image(self) -> None:
        path, _ = QFileDialog.getOpenFileName(self._dock, "The image of these spots", "", IMAGES)
        if path:
            self._add_image(Path(path))

    def _ask_for_a_reference(self) -> None:
        path, _ = QFileDialog.getOpenFileName(self._dock, "Open a reference", "", REFERENCES)
        if path:
            self._dock.workbench.open_reference(Path(path))
