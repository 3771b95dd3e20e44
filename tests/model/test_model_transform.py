import numpy as np
import pytest

from spotscope.model import ParamsError, ReadError, Transform, fit_landmarks

CORNERS = np.array([[0.0, 0.0], [0.0, 100.0], [100.0, 0.0], [70.0, 60.0]])


def turned(degrees, times, offset):
    """Clockwise on the screen: what points right (0, 1) then points down (s, c)."""
    c, s = np.cos(np.radians(degrees)), np.sin(np.radians(degrees))
    return Transform.of(times * np.array([[c, s], [-s, c]]), offset)


def test_a_shift_moves_down_and_right():
    np.testing.assert_allclose(Transform.shift(3, -2)([[10, 10]]), [[13, 8]])
    assert Transform.shift(3, -12).describe() == "12 µm left and 3 µm down"
    assert Transform.shift(0.2, 0).describe() == "less than 1 µm"


def test_clockwise_takes_right_to_down():
    quarter = turned(90, 1, (0, 0))
    np.testing.assert_allclose(quarter([0, 1]), [1, 0], atol=1e-12)
    assert quarter.turn_degrees == pytest.approx(90)


def test_one_after_the_other_and_back():
    first, second = turned(30, 1.2, (5, -7)), turned(-10, 0.9, (1, 2))
    np.testing.assert_allclose(first.then(second)(CORNERS), second(first(CORNERS)))
    np.testing.assert_allclose(first.inverse()(first(CORNERS)), CORNERS, atol=1e-10)
    assert first.then(first.inverse()).is_identity
    assert not Transform.shift(0.01, 0).is_identity


def test_it_survives_json():
    one = turned(3, 1.01, (0.5, -4))
    assert Transform.from_json(one.to_json()) == one
    with pytest.raises(ReadError, match="Expected a map"):
        Transform.from_json({"offset_um": [1, 2]})
    with pytest.raises(ReadError, match="keeps places apart"):
        Transform.of([[1, 1], [1, 1]], [0, 0])


@pytest.mark.parametrize("kind", ["similarity", "affine"])
def test_landmarks_give_the_map_back(kind):
    truth = turned(4, 1.03, (12, -30))
    found = fit_landmarks(CORNERS, truth(CORNERS), kind)
    np.testing.assert_allclose(found.transform(CORNERS), truth(CORNERS), atol=1e-9)
    assert found.residual_um.max() < 1e-9
    assert np.nanmax(found.left_out_um) < 1e-9
    words = found.transform.describe()
    assert "turned 4.00° clockwise" in words
    assert "1.0300 times" in words


def test_an_affine_map_shears_and_a_similarity_does_not():
    truth = Transform.of([[1, 0.2], [0, 1]], [0, 0])
    assert fit_landmarks(CORNERS, truth(CORNERS), "affine").residual_um.max() < 1e-9
    assert fit_landmarks(CORNERS, truth(CORNERS), "similarity").residual_um.max() > 1


def test_a_mirror_is_no_similarity():
    mirrored = CORNERS * [1, -1]
    found = fit_landmarks(CORNERS, mirrored, "similarity")
    assert np.linalg.det(np.array(found.transform.matrix)) > 0


def test_one_bad_pair_shows_in_what_is_left_out():
    target = CORNERS + np.array([5, 5])
    target[3] += [20, 0]
    found = fit_landmarks(CORNERS, target, "similarity")
    assert found.left_out_um[3] == pytest.approx(20)
    assert found.residual_um[3] < 20


@pytest.mark.parametrize(
    ("source", "kind", "said"),
    [
        (CORNERS[:2], "similarity", "at least 3 pairs"),
        ([[0, 0], [1, 1], [2, 2]], "affine", "line"),
        ([[1, 1], [1, 1], [1, 1]], "similarity", "line"),
        (CORNERS, "magic", "one of shift"),
    ],
)
def test_too_little_is_refused(source, kind, said):
    with pytest.raises(ParamsError, match=said):
        fit_landmarks(source, np.asarray(source, float) + 1, kind)
