"""Cells that no spot sees: two types worked by hand, and doubt that pays where types are wrong."""

from types import SimpleNamespace

import numpy as np
import pytest

from spotscope.methods.expression._unseen import Unseen


def evidence(codes, support=None, effects=(1.0, 1.0)):
    """Two types of two genes at a depth of 2; each gene's own relative variance is 0.5."""
    fitted = SimpleNamespace(
        means=np.array([[4.0, 1.0], [0.5, 2.0]]), dispersion=np.full((2, 2), 0.5)
    )
    scene = SimpleNamespace(depth=np.array([1.0, 4.0]), effects=np.array(effects))
    support = None if support is None else np.asarray(support, float)
    return SimpleNamespace(
        fitted=fitted, scene=scene, wanted=np.arange(2), codes=np.asarray(codes), support=support
    )


#: At depth √(1 · 4) = 2: means (8, 2) and (1, 4); variances m² / 2 + m.
MEANS, VARIANCES = np.array([[8, 2], [1, 4.0]]), np.array([[40, 4], [1.5, 12]])


@pytest.mark.parametrize("support", [None, [np.nan, np.nan], [1.0, 1.0]])
def test_a_nucleus_that_is_sure_is_the_mean_cell_of_its_type(support):
    mean, sd = Unseen(evidence([0, 1], support)).describe(np.arange(2))
    np.testing.assert_allclose(mean, MEANS)
    np.testing.assert_allclose(sd**2, VARIANCES, rtol=1e-5)


def test_one_that_is_not_may_be_any_other_of_the_section():
    # three nuclei of type 0 and one of type 1: what is not 0 is 1
    mean, sd = Unseen(evidence([0, 0, 0, 1], [0.75, 1, 1, 1])).describe(np.array([0]))
    np.testing.assert_allclose(mean, [[6.25, 2.5]])  # .75 · 8 + .25 · 1, .75 · 2 + .25 · 4
    square = 0.75 * (VARIANCES[0] + MEANS[0] ** 2) + 0.25 * (VARIANCES[1] + MEANS[1] ** 2)
    np.testing.assert_allclose(sd**2, [square - [6.25**2, 2.5**2]], rtol=1e-5)


def test_neighbours_lift_the_part_that_is_of_its_type():
    ratio = np.array([[2.0, 0.5]], np.float32)
    mean, sd = Unseen(evidence([0, 1], [0.75, 1])).describe(np.array([0]), ratio)
    np.testing.assert_allclose(mean, [[0.75 * 16 + 0.25, 0.75 * 1 + 0.25 * 4]])
    own = np.array([160 + 16**2, 2 + 1])  # upwards the variance goes as r², downwards as r
    square = 0.75 * own + 0.25 * (VARIANCES[1] + MEANS[1] ** 2)
    np.testing.assert_allclose(sd**2, [square - mean[0] ** 2], rtol=1e-4)


def test_a_nucleus_without_a_type_is_any_and_one_type_alone_is_sure():
    mean, sd = Unseen(evidence([0, 1, 1, -1], [0.5, 0.5, 0.5, 0.0])).describe(np.array([3]))
    middle = MEANS.T @ [1 / 3, 2 / 3]
    np.testing.assert_allclose(mean, [middle], rtol=1e-6)
    square = (VARIANCES + MEANS**2).T @ [1 / 3, 2 / 3]
    np.testing.assert_allclose(sd**2, [square - middle**2], rtol=1e-5)
    mean, _ = Unseen(evidence([0, 0], [0.3, 0.3])).describe(np.arange(2))
    np.testing.assert_allclose(mean, MEANS[[0, 0]])


def test_effects_of_genes_come_on_top():
    mean, _ = Unseen(evidence([0, 1], effects=(0.5, 2.0))).describe(np.arange(2))
    np.testing.assert_allclose(mean, MEANS * [0.5, 2])
