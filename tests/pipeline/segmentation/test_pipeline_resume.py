"""A search for nuclei that was stopped goes on tile by tile."""

import numpy as np
import pytest

from spotscope.methods import segmentation
from spotscope.methods.segmentation import SegmentationParams
from spotscope.model import Session, StarConvex, run
from spotscope.pipeline import StepCache, segmentation_step
from spotscope.pipeline.segmentation._kept_tiles import TileFolder
from spotscope.pipeline.segmentation._step import STEP

STAGE = "finding nuclei"
SMALL = SegmentationParams(model="watershed", tile_px=256)


@pytest.fixture
def bare(typed):
    return Session(typed.session.sample)


def stop_after(task, tiles):
    for progress in task:
        if progress.stage == STAGE and progress.done == tiles:
            task.close()
            return progress.total
    raise AssertionError("it was never there")


def test_it_goes_on_with_the_tiles_it_lacks_and_finds_the_same(bare, tmp_path):
    whole = run(segmentation_step(bare, SMALL, cache=StepCache(tmp_path / "whole")))
    cache = StepCache(tmp_path / "stopped")
    total = stop_after(segmentation_step(bare, SMALL, cache=cache), 2)
    assert total > 3
    assert len(list(cache.root.glob(f"{STEP}-*.tiles/*.safetensors"))) == 2
    seen = []
    again = run(
        segmentation_step(bare, SMALL, cache=cache),
        lambda progress: seen.append(progress.done) if progress.stage == STAGE else None,
    )
    assert seen[0] == 2
    np.testing.assert_array_equal(again.nuclei.yx_um, whole.nuclei.yx_um)
    np.testing.assert_array_equal(again.nuclei.radii_um, whole.nuclei.radii_um)
    assert list(cache.root.glob("*.tiles")) == []


def test_other_parameters_start_anew(bare, tmp_path):
    cache = StepCache(tmp_path)
    stop_after(segmentation_step(bare, SMALL, cache=cache), 2)
    other = SMALL.model_copy(update={"sensitivity": 0.6})
    first = next(one for one in segmentation_step(bare, other, cache=cache) if one.stage == STAGE)
    assert first.done == 0


def test_a_damaged_tile_is_done_again(tmp_path):
    tiles = TileFolder(tmp_path / "tiles")
    assert tiles.get("a") is None
    tiles.put("a", StarConvex.empty(8))
    assert tiles.get("a").n == 0
    (tmp_path / "tiles" / "a.safetensors").write_bytes(b"cut off")
    assert tiles.get("a") is None
    tiles.forget()
    assert not (tmp_path / "tiles").exists()


def test_the_watershed_looks_for_no_device(bare, tmp_path):
    """A device that is not there matters to networks alone."""
    session = run(segmentation_step(bare, SMALL, cache=StepCache(tmp_path), device="nowhere"))
    assert session.nuclei.n > 0
    assert SMALL.model == segmentation.WATERSHED
