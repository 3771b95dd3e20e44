"""Slide-seq's text tables, written by hand as they are published."""

import gzip

import numpy as np
import pandas as pd
import pytest

from spotscope.io import describe, read_spots
from spotscope.model import ReadError

RNG = np.random.default_rng(0)
BEADS = ["".join(RNG.choice(list("ACGT"), 14)) for _ in range(30)]
COUNTS = RNG.poisson(1.0, (4, 30))  # (gene, bead)
XY = RNG.uniform(1000, 3000, (30, 2))
#: The table of counts in the style of Drop-seq.
ZIPPED = "Puck_200115_08.digital_expression.txt.gz"


def write_puck(folder, *, style="macosko", beads=BEADS):
    """Counts a row a gene; places in another order than the counts' columns."""
    folder.mkdir(parents=True, exist_ok=True)
    frame = pd.DataFrame(COUNTS, index=["G1", "G2", "G3", "G4"], columns=BEADS)
    places = pd.DataFrame({"b": beads, "x": XY[:, 0], "y": XY[:, 1]}).iloc[::-1]
    if style == "macosko":
        frame.rename_axis("GENE").to_csv(folder / "MappedDGEForR.csv")
        places.columns = ["barcodes", "xcoord", "ycoord"]
        places.to_csv(folder / "BeadLocationsForR.csv", index=False)
    else:
        text = frame.rename_axis("GENE").to_csv(sep="\t")
        name = ZIPPED
        (folder / name).write_bytes(gzip.compress(text.encode()))
        places.columns = ["barcode", "x", "y"]
        places.to_csv(folder / "Puck_200115_08_bead_locations.csv", index=False)
    return folder


@pytest.mark.parametrize("style", ["macosko", "drop-seq"])
def test_counts_and_places_are_joined_by_barcode(tmp_path, style):
    read = read_spots(write_puck(tmp_path / "puck", style=style), mpp=0.65)
    assert list(read.table.obs_names) == BEADS
    assert read.table.X.toarray().tolist() == COUNTS.T.tolist()
    np.testing.assert_allclose(read.to_spots().yx_um, XY[:, ::-1] * 0.65)


def test_either_file_leads_to_both(tmp_path):
    folder = write_puck(tmp_path / "puck")
    for name in ("MappedDGEForR.csv", "BeadLocationsForR.csv"):
        assert read_spots(folder / name, mpp=0.65).table.n_obs == 30


def test_without_a_pixel_size_it_is_asked_for(tmp_path):
    with pytest.raises(ReadError, match="--mpp M; 1 if the positions are in µm"):
        read_spots(write_puck(tmp_path / "puck")).to_spots()


def test_beads_without_a_place_are_counted(tmp_path):
    folder = write_puck(tmp_path / "puck", beads=["N" * 14, *BEADS[1:]])
    read = read_spots(folder, mpp=1.0)
    assert read.table.n_obs == 29
    assert read.notes[0] == "1 of 30 beads have no place and are left out."


def test_tables_of_two_pucks_are_refused(tmp_path):
    with pytest.raises(ReadError, match="found none"):
        read_spots(write_puck(tmp_path / "puck", beads=[f"{'N' * 12}{i:02}" for i in range(30)]))


def test_a_bead_at_two_places_is_refused(tmp_path):
    with pytest.raises(ReadError, match="found 1 at several"):
        read_spots(write_puck(tmp_path / "puck", beads=[BEADS[1], *BEADS[1:]]))


def test_it_is_described(tmp_path):
    assert describe(write_puck(tmp_path / "puck")).kind == "bead tables"
