"""What the first layers load, loaded while the window is still empty."""

from __future__ import annotations

from typing import TYPE_CHECKING

from spotscope.model import Progress

if TYPE_CHECKING:
    from spotscope.model import Task

__all__ = ["warm_up_task"]


def warm_up_task() -> Task[None]:
    """Load what the first layers would load while the window waits: a second of the processor.

    Units, and what napari cuts outlines into triangles with, which is compiled when a layer of
    outlines is first made.
    """
    yield Progress("warming up", 0, 2)
    import pint

    pint.get_application_registry().Unit("micrometer")  # type: ignore[no-untyped-call]
    yield Progress("warming up", 1, 2)
    from napari.layers import Shapes

    Shapes([], ndim=2)
