"""Readers and writers: one file a format, nothing loaded before it is needed."""

from spotscope.io._alignment import (
    check_alignment,
)
from spotscope.io._annotated import (
    AnnotatedTile,
    read_annotated,
)
from spotscope.io._describe import (
    Description,
    describe,
)
from spotscope.io._gene_sets import (
    read_gene_sets,
)
from spotscope.io._geojson import (
    write_nuclei_geojson,
)
from spotscope.io._held import Hold, hold, let_go
from spotscope.io._image_zarr import (
    write_image_zarr,
)
from spotscope.io._label_columns import label_columns
from spotscope.io._label_tiff import (
    read_label_tiff,
    write_label_tiff,
)
from spotscope.io._labels import (
    open_label_zarr,
    write_label_zarr,
)
from spotscope.io._memory import available_bytes
from spotscope.io._nuclei_geojson import (
    DrawnNuclei,
    nuclei_of_geojson,
)
from spotscope.io._ome_zarr import (
    open_ome_zarr,
)
from spotscope.io._orientation import said_of_orientation
from spotscope.io._outlines import (
    read_outlines,
    write_outlines,
)
from spotscope.io._panel import (
    read_panel,
)
from spotscope.io._pyramid import SLIDES_BYTES
from spotscope.io._reference import (
    read_reference,
)
from spotscope.io._regions import (
    read_geojson,
)
from spotscope.io._regions_out import (
    write_regions_geojson,
)
from spotscope.io._room import KeptEntry, kept_entries, trim
from spotscope.io._session import (
    read_session,
    write_session,
)
from spotscope.io._session_about import session_about
from spotscope.io._session_parts import STATE, SessionParts, SessionWriter, read_parts
from spotscope.io._slide import (
    is_slide,
    open_slide,
    slide_mpp,
    slide_shape,
)
from spotscope.io._spot_table import (
    SpotTable,
    read_spots,
)
from spotscope.io._staging import (
    staged,
    try_folder,
)
from spotscope.io._tables_out import (
    write_cells_h5ad,
    write_spots_h5ad,
    write_table_h5ad,
)
from spotscope.io._tissue import (
    find_tissue,
    flag_spots,
)
from spotscope.io._whole import missing_parts

__all__ = [
    "SLIDES_BYTES",
    "STATE",
    "AnnotatedTile",
    "Description",
    "DrawnNuclei",
    "Hold",
    "KeptEntry",
    "SessionParts",
    "SessionWriter",
    "SpotTable",
    "available_bytes",
    "check_alignment",
    "describe",
    "find_tissue",
    "flag_spots",
    "hold",
    "is_slide",
    "kept_entries",
    "label_columns",
    "let_go",
    "missing_parts",
    "nuclei_of_geojson",
    "open_label_zarr",
    "open_ome_zarr",
    "open_slide",
    "read_annotated",
    "read_gene_sets",
    "read_geojson",
    "read_label_tiff",
    "read_outlines",
    "read_panel",
    "read_parts",
    "read_reference",
    "read_session",
    "read_spots",
    "said_of_orientation",
    "session_about",
    "slide_mpp",
    "slide_shape",
    "staged",
    "trim",
    "try_folder",
    "write_cells_h5ad",
    "write_image_zarr",
    "write_label_tiff",
    "write_label_zarr",
    "write_nuclei_geojson",
    "write_outlines",
    "write_regions_geojson",
    "write_session",
    "write_spots_h5ad",
    "write_table_h5ad",
]
