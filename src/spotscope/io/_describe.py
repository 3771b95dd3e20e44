"""What a file or folder is, what can be done with it, and what it lacks: ``spotscope info``.

Nothing is loaded whole: headers, shapes, names of columns and a few rows are looked at.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from spotscope.io._broken import FAILURES
from spotscope.io._no_spots import refuse_several
from spotscope.io._packed import refuse_packed
from spotscope.io._session_about import session_about
from spotscope.io._whole import missing_parts, named
from spotscope.model import OutFile, ReadError

if TYPE_CHECKING:
    from spotscope.io._bead_tables import BeadTables
    from spotscope.io._spaceranger import SpaceRangerFolder
    from spotscope.io._xenium import XeniumFolder

__all__ = ["Description", "describe"]

_FEATURE = re.compile(rb'"type"\s*:\s*"Feature"')
_LABEL_NAME = re.compile(r"(label|mask|nuclei|segment)", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Description:
    """What there is to say of a path.

    Parameters
    ----------
    kind
        ``Space Ranger folder``, ``h5ad with spots``, ``single-cell reference``, ``slide image``,
        ``spotscope session``, ``GeoJSON regions``, ``label image``, …
    facts
        Pairs of label and value.
    can, lacks
        What can be done with it, and what it does not have; one phrase each.
    """

    kind: str
    facts: tuple[tuple[str, str], ...] = ()
    can: tuple[str, ...] = ()
    lacks: tuple[str, ...] = ()


def describe(path: str | Path) -> Description:
    """Say what ``path`` is.

    Raises
    ------
    ReadError
        If there is nothing, or nothing that spotscope reads.
    """
    path = Path(path)
    try:
        return _describe(path)
    except ReadError as err:
        err.add_note(f"while looking at {path}")
        raise
    except FAILURES as err:  # of a part that only a reader looks at closely
        raise ReadError(
            f"Expected to make out what {path.name!r} is, found a part of it that cannot be read "
            f"({err}); copy or download it again."
        ) from err


def _describe(path: Path) -> Description:
    from spotscope.io._bead_tables import find_beads
    from spotscope.io._legacy_st import is_legacy_st
    from spotscope.io._slide import is_slide
    from spotscope.io._spaceranger import find_space_ranger
    from spotscope.io._table_zarr import find_table
    from spotscope.io._tenx import find_mtx
    from spotscope.io._xenium import find_xenium

    if not path.exists():
        raise ReadError(
            f"Expected a file or folder at {path}, found nothing there; check the path."
        )
    if (attributes := session_about(path)) is not None:
        return _session(path, attributes)
    if path.suffix in (".h5ad", ".h5"):
        from spotscope.io._describe_h5ad import describe_hdf5

        return describe_hdf5(path)
    if path.suffix.lower() in (".geojson", ".json") and path.is_file():
        if (regions := _regions(path)) is not None:
            return regions
    elif is_slide(path):
        return _slide(path)
    if (stored := find_table(path)) is not None:
        from spotscope.io._describe_h5ad import describe_zarr

        return describe_zarr(stored)
    if path.name.endswith((".mtx", ".mtx.gz")) and find_mtx(path.parent) is not None:
        return _mtx(path.parent)
    if path.is_dir() or "tissue_positions" in path.name:
        if (outs := find_space_ranger(path)) is not None:
            return _space_ranger(outs)
        if (cells := find_xenium(path)) is not None:
            return _xenium(cells)
        if path.is_dir() and find_mtx(path) is not None:
            return _mtx(path)
    if is_legacy_st(path):
        return _legacy_st(path)
    if (beads := find_beads(path)) is not None:
        return _beads(beads)
    if path.is_file() and path.stat().st_size == 0:
        raise ReadError(
            f"Expected a slide, spots, a reference or a session, found {path.name!r} empty; copy "
            "or download it again."
        )
    refuse_packed(path)
    refuse_several(path)
    raise ReadError(
        f"Expected a slide, spots, a reference or a session, found {path.name!r}, which is none "
        "that spotscope reads; see the README for the formats."
    )


def _session(path: Path, attributes: dict[str, object]) -> Description:
    facts = []
    for label, key in (("sample", "name"), ("written by format", "format")):
        if key in attributes:
            facts.append((label, str(attributes[key])))
    out = path.parent if path.name == OutFile.SESSION else path
    written = [str(name) for name in OutFile if (out / str(name)).exists()]
    if written:
        facts.append(("files", ", ".join(written)))
    if gone := missing_parts(path if out is not path else path / OutFile.SESSION):
        lacks = f"files missing from {named(gone)}: copy the whole folder again"
        return Description("spotscope session", tuple(facts), lacks=(lacks,))
    return Description(
        "spotscope session", tuple(facts), (f"open it as it was left: spotscope view {out.name}",)
    )


def _slide(path: Path) -> Description:
    from spotscope.io._slide import image_source, slide_shape

    if _is_label_image(path):
        height, width = slide_shape(path)
        return Description(
            "label image",
            (("size", f"{width:,} × {height:,} px"),),
            ("show it beside the slide it belongs to",),
        )
    source = image_source(path)
    height, width = source.shape[:2]
    mpp = None if source.pixel is None else source.pixel.mpp
    facts = [("size", f"{width:,} × {height:,} px")]
    if mpp is not None:
        facts.append(("pixel size", f"{mpp:.4g} µm"))
        facts.append(("extent", f"{width * mpp / 1000:.2f} × {height * mpp / 1000:.2f} mm"))
    elif source.pixel is not None:
        facts.append(("pixel size", f"{source.pixel.x_um:.4g} × {source.pixel.y_um:.4g} µm"))
    can = ("find nuclei: spotscope segment", "lie under spots: spotscope run SPOTS --image")
    lacks: tuple[str, ...] = ()
    if source.pixel is None:
        lacks = ("a pixel size (give --mpp, or spots to infer it from)",)
    elif mpp is None:
        lacks = ("square pixels (resample it, or give --mpp if their size is a mistake)",)
    return Description("slide image", tuple(facts), can, lacks)


def _is_label_image(path: Path) -> bool:
    """A single plane of wide integers is labels; of 16 bits it may be, if its name says so."""
    import tifffile

    if not path.name.lower().endswith((".tif", ".tiff")):
        return False
    try:
        with tifffile.TiffFile(path) as file:
            page = file.series[0].levels[0]
            kind, axes = np.dtype(page.dtype), page.axes
    except (tifffile.TiffFileError, IndexError, OSError):
        return False
    if axes.strip("QI") != "YX":
        return False
    named = _LABEL_NAME.search(path.stem) is not None
    return kind in (np.uint32, np.int32) or (kind in (np.uint16, np.int16) and named)


def _regions(path: Path) -> Description | None:
    """Features counted as the bytes go by; None if it is JSON of another kind."""
    count, tail = 0, b""
    with path.open("rb") as file:
        while block := file.read(1 << 20):
            text = tail + block
            ends = [match.end() for match in _FEATURE.finditer(text)]
            count += len(ends)
            # An entry cut in two by the end of the block is seen again whole with the next.
            tail = text[max(ends[-1] if ends else 0, len(text) - 64) :]
    if count == 0:
        return None
    return Description(
        "GeoJSON regions",
        (("regions", f"{count:,}"),),
        ("restrict a run to them: spotscope run SPOTS --region",),
    )


def _space_ranger(outs: SpaceRangerFolder) -> Description:
    from spotscope.io._lattice import guess_lattice, platform_pitch_um
    from spotscope.io._spaceranger import image_of, read_positions, scale_factors

    factors = scale_factors(outs.spatial)
    facts = [("positions", outs.positions.name)]
    mpp = factors.get("microns_per_pixel")
    if outs.positions.suffix == ".parquet":
        import pyarrow.parquet as pq

        facts.append(("places", f"{pq.read_metadata(outs.positions).num_rows:,}"))
    else:
        places = read_positions(outs.positions)
        inside = int((places["in_tissue"] == 1).sum())
        facts.append(("places", f"{len(places):,}, of them {inside:,} under tissue"))
        yx = places[["pxl_row_in_fullres", "pxl_col_in_fullres"]].to_numpy(float)
        guess = guess_lattice(yx)
        pitch_um = platform_pitch_um(guess.kind, None)
        facts.append(("lattice", f"{guess.kind}, {guess.pitch:.1f} px apart"))
        mpp = mpp or (pitch_um / guess.pitch if pitch_um else None)
    if mpp is not None:
        facts.append(("pixel size", f"{mpp:.4g} µm of the full-resolution image"))
    lacks = ["the full-resolution image (give it with --image)"]
    if outs.matrix is None:
        lacks.append("the count matrix (filtered_feature_bc_matrix.h5)")
    else:
        facts.append(("counts", outs.matrix.name))
    image, _ = image_of(outs.spatial, factors)
    if image is not None:
        facts.append(("image", image.name))
    facts += [("note", note) for note in outs.notes]
    can = ("type cells: spotscope run FOLDER --image IMAGE --reference REFERENCE",)
    return Description("Space Ranger folder", tuple(facts), can, tuple(lacks))


def _xenium(folder: XeniumFolder) -> Description:
    facts = (("counts", folder.matrix.name), ("places", folder.cells.name), ("unit", "µm"))
    can = (
        "type cells, each as a spot of one: spotscope type FOLDER --reference REFERENCE",
        "gain genes: spotscope impute FOLDER --reference REFERENCE",
    )
    return Description("Xenium folder", facts, can, ())


def _beads(tables: BeadTables) -> Description:
    facts = (("counts", tables.counts.name), ("places", tables.places.name))
    can = ("type beads: spotscope type FOLDER --mpp M --reference REFERENCE --mode doublet",)
    lacks = ("a pixel size (--mpp; Slide-seq's places are often in pixels of 0.65 µm)",)
    return Description("bead tables", facts, can, lacks)


def _mtx(folder: Path) -> Description:
    from spotscope.io._legacy_st import open_text
    from spotscope.io._tenx import find_mtx

    matrix = find_mtx(folder)
    assert matrix is not None
    with open_text(matrix) as file:
        sizes = next((line for line in file if not line.startswith("%")), "0 0 0").split()
    facts = (("genes", f"{int(sizes[0]):,}"), ("barcodes", f"{int(sizes[1]):,}"))
    return Description("10x count matrix", facts, *_MATRIX_ALONE)


#: What can be done with a count matrix alone, and what it lacks.
_MATRIX_ALONE = (
    ("serve as a reference: spotscope run SPOTS --reference MATRIX --labels TYPES.csv",),
    ("cell types (give --labels FILE)", "positions of spots"),
)


def _legacy_st(path: Path) -> Description:
    from spotscope.io._legacy_st import count_lines, find_spot_file

    rows, columns = count_lines(path)
    facts = [("rows", f"{rows:,}"), ("columns", f"{columns:,}")]
    spot_file = find_spot_file(path)
    lacks = ["the image (give it with --image)"]
    if spot_file is not None:
        facts.append(("spot file", spot_file.name))
    else:
        lacks = ["a spot file with pixel_x and pixel_y: no image fits under the spots without"]
    can = ("type cells: spotscope run COUNTS --reference REFERENCE",)
    return Description("legacy ST table", tuple(facts), can, tuple(lacks))
