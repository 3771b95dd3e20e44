"""The toy worlds are what their docstrings say."""

import numpy as np


def test_reference_profile_is_ten_thirtysixths_on_own_genes(three_type_reference):
    profile = three_type_reference.profiles()
    expected = np.full((3, 9), 1 / 36)
    for k in range(3):
        expected[k, 3 * k : 3 * k + 3] = 10 / 36
    np.testing.assert_allclose(profile, expected)
    np.testing.assert_allclose(three_type_reference.mean_total(), 72)


def test_twelve_cells_lie_wholly_in_their_spot(twelve_cell_sample):
    toy = twelve_cell_sample
    np.testing.assert_array_equal(toy.membership.owner, np.repeat(np.arange(4), 3))
    np.testing.assert_allclose(np.asarray(toy.membership.overlap.sum(axis=0)).ravel(), 1)


def test_twelve_cell_spots_count_the_sum_of_their_cells(twelve_cell_sample):
    counts = twelve_cell_sample.spots.counts.toarray()
    assert counts[0].tolist() == [30, 30, 30, 3, 3, 3, 3, 3, 3]
    assert counts[3].tolist() == [12] * 9
    assert twelve_cell_sample.spots.umis.tolist() == [108] * 4


def test_slide_is_dark_inside_its_nuclei_and_nowhere_else(two_nuclei_slide, two_nuclei_outlines):
    image = np.asarray(two_nuclei_slide.levels[0])
    dark = image[..., 0] < 150
    area = dark.sum() * two_nuclei_slide.mpp**2
    assert abs(area - two_nuclei_outlines.area_um2().sum()) < 6
    for centre in two_nuclei_outlines.yx_um / two_nuclei_slide.mpp:
        assert dark[tuple(np.rint(centre).astype(int))]
