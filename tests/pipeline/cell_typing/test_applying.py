"""Parameters that a sample cannot feel are not shown, and not handed on."""

from types import SimpleNamespace

import pytest

from spotscope.methods.cell_typing import CellTypingParams
from spotscope.pipeline.cell_typing._applying import applying, as_applying


def session(mpp, **opened):
    slide = None if mpp is None else SimpleNamespace(mpp=mpp, lost=None)
    return SimpleNamespace(sample=SimpleNamespace(slide=slide, spots="spots", opened=opened))


PICTURED, BEADS = session(0.5), session(None)


@pytest.mark.parametrize("mode", ["cells", "doublet"])
def test_doublets_are_for_beads_without_an_image(mode):
    params = CellTypingParams(mode=mode, bead_gain=40.0)
    assert not {"mode", "bead_doubt", "bead_gain"} & applying(PICTURED, params)
    assert as_applying(PICTURED, params) == CellTypingParams()
    assert "mode" in applying(BEADS, params)
    assert ("bead_gain" in applying(BEADS, params)) is (mode == "doublet")
    kept = as_applying(BEADS, params)
    assert kept.mode == mode
    assert kept.bead_gain == (40.0 if mode == "doublet" else 25.0)


def test_looks_are_for_images():
    assert "looks" in applying(PICTURED, CellTypingParams())
    assert "looks" not in applying(BEADS, CellTypingParams())


def test_a_thumbnail_found_beside_the_spots_is_no_image_to_see_nuclei_on():
    assert "looks" not in applying(session(2.0, path="outs"), CellTypingParams())
    assert "looks" in applying(session(2.0, path="outs", image="given.png"), CellTypingParams())


@pytest.mark.parametrize("evidence", ["auto", "moments", "counts"])
def test_background_is_for_poisson_counts_which_auto_may_choose(evidence):
    names = applying(PICTURED, CellTypingParams(evidence=evidence))
    assert ("background" in names) is (evidence != "moments")
    assert "n_neighbours" in names
