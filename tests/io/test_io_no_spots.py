"""Whoever gives the wrong folder reads what it is, and what to do."""

import pytest

from spotscope.io import describe, read_session, read_spots
from spotscope.model import ReadError


@pytest.mark.parametrize(
    ("made", "said"),
    [
        ([], r"found the empty folder 'given'; give an .h5ad"),
        (["cell_by_gene.csv"], r"found MERSCOPE output in the folder 'given'"),
        (["S1_exprMat_file.csv.gz"], r"found CosMx output in"),
        (["experiment.xenium"], r"found Xenium output without its cells in"),
        (["a_R1.fastq.gz"], r"found raw reads in"),
        (["filtered_feature_bc_matrix.h5"], r"counts without places in 'given'; put the folder"),
        (["letter.doc"], r"found a folder 'given' that is no Zarr table"),
        (
            ["A/outs/spatial/tissue_positions.csv", "B/spatial/tissue_positions.csv", "C/note"],
            r"the folder of one section, found 2 in 'given' \(A, B\); open one",
        ),
        (["OUT/session.zarr/zarr.json", "note"], r"found 1 in 'given' \(OUT\); open that"),
        (
            ["OUT/session.zarr/zarr.json", "filtered_feature_bc_matrix.h5"],
            r"counts without places in 'given'",
        ),
        (
            ["1-A/session.zarr/zarr.json", "2-B/session.zarr/zarr.json", "steps/type-0/run.json"],
            r"the folder of one section, found 2 in 'given' \(1-A, 2-B\); open one",
        ),
    ],
)
def test_a_folder_without_spots_is_called_what_it_is(tmp_path, made, said):
    given = tmp_path / "given"
    given.mkdir()
    for name in made:
        (given / name).parent.mkdir(parents=True, exist_ok=True)
        (given / name).write_bytes(b"")
    with pytest.raises(ReadError, match=said):
        read_spots(given)


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("nuclei.geojson", r"'nuclei.geojson', which may hold outlines; open the image"),
        ("S1_filtered_feature_bc_matrix.h5", r"found counts without places in 'S1_filtered"),
        ("letter.doc", r"found a file 'letter.doc' that is no h5ad"),
    ],
)
def test_a_file_without_spots_is_called_what_it_is(tmp_path, name, said):
    (tmp_path / name).write_bytes(b"{}")
    with pytest.raises(ReadError, match=said):
        read_spots(tmp_path / name)


def test_a_folder_of_several_results_is_no_session_and_nothing_to_describe(tmp_path):
    for name in ("1-A", "2-B"):
        (tmp_path / "OUT" / name / "session.zarr").mkdir(parents=True)
    said = r"the folder of one section, found 2 in 'OUT' \(1-A, 2-B\); open one"
    with pytest.raises(ReadError, match=said):
        read_session(tmp_path / "OUT" / "session.zarr")
    with pytest.raises(ReadError, match=said):
        describe(tmp_path / "OUT")
