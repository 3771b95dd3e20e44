"""A table of spots as a file has it, on the way to the spots of the model.

Files say where spots are in pixels of an image or in µm. Which of the two, how large a pixel is
and how the spots are laid out is settled here, once for all formats.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Literal, TypeAlias

import numpy as np
import numpy.typing as npt

from spotscope.io._anndata import names_may_repeat, repeated_genes, take_raw_counts
from spotscope.io._lattice import (
    Kind,
    guess_lattice,
    platform_diameter_um,
    platform_pitch_um,
)
from spotscope.io._no_spots import refuse_no_spots
from spotscope.io._packed import refuse_packed
from spotscope.model import Lattice, OutFile, ReadError, Spots, check_mpp

if TYPE_CHECKING:
    from anndata import AnnData

__all__ = ["Layout", "SpotTable", "Unit", "read_spots", "settle"]

Unit: TypeAlias = Literal["px", "um"]


#: A pixel of exactly one µm is rarer than places in µm of which nobody says so.
_ONE = 0.01
_IN_MICRONS = (
    ". The places may be in µm already: if so, write 'um' in uns['spatial_units'], and give the "
    "image's pixel size (--mpp)."
)


@dataclass(frozen=True, slots=True)
class Layout:
    """What a file states of its spots' layout; None where it says nothing.

    Parameters
    ----------
    kind
        ``hex``, ``square`` or ``free``.
    pitch_um, diameter_um
        In µm.
    mpp
        µm per pixel of the full-resolution image.
    """

    kind: Kind | None = None
    pitch_um: float | None = None
    diameter_um: float | None = None
    mpp: float | None = None


@dataclass(frozen=True, slots=True, eq=False)
class SpotTable:
    """Spots as read, before their pixel size is settled.

    Parameters
    ----------
    table
        AnnData (spot, gene), X = raw counts CSR int32, without ``obsm["spatial"]``.
    yx
        (spot, 2) centres (y, x) in ``unit``.
    unit
        ``px`` of the full-resolution image, or ``um``.
    lattice_kind
        ``hex``, ``square`` or ``free``.
    pitch
        Distance between neighbours in ``unit``; NaN for a single spot.
    diameter_um
        Diameter of a spot in µm, or None when neither file nor platform tells.
    mpp
        µm per full-resolution pixel: given, else stated in the file, else inferred from the pitch.
    image, image_mpp
        An image found beside the spots, and its µm per pixel.
    name
        Of the sample.
    notes
        What reading brought up, one sentence each.
    lattice_mpp
        µm per pixel by the pitch alone, where the platform's pitch is known.
    """

    table: AnnData = field(repr=False)
    yx: npt.NDArray[np.float64] = field(repr=False)
    unit: Unit
    lattice_kind: Kind
    pitch: float
    diameter_um: float | None
    mpp: float | None
    image: Path | None
    image_mpp: float | None
    name: str
    notes: tuple[str, ...]
    lattice_mpp: float | None = None

    def to_spots(self, mpp: float | None = None) -> Spots:
        """Return the spots in µm.

        Parameters
        ----------
        mpp
            µm per full-resolution pixel, where it is known better than in the file.

        Raises
        ------
        ReadError
            If positions are in pixels and no pixel size is known.
        """
        scale = 1.0
        if self.unit == "px":
            known = mpp if mpp is not None else self.mpp
            if known is None:
                raise ReadError(
                    f"Expected a pixel size for the spots of {self.name}, found positions in "
                    f"pixels on a {self.lattice_kind} layout that does not tell it; give it in µm "
                    "per pixel (--mpp M; 1 if the positions are in µm)."
                )
            scale = check_mpp(known, f"the spots of {self.name}")
        pitch = self.pitch * scale
        if not np.isfinite(pitch):  # a single spot has no neighbour
            pitch = self.diameter_um or 100.0
        diameter = self.diameter_um or platform_diameter_um(self.lattice_kind, pitch)
        return Spots(self.table, self.yx * scale, Lattice(self.lattice_kind, pitch, diameter))


def read_spots(path: str | Path, *, mpp: float | None = None) -> SpotTable:
    """Read spots from whatever form they come in.

    Parameters
    ----------
    path
        ``.h5ad``; AnnData in Zarr, or a SpatialData store; a Space Ranger ``outs`` folder, its
        ``spatial`` folder or a file in either; Xenium's output folder; ``.tsv``, ``.tsv.gz``,
        ``.csv`` or ``.txt`` with spots named ``XxY``; a folder of two such texts, counts and
        places of beads.
    mpp
        µm per full-resolution pixel, overriding what the file says.

    Raises
    ------
    ReadError
        If it is none of them, or what it holds cannot be spots with raw counts.
    """
    path = Path(path)
    try:
        if not path.exists():
            raise ReadError(f"Expected spots at {path}, found nothing there; check the path.")
        return _read(path, mpp)
    except ReadError as err:
        err.add_note(f"while reading spots from {path}")
        raise


def _read(path: Path, mpp: float | None) -> SpotTable:
    if path.suffix == ".h5ad":
        from spotscope.io._h5ad import read_h5ad_spots

        return read_h5ad_spots(path, mpp=mpp)

    from spotscope.io._bead_tables import find_beads, read_beads
    from spotscope.io._legacy_st import is_legacy_st, read_legacy_st
    from spotscope.io._spaceranger import find_space_ranger, read_space_ranger
    from spotscope.io._table_zarr import find_table
    from spotscope.io._xenium import find_xenium, read_xenium

    if (stored := find_table(path)) is not None:
        from spotscope.io._h5ad import read_h5ad_spots

        return read_h5ad_spots(stored, mpp=mpp)
    if (outs := find_space_ranger(path)) is not None:
        return read_space_ranger(outs, mpp=mpp)
    if (cells := find_xenium(path)) is not None:
        return read_xenium(cells, mpp=mpp)
    if is_legacy_st(path):
        return read_legacy_st(path, mpp=mpp)
    if (beads := find_beads(path)) is not None:
        return read_beads(beads, mpp=mpp)
    if (path / OutFile.SESSION).exists() or path.name == OutFile.SESSION:
        raise ReadError(
            f"Expected spots, found a result of spotscope in {path.name!r}; open it (spotscope view"
            f"), or give the spots it was made of, or {OutFile.SPOTS} in it."
        )
    refuse_packed(path)
    refuse_no_spots(path)


def settle(
    table: AnnData,
    yx: npt.NDArray[np.float64],
    unit: Unit,
    stated: Layout,
    *,
    name: str,
    mpp: float | None = None,
    image: Path | None = None,
    image_scale: float = 1.0,
    notes: tuple[str, ...] = (),
) -> SpotTable:
    """Check a table at the door and settle layout and pixel size, for every format alike.

    Parameters
    ----------
    table, yx, unit
        As in :class:`SpotTable`; counts may still be of any number type.
    stated
        What the file says of the layout.
    mpp
        What the user says of the pixel size.
    image, image_scale
        An image beside the spots, and its pixels per full-resolution pixel.
    notes
        Of the reader, put first.
    """
    table, found = take_raw_counts(table)
    notes = (*notes, *found, *repeated_genes(table.var_names))
    # What is wrong with counts, names or places is said here, in whatever unit the places are.
    with names_may_repeat():
        checked = Spots(table, np.asarray(yx, float), Lattice("free", 1.0, 1.0))
    guess = guess_lattice(checked.yx_um)
    kind = stated.kind or guess.kind
    diameter = stated.diameter_um
    pitch_um = stated.pitch_um or platform_pitch_um(kind, diameter, checked.n)
    lattice_mpp = pitch_um / guess.pitch if unit == "px" and pitch_um else None
    if lattice_mpp is not None and not np.isfinite(lattice_mpp):
        lattice_mpp = None
    known = next((m for m in (mpp, stated.mpp, lattice_mpp) if m is not None), None)
    if known is not None:
        check_mpp(known, f"the spots of {name}")
    return SpotTable(
        table=checked.table,
        yx=checked.yx_um,
        unit=unit,
        lattice_kind=kind,
        pitch=_pitch(guess.pitch, stated, unit),
        diameter_um=diameter or _diameter(kind, guess.pitch, unit, known),
        mpp=known,
        image=image,
        image_mpp=None if image is None or known is None else known / image_scale,
        name=name,
        notes=(
            *notes,
            *_on_pixel_size(mpp or stated.mpp, lattice_mpp, pitch_um, thumbnail=image_scale < 1),
        ),
        lattice_mpp=lattice_mpp,
    )


def _pitch(seen: float, stated: Layout, unit: Unit) -> float:
    """The stated pitch where it needs no conversion, else the one seen."""
    return stated.pitch_um if unit == "um" and stated.pitch_um else seen


def _diameter(kind: Kind, pitch: float, unit: Unit, mpp: float | None) -> float | None:
    scale = 1.0 if unit == "um" else mpp
    if scale is None or not np.isfinite(pitch):
        return None
    return platform_diameter_um(kind, pitch * scale)


def _on_pixel_size(
    said: float | None, seen: float | None, pitch_um: float | None, *, thumbnail: bool
) -> tuple[str, ...]:
    if seen is None:
        return ()
    if said is None:
        of = " of the full-resolution image" if thumbnail else ""  # not of what is shown
        found = f"Pixel size {seen:.3g} µm{of} inferred from the spot pitch ({pitch_um:g} µm)"
    elif abs(said / seen - 1) > 0.05:
        found = (
            f"The pixel size {said:.3g} µm does not fit the spot pitch: {pitch_um:g} µm between "
            f"spots would make it {seen:.3g} µm"
        )
    else:
        return ()
    return (f"{found}{_IN_MICRONS if abs(seen - 1) < _ONE else '.'}",)
