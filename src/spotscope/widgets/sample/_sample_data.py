"""File → Open Sample: the demo section, made on a thread while the window stays alive.

napari wants the layers as the answer of the call, so the call waits; it waits in an event loop of
its own, and the window goes on being drawn.
"""

from __future__ import annotations

from contextlib import closing
from typing import TYPE_CHECKING, Any

from napari.utils import progress
from qtpy.QtCore import QCoreApplication, QEventLoop, QThread

from spotscope.model import run
from spotscope.widgets.canvas._layer_data import sample_layers
from spotscope.widgets.jobs._tasks import read_demo
from spotscope.widgets.jobs._worker import TaskWorker

if TYPE_CHECKING:
    from napari.types import LayerData

    from spotscope.model import Progress, Task

__all__ = ["demo_layers"]


def demo_layers() -> list[LayerData]:
    """Return the layers of the demo section; an open dock takes sample and reference from them."""
    sample, reference = _wait_for(read_demo())
    return sample_layers(sample, reference)


def _wait_for(task: Task[Any]) -> Any:
    app = QCoreApplication.instance()
    if app is None or QThread.currentThread() is not app.thread():
        return run(task)
    answer: list[Any] = []
    errors: list[Exception] = []
    loop = QEventLoop()
    worker = TaskWorker(task)
    with closing(progress(total=0, desc="demo section")) as bar:
        worker.progressed.connect(lambda said: _describe(bar, said))
        worker.returned.connect(answer.append)
        worker.errored.connect(errors.append)
        worker.finished.connect(loop.quit)
        worker.start()
        loop.exec()
    if errors:
        raise errors[0]
    return answer[0]


def _describe(bar: Any, said: Progress) -> None:
    bar.set_description(said.stage)
