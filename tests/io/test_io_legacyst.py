"""Legacy ST tables written by hand, with and without their spot file."""

import gzip
from pathlib import Path

import numpy as np
import pytest

from spotscope.io import read_spots
from spotscope.model import ReadError

#: Array positions (x, y) of a square lattice of 3 × 2, one short; and their counts of two genes.
ARRAY = [(10, 20), (11, 20), (12, 20), (10, 21), (12, 21)]
COUNTS = [(1, 2), (3, 4), (5, 6), (7, 8), (9, 10)]


def pixel(x: float, y: float) -> tuple[float, float]:
    """290 px apart; (10, 20) lies at (2500, 5800)."""
    return 2500 + 290 * (x - 10), 5800 + 290 * (y - 20)


def counts_text(names: list[str] | None = None) -> str:
    names = names or [f"{x}x{y}" for x, y in ARRAY]
    rows = [f"{n}\t{a}\t{b}" for n, (a, b) in zip(names, COUNTS, strict=True)]
    return "\tERBB2\tCD3E\n" + "\n".join(rows) + "\n"


def spots_text(places=ARRAY) -> str:
    head = "x\ty\tnew_x\tnew_y\tpixel_x\tpixel_y\n"
    rows = []
    for x, y in places:
        px, py = pixel(x, y)
        rows.append(f"{x}\t{y}\t{x + 0.013:.3f}\t{y - 0.021:.3f}\t{px}\t{py}")
    return head + "\n".join(rows) + "\n"


@pytest.fixture
def section(tmp_path) -> Path:
    """As published: counts zipped, the spot file in a folder beside theirs."""
    (tmp_path / "ST-cnts").mkdir()
    (tmp_path / "ST-spotfiles").mkdir()
    (tmp_path / "ST-spotfiles" / "A1_selection.tsv").write_text(spots_text())
    (tmp_path / "ST-spotfiles" / "A10_selection.tsv").write_text("x\ty\tpixel_x\tpixel_y\n")
    path = tmp_path / "ST-cnts" / "A1.tsv.gz"
    path.write_bytes(gzip.compress(counts_text().encode()))
    return path


def test_counts_and_pixels_are_put_together(section):
    read = read_spots(section)
    assert read.name == "A1"
    assert list(read.table.obs_names) == ["10x20", "11x20", "12x20", "10x21", "12x21"]
    assert list(read.table.var_names) == ["ERBB2", "CD3E"]
    assert read.table.X.toarray().tolist() == [list(row) for row in COUNTS]
    assert read.yx[1].tolist() == [5800, 2790]  # 11x20: pixel (x 2790, y 5800)
    assert read.yx[3].tolist() == [6090, 2500]


def test_the_pixel_size_comes_from_the_pitch_of_200_um(section):
    read = read_spots(section)
    assert (read.unit, read.lattice_kind, read.diameter_um) == ("px", "square", 100)
    assert read.mpp == pytest.approx(200 / 290)
    assert read.notes == ("Pixel size 0.69 µm inferred from the spot pitch (200 µm).",)


def test_without_a_spot_file_spots_lie_by_their_names(tmp_path):
    path = tmp_path / "B.tsv"
    path.write_text(counts_text())
    read = read_spots(path)
    assert (read.unit, read.image) == ("um", None)
    assert read.yx[1].tolist() == [4000, 2200]
    assert read.to_spots().lattice.pitch_um == 200
    assert "no image fits under them" in read.notes[0]


def test_names_may_be_positions_corrected_for_drift(tmp_path):
    (tmp_path / "C.tsv").write_text(
        counts_text([f"{x + 0.013:.3f}x{y - 0.021:.3f}" for x, y in ARRAY])
    )
    (tmp_path / "C_spots.tsv").write_text(spots_text())
    assert read_spots(tmp_path / "C.tsv").yx[1].tolist() == [5800, 2790]


def test_a_spot_not_in_the_spot_file_is_placed_and_said(tmp_path):
    (tmp_path / "D.tsv").write_text(counts_text())
    (tmp_path / "D_spots.tsv").write_text(spots_text(ARRAY[:4]))
    read = read_spots(tmp_path / "D.tsv")
    np.testing.assert_allclose(read.yx[4], [6090, 3080])
    assert read.notes[0].startswith("1 of 5 spots are not in D_spots.tsv")


def test_spots_as_columns_are_understood(tmp_path):
    text = "\t" + "\t".join(f"{x}x{y}" for x, y in ARRAY) + "\n"
    for gene, column in zip(("ERBB2", "CD3E"), zip(*COUNTS, strict=True), strict=True):
        text += gene + "\t" + "\t".join(map(str, column)) + "\n"
    (tmp_path / "E.tsv").write_text(text)
    read = read_spots(tmp_path / "E.tsv")
    assert read.table.X.toarray().tolist() == [list(row) for row in COUNTS]


def test_a_spot_file_of_another_section_is_refused(tmp_path):
    (tmp_path / "F.tsv").write_text(counts_text())
    (tmp_path / "F_spots.tsv").write_text(spots_text([(1, 1), (10, 20)]))
    with pytest.raises(ReadError, match=r"pixel of every spot in F_spots.tsv, found 1 of 5"):
        read_spots(tmp_path / "F.tsv")


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("11x20\t3", "total\t3", "to be named like 10x13, found 'total'"),
        ("\t4\n", "\thigh\n", "numbers in every column of G.tsv, found text in 1 .*'CD3E'"),
        ("\t4\n", "\t0.7\n", "log-normalised values"),
        ("\t4\n", "\t-4\n", "found -4"),
        ("11x20", "10x20", "every spot name once"),
    ],
)
def test_a_table_that_is_wrong_says_where(tmp_path, old, new, said):
    text = counts_text()
    assert old in text
    (tmp_path / "G.tsv").write_text(text.replace(old, new))
    with pytest.raises(ReadError, match=said):
        read_spots(tmp_path / "G.tsv")


def test_a_truncated_file_is_refused(section):
    section.write_bytes(section.read_bytes()[:-12])
    with pytest.raises(ReadError, match=r"a table of counts in A1.tsv.gz, .*copy it again"):
        read_spots(section)
