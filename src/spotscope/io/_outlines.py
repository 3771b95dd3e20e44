"""Outlines on disk: three arrays in a safetensors file, never a pickle."""

from __future__ import annotations

from typing import TYPE_CHECKING

from spotscope.model import ReadError, StarConvex

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["read_outlines", "write_outlines"]


def write_outlines(path: Path, outlines: StarConvex) -> None:
    """Write outlines to ``path``; the caller stages it."""
    import numpy as np
    from safetensors.numpy import save_file

    arrays = {
        "yx_um": np.ascontiguousarray(outlines.yx_um, np.float64),
        "radii_um": np.ascontiguousarray(outlines.radii_um, np.float32),
        "probability": np.ascontiguousarray(outlines.probability, np.float32),
    }
    save_file(arrays, path, metadata={"format": "spotscope outlines 1"})


def read_outlines(path: Path) -> StarConvex:
    """Read what :func:`write_outlines` wrote.

    Raises
    ------
    ReadError
        If the file is not there or not whole.
    """
    from safetensors import SafetensorError
    from safetensors.numpy import load_file

    try:
        arrays = load_file(path)
        return StarConvex(arrays["yx_um"], arrays["radii_um"], arrays["probability"])
    except (OSError, SafetensorError, KeyError) as err:
        raise ReadError(
            f"Expected outlines of nuclei in {path}, found a file that is not whole ({err}); "
            f"delete the folder {path.parent.name} it lies in and run the Nuclei step again."
        ) from err
