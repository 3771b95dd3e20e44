"""The dock in napari, the Qt bridge to a task, the reader and the sample data."""

from spotscope.widgets._dock import SpotscopeWidget
from spotscope.widgets._reader import get_reader
from spotscope.widgets._sample_data import demo_layers

__all__ = ["SpotscopeWidget", "demo_layers", "get_reader"]
