"""How much larger outlines should be is found again where they were made smaller."""

import numpy as np
import pytest

from spotscope.evaluation import score_labels
from spotscope.io import AnnotatedTile
from spotscope.methods.segmentation import LabelDrawer, SegmentationParams
from spotscope.model import Progress, StarConvex, run
from spotscope.pipeline.segmentation._growth import best_growth, grown

AT = Progress("trying", 0, 1)
PARAMS = SegmentationParams(model="he")
MPP, SIZE = 0.25, 200


def discs(seed):
    """25 discs of 3 to 4.5 µm on a lattice of 10 µm, none of them near another."""
    rng = np.random.default_rng(seed)
    ticks = np.arange(5.0, 50.0, 10.0)
    yx = np.stack(np.meshgrid(ticks, ticks, indexing="ij"), -1).reshape(-1, 2)
    radii = np.repeat(rng.uniform(3, 4.5, (len(yx), 1)), 32, axis=1).astype(np.float32)
    return StarConvex(yx, radii, np.full(len(yx), 0.9, np.float32))


def tile(nuclei):
    labels = LabelDrawer(nuclei, MPP).draw(0, 0, SIZE, SIZE).astype(np.int32)
    return AnnotatedTile("discs", np.zeros((SIZE, SIZE, 3), np.uint8), labels, MPP)


@pytest.mark.parametrize("small", [0.92, 1.0, 1.06])
@pytest.mark.parametrize("n", [1, 3])
def test_it_is_found_again_and_drawn_towards_one_where_tiles_are_few(small, n):
    nuclei = [discs(seed) for seed in range(n)]
    found = [grown(one, small) for one in nuclei]
    best = run(best_growth([tile(one) for one in nuclei], found, PARAMS, AT))
    # pixels tell growth to a hundredth or two
    assert best == pytest.approx(1 + n / (n + 1) * (1 / small - 1), abs=0.015)


def test_no_other_growth_tried_is_better_than_the_one_found():
    truth, found = tile(discs(5)), grown(discs(5), 0.93)
    best = run(best_growth([truth], [found], PARAMS, AT))
    tried = {}
    for step in range(90, 116):
        drawn = LabelDrawer(grown(found, step / 100), MPP).draw(0, 0, SIZE, SIZE)
        tried[step / 100] = score_labels(drawn, truth.labels).pq
    assert best == pytest.approx(1 + (max(tried, key=tried.get) - 1) / 2, abs=1e-9)


def test_outlines_that_fit_and_no_tiles_at_all_leave_them_as_they_are():
    nuclei = discs(2)
    assert run(best_growth([tile(nuclei)], [nuclei], PARAMS, AT)) == 1
    assert run(best_growth([], [], PARAMS, AT)) == 1
    empty = StarConvex.empty()
    assert run(best_growth([tile(nuclei)], [empty], PARAMS, AT)) == 1


def test_rays_alone_are_grown():
    nuclei = discs(3)
    larger = grown(nuclei, 1.1)
    np.testing.assert_allclose(larger.radii_um, 1.1 * nuclei.radii_um, rtol=1e-6)
    np.testing.assert_array_equal(larger.yx_um, nuclei.yx_um)
    np.testing.assert_array_equal(larger.probability, nuclei.probability)
