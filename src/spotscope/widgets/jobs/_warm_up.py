"""What the first steps load, loaded while the window is still empty."""

from __future__ import annotations

from importlib import import_module
from importlib.util import find_spec
from typing import TYPE_CHECKING

from spotscope.model import Progress

if TYPE_CHECKING:
    from spotscope.model import Task

__all__ = ["networks_task", "warm_up_task"]


#: What samples and references are read with, and how they lie to each other is found.
READERS = ("anndata", "scipy.signal", "skimage.filters", "tifffile")
#: What networks run with, where it is installed: one to two seconds of the processor.
NETWORKS = ("torch", "stardist")


def warm_up_task() -> Task[None]:
    """Load what would be waited for later: two to three seconds of the processor.

    Units; what napari cuts outlines into triangles with, which is compiled when a layer of
    outlines is first made; what samples are read with.
    """
    total = 3 + len(READERS)
    yield Progress("warming up", 0, total)
    import pint

    pint.get_application_registry().Unit("micrometer")  # type: ignore[no-untyped-call]
    yield Progress("warming up", 1, total)
    from napari.layers import Shapes

    Shapes([], ndim=2)
    for done, name in enumerate(READERS, start=2):
        yield Progress("warming up", done, total)
        import_module(name)
    yield Progress("warming up", total - 1, total)
    import dask.array as da

    da.zeros(1).compute()  # loads what chooses the threads


def networks_task() -> Task[None]:
    """Load what nuclei are found with by default, so that the first search begins at once."""
    for done, name in enumerate(NETWORKS):
        yield Progress("warming up", done, len(NETWORKS))
        if find_spec(name) is not None:
            import_module(name)
