"""A command that fails before it has anything to keep leaves no folder behind."""

import anndata as ad
import pytest

from spotscope.pipeline.cli import main


@pytest.fixture
def no_types(demo_files, tmp_path):
    """The demo's reference without its column of types."""
    table = ad.read_h5ad(demo_files["reference"])
    del table.obs["cell_type"]
    table.write_h5ad(tmp_path / "bare.h5ad")
    return tmp_path / "bare.h5ad"


@pytest.mark.parametrize(
    "words",
    [
        ["type", "SPOTS", "--reference", "BARE", "--out", "OUT"],
        ["type", "IMAGE", "--reference", "BARE", "--out", "OUT/deeper"],
        ["run", "BARE", "--reference", "BARE", "--image", "IMAGE", "--out", "OUT"],
        ["impute", "SPOTS", "--reference", "BARE", "--out", "OUT/cells.h5ad"],
        ["train", "reference", "BARE", "--out", "OUT"],
        ["align", "IMAGE", "--shift=1,2", "--out", "OUT"],
        ["segment", "SPOTS", "--out", "OUT/labels.tif"],
        ["slices", "SPOTS", "SPOTS", "--reference", "BARE", "--out", "OUT"],
    ],
    ids=lambda words: words[0],
)
def test_a_failed_command_leaves_no_folder(words, demo_files, no_types, tmp_path, capsys):
    given = {"SPOTS": demo_files["spots"], "IMAGE": demo_files["image"], "BARE": no_types}
    given["OUT"], given["OUT/deeper"] = tmp_path / "OUT", tmp_path / "OUT" / "deeper"
    code = main([str(given.get(word, word)).replace("OUT/", f"{tmp_path}/OUT/") for word in words])
    said = capsys.readouterr().err
    assert code == 2
    assert "Expected" in said
    assert sorted(path.name for path in tmp_path.iterdir()) == ["bare.h5ad"]


def test_an_empty_folder_that_was_there_stays(demo_files, no_types, tmp_path):
    (tmp_path / "OUT").mkdir()
    words = ["type", demo_files["spots"], "--reference", no_types, "--out", tmp_path / "OUT"]
    assert main([str(word) for word in words]) == 2
    assert list((tmp_path / "OUT").iterdir()) == []


@pytest.mark.parametrize("there", ["a link that leads nowhere", "a file"])
def test_what_stands_where_the_folder_should_be_is_named(there, demo_files, tmp_path, capsys):
    out = tmp_path / "OUT"
    if there == "a file":
        out.write_text("the user's")
    else:
        out.symlink_to(tmp_path / "nowhere")
    words = ["type", demo_files["spots"], "--reference", demo_files["reference"], "--out", out]
    assert main([str(word) for word in words]) == 2
    assert f"found {there}; give another one (--out)" in capsys.readouterr().err
    assert not (tmp_path / "nowhere").exists()
