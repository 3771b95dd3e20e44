"""Readers and writers: one file a format, nothing loaded before it is needed."""

from spotscope.io._reference import (
    read_reference,
    reference_notes,
)
from spotscope.io._spot_table import (
    SpotTable,
    read_spots,
)

__all__ = [
    "SpotTable",
    "read_reference",
    "read_spots",
    "reference_notes",
]
