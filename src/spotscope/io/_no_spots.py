"""What a file or folder is that holds no spots, so that who gave it sees the mistake."""

from __future__ import annotations

from typing import TYPE_CHECKING, NoReturn

from spotscope.model import OutFile, ReadError

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["refuse_no_spots", "refuse_several"]

_FORMS = (
    "give an .h5ad file, a SpatialData store, the outs folder of Space Ranger (with "
    "spatial/tissue_positions*.csv), or a .tsv of counts with spots named like 10x13."
)
#: What lies in folders of assays that are not read, and in those of earlier stages.
_OTHERS = (
    ("cell_by_gene.csv", "MERSCOPE output"),
    ("*exprMat_file.csv*", "CosMx output"),
    ("*.gef", "Stereo-seq output"),
    ("experiment.xenium", "Xenium output without its cells"),
    ("*.fastq.gz", "raw reads"),
)
_MATRICES = ("*feature_bc_matrix.h5", "*feature_bc_matrix", "*matrix.mtx*")
_OUTLINES = (".geojson", ".json")


def refuse_no_spots(path: Path) -> NoReturn:
    """Say what was found in the place of spots, and what to do.

    Raises
    ------
    ReadError
        Always.
    """
    name = path.name
    if path.suffix.lower() in _OUTLINES:
        raise ReadError(
            f"Expected spots or an image, found {name!r}, which may hold outlines; open the image "
            "that they were drawn on first."
        )
    if path.name.endswith("feature_bc_matrix.h5"):
        raise _without_places(name)
    if not path.is_dir():
        raise ReadError(
            f"Expected spots, found a file {name!r} that is no h5ad, Zarr table, Space Ranger or "
            f"Xenium output, bead or legacy ST table; {_FORMS}"
        )
    if not any(path.iterdir()):
        raise ReadError(f"Expected spots, found the empty folder {name!r}; {_FORMS}")
    if any(next(path.glob(pattern), None) for pattern in _MATRICES):
        raise _without_places(name)
    for pattern, what in _OTHERS:
        if next(path.glob(pattern), None) is not None:
            raise ReadError(f"Expected spots, found {what} in the folder {name!r}; {_FORMS}")
    refuse_several(path)  # after what lies there itself: a result may lie beside its input
    raise ReadError(
        f"Expected spots, found a folder {name!r} that is no Zarr table, Space Ranger or Xenium "
        f"output, and has no tables of beads; {_FORMS}"
    )


def refuse_several(path: Path) -> None:
    """Say of a folder around sections, or results such as those of slices, that they are in it.

    Raises
    ------
    ReadError
        If they are.
    """
    if path.is_dir() and (inner := _sections_in(path)):
        listed = ", ".join(inner[:3]) + (", …" if len(inner) > 3 else "")
        name, which = path.resolve().name, "that" if len(inner) == 1 else "one of them"
        raise ReadError(
            f"Expected the folder of one section, found {len(inner)} in {name!r} ({listed}); open "
            f"{which}."
        )


def _without_places(name: str) -> ReadError:
    return ReadError(
        f"Expected spots, found counts without places in {name!r}; put the folder 'spatial' of the "
        "same Space Ranger run beside them, or give single cells as the reference."
    )


def _sections_in(path: Path) -> list[str]:
    """Folders inside that can be opened: of Space Ranger, or results."""
    from spotscope.io._spaceranger import find_space_ranger

    folders = sorted(folder for folder in path.iterdir() if folder.is_dir())
    return [
        folder.name
        for folder in folders
        if (folder / OutFile.SESSION).is_dir() or find_space_ranger(folder) is not None
    ]
