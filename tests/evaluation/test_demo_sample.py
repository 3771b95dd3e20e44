"""The demo sample holds together: what is painted, what is counted and what is true agree."""

import numpy as np
import pytest
from scipy.spatial import cKDTree

from spotscope.evaluation import make_demo
from spotscope.evaluation.demo._raster import rasterise
from spotscope.model import Membership


@pytest.fixture(scope="module")
def small():
    return make_demo(3, size_px=512)


def test_same_seed_gives_the_same_sample_to_the_last_bit(small):
    again = make_demo(3, size_px=512)
    np.testing.assert_array_equal(small.slide, again.slide)
    np.testing.assert_array_equal(small.nuclei.yx_um, again.nuclei.yx_um)
    np.testing.assert_array_equal(small.nuclei.radii_um, again.nuclei.radii_um)
    np.testing.assert_array_equal(small.cell_type, again.cell_type)
    np.testing.assert_array_equal(small.spots.counts.toarray(), again.spots.counts.toarray())
    np.testing.assert_array_equal(small.cell_counts.toarray(), again.cell_counts.toarray())
    first, second = small.reference.table.X, again.reference.table.X
    np.testing.assert_array_equal(first.toarray(), second.toarray())


def test_another_seed_gives_another_sample(small):
    other = make_demo(4, size_px=512)
    assert (small.slide != other.slide).mean() > 0.5
    assert small.nuclei.n != other.nuclei.n or not np.array_equal(
        small.nuclei.yx_um, other.nuclei.yx_um
    )


def test_slide_is_a_square_of_colour_at_the_pixel_size_asked_for():
    sample = make_demo(0, size_px=300, mpp=0.8)
    assert sample.slide.shape == (300, 300, 3)
    assert sample.slide.dtype == np.uint8
    assert sample.nuclei.yx_um.max() < 300 * 0.8


def test_no_pixel_lies_in_two_nuclei(demo):
    pixels = rasterise(demo.nuclei, demo.slide.shape[:2], demo.mpp, 0.0)
    assert len(np.unique(pixels.index)) == len(pixels.index)


def test_every_type_is_there_with_its_own_size(demo):
    area, names = demo.nuclei.area_um2(), np.array(demo.types)[demo.cell_type]
    assert set(names) == set(demo.types)
    median = {name: np.median(area[names == name]) for name in demo.types}
    assert median["T cell"] < median["B cell"] < median["Epithelial"] < median["Tumour"]


def test_muscle_nuclei_are_long_and_lymphocytes_round(demo):
    radii, names = demo.nuclei.radii_um, np.array(demo.types)[demo.cell_type]
    aspect = radii.max(axis=1) / radii.min(axis=1)
    assert np.median(aspect[names == "Smooth muscle"]) > 2.5
    assert np.median(aspect[names == "T cell"]) < 1.4


def test_nuclei_are_the_blue_in_the_picture(demo):
    inside = demo.labels() > 0
    red = demo.slide[..., 0].astype(float)
    tissue = (demo.slide[..., 1] < 215) & ~inside
    assert red[inside].mean() < red[tissue].mean() - 60


def test_corners_are_glass(demo):
    for corner in (demo.slide[:20, :20], demo.slide[-20:, -20:]):
        assert corner.mean() > 230


def test_labels_carry_the_row_of_their_nucleus(demo):
    labels = demo.labels()
    yx = np.rint(demo.nuclei.yx_um / demo.mpp).astype(int)
    np.testing.assert_array_equal(labels[yx[:, 0], yx[:, 1]], demo.nuclei.label_id)


def test_drawn_area_is_the_area_of_the_outline(demo):
    drawn = np.bincount(demo.labels().ravel(), minlength=demo.nuclei.n + 1)[1:] * demo.mpp**2
    assert abs(drawn.sum() / demo.nuclei.area_um2().sum() - 1) < 0.01


def test_spots_lie_on_a_hexagonal_lattice_within_the_slide(demo):
    yx = demo.spots.yx_um
    nearest = cKDTree(yx).query(yx, k=2)[0][:, 1]
    np.testing.assert_allclose(nearest, 100.0)
    assert yx.min() > 27.5
    assert yx.max() < 1024 * demo.mpp - 27.5
    row_step = np.diff(np.unique(yx[:, 0].round(6)))
    np.testing.assert_allclose(row_step, 100 * np.sqrt(3) / 2, rtol=1e-6)


def test_membership_is_the_exact_overlap_of_nuclei_and_discs(demo):
    again = Membership.from_discs(demo.nuclei, demo.spots)
    assert abs(demo.membership.overlap - again.overlap).max() == 0


def test_spots_count_what_their_cells_hold(demo):
    held = np.asarray((demo.membership.overlap @ demo.cell_counts).todense())
    seen = demo.spots.counts.toarray()
    full = held.sum(axis=1) > 3000
    assert full.sum() > 5
    for spot in np.flatnonzero(full):
        assert np.corrcoef(np.log1p(held[spot]), np.log1p(seen[spot]))[0, 1] > 0.85
    assert 0.15 < seen.sum() / held.sum() < 0.4


def test_proportions_sum_to_one_or_nothing(demo):
    total = demo.proportions().sum(axis=1)
    occupied = np.asarray(demo.membership.overlap.sum(axis=1)).ravel() > 0
    np.testing.assert_allclose(total[occupied], 1.0)
    np.testing.assert_array_equal(total[~occupied], 0.0)


@pytest.mark.parametrize(
    ("gene", "kind"),
    [
        ("MS4A1", "B cell"),
        ("PECAM1", "Endothelial"),
        ("MUC2", "Epithelial"),
        ("COL1A1", "Fibroblast"),
        ("CD68", "Macrophage"),
        ("ACTA2", "Smooth muscle"),
        ("CD3E", "T cell"),
        ("ERBB2", "Tumour"),
    ],
)
def test_marker_is_highest_in_its_own_type(demo, gene, kind):
    at = list(demo.reference.table.var_names).index(gene)
    share = demo.reference.profiles()[:, at]
    assert demo.reference.types[int(share.argmax())] == kind
    cells = np.asarray(demo.cell_counts[:, [at]].todense()).ravel()
    per_type = np.bincount(demo.cell_type, cells) / np.bincount(demo.cell_type)
    assert demo.types[int(per_type.argmax())] == kind


def test_spots_and_reference_share_their_genes(demo):
    genes = list(demo.spots.table.var_names)
    assert genes == list(demo.reference.table.var_names)
    assert len(set(genes)) == len(genes) == demo.cell_counts.shape[1]


def test_spot_names_are_unique_barcodes(demo):
    assert demo.spots.table.obs_names.is_unique
    assert demo.spots.table.obs_names.str.fullmatch(r"[ACGT]{16}-1").all()
