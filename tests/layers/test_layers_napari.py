"""The tuples are what napari takes; no window needed."""

import numpy as np
import pytest

from spotscope.layers import nuclei_layer, slide_layer, spots_layer

layers = pytest.importorskip("napari.layers", reason="napari is not installed")


def test_all_tuples_become_layers_that_lie_on_each_other(session):
    made = [
        layers.Layer.create(*data)
        for data in (
            slide_layer(session.sample.slide, "C2"),
            nuclei_layer(session, {"T": (0, 0, 255), "B": (0, 255, 0)}),
            spots_layer(session.sample.spots, "C2"),
        )
    ]
    assert [type(layer).__name__ for layer in made] == ["Image", "Image", "Points"]
    assert [layer.name for layer in made] == ["C2 · H&E", "C2 · nuclei", "C2 · spots"]
    assert {str(unit) for layer in made for unit in layer.units} == {"micrometer"}
    np.testing.assert_allclose(made[0].extent.world, made[1].extent.world)


def test_a_new_table_changes_what_napari_shows(session):
    layer = layers.Layer.create(*nuclei_layer(session, {"T": (0, 0, 255), "B": (0, 255, 0)}))
    # nucleus 3 is at row 8, column 7 of 0.5 µm
    assert layer.get_value((4.0, 3.5), world=True)[1] == 255
    layer.metadata["lookup"].lut = np.array([0, 1, 1, 2], np.uint8)
    layer.refresh(extent=False)
    assert layer.get_value((4.0, 3.5), world=True)[1] == 2


def test_codes_get_the_colours_meant_for_them(session):
    layer = layers.Layer.create(*nuclei_layer(session, {"T": (0, 0, 255), "B": (0, 255, 0)}))
    codes = np.array([0, 1, 2, 255]) / 255
    shown = layer.colormap.map(codes)
    assert shown[0, 3] == 0
    np.testing.assert_allclose(shown[1:3, :3], [[0, 0, 1], [0, 1, 0]])
    assert len(set(shown[3, :3])) == 1


def test_spots_are_clear_inside(session):
    layer = layers.Layer.create(*spots_layer(session.sample.spots, "C2"))
    assert (layer.face_color[:, 3] == 0).all()
    assert (layer.size == 55).all()
    assert layer.canvas_size_limits == (0, 10_000)
