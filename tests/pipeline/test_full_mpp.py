"""Sessions on a thumbnail that were saved before they knew the full-resolution image's pixels."""

from pathlib import Path

import anndata as ad
import numpy as np
import pytest
import zarr
from PIL import Image

import spotscope
from spotscope.model import OutFile, run
from spotscope.pipeline import open_session, save_session


@pytest.fixture
def saved(demo_files, tmp_path) -> tuple[Path, Path]:
    """The demo's spots on a picture of a quarter of their image's width, saved as long ago."""
    Image.fromarray(np.full((256, 256, 3), 200, np.uint8)).save(tmp_path / "thumb.png")
    table = ad.read_h5ad(demo_files["spots"])
    table.uns["image"] = {"file": "thumb.png", "scale_spots_to_image": 0.25}
    spots = tmp_path / "spots.h5ad"
    table.write_h5ad(spots)
    run(save_session(spotscope.read(spots), tmp_path / "out"))
    return tmp_path / "out", spots


def forget(out: Path, place: str | None = None) -> None:
    """What earlier versions did not keep is not there; ``place``: where else the spots were."""
    root = zarr.open_group(out / OutFile.SESSION, mode="r+")
    about = dict(root.attrs["spotscope"])
    del about["full_mpp"]
    if place is not None:
        about["opened"] = {**about["opened"], "path": place}
    root.attrs["spotscope"] = about


def test_the_pixels_of_the_whole_image_are_read_again_from_the_spots(saved):
    out, _ = saved
    before = run(open_session(out)).sample
    assert before.full_mpp == pytest.approx(0.5)
    forget(out)
    again = run(open_session(out))
    assert again.sample.full_mpp == before.full_mpp
    assert again.sample.notes == before.notes
    run(save_session(again, out))
    assert run(open_session(out)).sample.full_mpp == before.full_mpp


def test_where_the_spots_are_gone_it_is_said_once(saved):
    out, spots = saved
    forget(out)
    spots.unlink()
    session = run(open_session(out))
    assert session.sample.full_mpp is None
    assert "spots.h5ad can no longer be read: GeoJSON is taken in the" in session.sample.notes[-1]
    run(save_session(session, out))
    assert run(open_session(out)).sample.notes == session.sample.notes


def test_an_image_that_was_given_needs_none(demo_files, tmp_path):
    run(save_session(spotscope.read(demo_files["spots"], image=demo_files["image"]), tmp_path))
    forget(tmp_path, place=str(tmp_path / "gone.h5ad"))
    sample = run(open_session(tmp_path)).sample
    assert sample.full_mpp is None
    assert not [note for note in sample.notes if "GeoJSON" in note]
