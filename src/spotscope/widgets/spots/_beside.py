"""What is read beside a long run: the image around a spot, and counts of one gene."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from qtpy.QtCore import QObject, Signal

from spotscope.widgets.jobs._runner import Runner
from spotscope.widgets.jobs._warm_up import networks_task, warm_up_task
from spotscope.widgets.spots._crop import read_crop

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt
    import scipy.sparse as sp

    from spotscope.model import Sample

__all__ = ["BesideReader"]


class BesideReader(QObject):
    """Reads parts of a sample on a thread of its own; ``cropped(Crop)``.

    ``warmed(what)`` once a part of what will be needed is loaded: ``samples`` from the start,
    ``networks`` when asked for.
    """

    cropped = Signal(object)
    warmed = Signal(str)

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        #: (spot, gene) counts as columns; None without spots
        self.by_gene: sp.csc_matrix | None = None
        self._runner = Runner(self)
        self._runner.succeeded.connect(self._on_succeeded)
        self._runner.latest("samples", warm_up_task)

    @property
    def busy(self) -> bool:
        """Whether anything is being read."""
        return self._runner.running is not None

    def read_crop(self, sample: Sample, index: int, px: int) -> None:
        """Read the image around a spot, where there is one."""
        if sample.slide is not None and sample.spots is not None:
            slide, spots = sample.slide, sample.spots
            y, x = (float(v) for v in spots.yx_um[index])
            side = spots.lattice.diameter_um * 1.3
            self._runner.latest("crop", lambda: read_crop(slide, index, (y, x), side, px))

    def gene_counts(self, sample: Sample, name: str) -> npt.NDArray[np.int64]:
        """(spot,) measured counts of a gene; of a name that stands twice, the sum."""
        assert sample.spots is not None
        assert self.by_gene is not None
        columns = (sample.spots.table.var_names == name).nonzero()[0]
        return self.by_gene[:, columns].sum(axis=1, dtype="int64").A1

    def load_networks(self) -> None:
        """Load what networks run with."""
        self._runner.latest("networks", networks_task)

    def close(self) -> None:
        """Stop, and never send anything again."""
        self.blockSignals(True)
        self._runner.close()

    def _on_succeeded(self, name: str, result: Any) -> None:
        if name == "crop":
            self.cropped.emit(result)
        else:
            self.warmed.emit(name)
