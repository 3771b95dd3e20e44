"""The dock in napari, the Qt bridge to a task, the reader and the sample data."""

from spotscope.widgets.dock._dock import SpotscopeWidget
from spotscope.widgets.sample._reader import get_reader
from spotscope.widgets.sample._sample_data import demo_layers

__all__ = ["SpotscopeWidget", "demo_layers", "get_reader"]
