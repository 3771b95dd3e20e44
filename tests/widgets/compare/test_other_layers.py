"""Layers that somebody added by hand: read as napari shows them, and swiped against ours."""

from __future__ import annotations

from dataclasses import replace
from types import SimpleNamespace

import dask.array as da
import numpy as np
import pytest
from napari.layers import Image, Labels, Points, Shapes, Surface, Tracks, Vectors

from spotscope.model import run
from spotscope.widgets import SpotscopeWidget
from spotscope.widgets.canvas._framing import view_box
from spotscope.widgets.compare._other_layer import TWIN, Grid, can_show, sample_task, source_of

LONG = 120_000
MASK = np.array([[0, 0, 1, 1], [0, 2, 2, 1], [3, 2, 0, 0]])
#: No place of it lies between two pixels, where roundings differ.
GRID = Grid((-1.03, -2.01), 0.71, (15, 17))


def by_napari(layer, grid):
    """The colour of every pixel, asked of napari one by one."""
    y, x = grid.axes
    out = np.zeros((*grid.shape, 4))
    for row in range(grid.shape[0]):
        for column in range(grid.shape[1]):
            place = (float(y[row, 0]), float(x[0, column]))
            value = layer.get_value(place, world=True)
            value = value[1] if isinstance(value, tuple) else value
            if value is not None:
                out[row, column] = np.asarray(layer.colormap.map(np.array([value]))).ravel()
    return out


@pytest.mark.parametrize(
    "lie", [{}, {"scale": (2.0, 3.0), "translate": (1.0, -2.0)}, {"rotate": 30, "scale": (3, 2)}]
)
def test_labels_are_read_as_napari_tells_them_one_by_one(lie):
    layer = Labels(MASK, opacity=1.0, **lie)
    read = run(sample_task(source_of(layer, (0.0, 0.0)), GRID))
    wanted = by_napari(layer, GRID)
    assert (wanted[..., 3] > 0).any()
    np.testing.assert_array_equal(read, np.round(255 * wanted))


def test_an_image_is_painted_by_its_limits_gamma_and_opacity():
    values = np.array([[0.0, 5.0], [10.0, 20.0]])
    layer = Image(
        values, contrast_limits=(0, 10), gamma=2.0, colormap="red", opacity=0.5, translate=(5, 5)
    )
    read = run(sample_task(source_of(layer, (0, 0)), Grid((5.0, 5.0), 1.0, (3, 2))))
    np.testing.assert_allclose(read[..., 0], [[0, 63], [255, 255], [0, 0]], atol=2)
    assert read[..., 3].tolist() == [[128, 128], [128, 128], [0, 0]]


def test_a_pyramid_is_read_at_the_level_that_the_screen_can_show():
    fine = np.zeros((64, 64), np.uint8)
    fine[32:] = 200
    asked = []

    def coarse(block):
        asked.append(block.shape)
        return block

    how = {"dtype": np.uint8, "meta": np.zeros((0, 0), np.uint8)}
    levels = [
        da.from_array(fine).map_blocks(lambda _: pytest.fail("the finest was read"), **how),
        da.from_array(fine[::8, ::8]).map_blocks(coarse, **how),
    ]
    layer = Image(fine, contrast_limits=(0, 255))
    source = replace(source_of(layer, (0, 0)), levels=levels)
    read = run(sample_task(source, Grid((0.0, 0.0), 16.0, (4, 4))))
    assert asked
    assert (read[:2, :, 0] == 0).all()
    assert (read[2:, :, 0] > 150).all()


def test_colours_stay_and_a_stack_shows_the_plane_of_the_slider():
    rgb = np.zeros((3, 2, 2, 3), np.uint8)
    rgb[1] = (10, 200, 30)
    layer = Image(rgb, rgb=True)
    read = run(sample_task(source_of(layer, (1.0, 0, 0)), Grid((0, 0), 1.0, (2, 2))))
    assert (read == (10, 200, 30, 255)).all()
    beyond = run(sample_task(source_of(layer, (7.0, 0, 0)), Grid((0, 0), 1.0, (2, 2))))
    assert (beyond == 0).all()


def test_layers_of_every_kind_are_offered_but_for_ours():
    corners = np.array([[0, 0], [0, 1], [1, 1]])
    theirs = [
        Labels(MASK),
        Image(np.zeros((2, 2))),
        Points(corners),
        Shapes([corners], shape_type="polygon"),
        Vectors(np.zeros((1, 2, 2))),
        Surface((corners, np.array([[0, 1, 2]]))),
        Tracks([[1, 0, 0, 0], [1, 1, 2, 2]]),
    ]
    assert all(can_show(one) for one in theirs)
    assert not can_show(Points(corners, metadata={"spotscope": {}}))
    assert not can_show(Image(np.zeros((2, 2)), metadata={TWIN: True}))
    assert not can_show(Image(np.zeros((2, 2)), metadata={"spotscope": {}}))


@pytest.fixture
def dock(make_napari_viewer, demo_files, qtbot):
    """A window that is seen, with nuclei found the quick way: any will do."""
    viewer = make_napari_viewer(show=True)
    dock = SpotscopeWidget(viewer)
    viewer.window.add_dock_widget(dock, name="spotscope")
    dock.open_paths([demo_files["spots"], demo_files["image"]])
    rest = lambda: qtbot.waitUntil(lambda: not dock.busy, timeout=LONG)  # noqa: E731
    rest()
    dock.nuclei_card.form["model"].value = "watershed"
    dock.nuclei_card.button.click()
    rest()
    yield dock
    dock.shut()
    rest()


def a_layer_added_by_hand_is_swiped_against_the_nuclei(dock, qtbot):
    viewer = dock.canvas.viewer
    rest = lambda: qtbot.waitUntil(lambda: not dock.busy, timeout=LONG)  # noqa: E731
    high, wide = dock.workbench.session.sample.slide.extent_um
    theirs = viewer.add_labels(
        np.full((20, 20), 7, np.uint8), scale=(high / 20, wide / 20), name="tumour, by hand"
    )
    row, desk = dock.explore_card.compare, dock.explorer.compare
    qtbot.waitUntil(lambda: row.beside.findText("tumour, by hand") >= 0, timeout=LONG)
    row.beside.setCurrentIndex(row.beside.findText("tumour, by hand"))
    row.beside.activated.emit(row.beside.currentIndex())
    row.swipe.click()
    rest()
    assert row.said.text() == "Left: tumour, by hand; right: nuclei, as now"
    assert not theirs.visible
    (twin,) = [layer for layer in viewer.layers if TWIN in layer.metadata]

    def seen_at(x):
        """Whether the twin covers the middle of the slide's height at this place."""
        place = twin.world_to_data((high / 2, x))
        row_, column = (round(v) for v in place[-2:])
        return bool(twin.data[row_, column, 3])

    for line in (0.5 * wide, 0.25 * wide):
        desk._on_mouse_moved(viewer, SimpleNamespace(position=(high / 2, line)))
        qtbot.waitUntil(lambda line=line: not seen_at(line + 0.05 * wide), timeout=LONG)
        assert seen_at(line - 0.05 * wide)
    # the middle stays in view however wide the canvas is
    desk._on_mouse_moved(viewer, SimpleNamespace(position=(high / 2, 0.5 * wide)))
    viewer.scene.camera.zoom *= 2
    # it is read anew for the nearer view when the camera rests
    qtbot.waitUntil(lambda: not dock.busy and seen_at(0.5 * wide - 5), timeout=LONG)
    assert not seen_at(0.5 * wide + 5)

    # a lens has it outside
    row.lens.click()
    desk._on_mouse_moved(viewer, SimpleNamespace(position=(high / 2, wide / 2)))
    rest()
    qtbot.waitUntil(lambda: not seen_at(wide / 2), timeout=LONG)
    # gone by hand, and put away
    row.lens.click()
    assert theirs.visible
    assert not [layer for layer in viewer.layers if TWIN in layer.metadata]
    row.swipe.click()
    rest()
    viewer.layers.remove(theirs)
    qtbot.waitUntil(lambda: row.beside.findText("tumour, by hand") < 0, timeout=LONG)
    rest()
    assert not [layer for layer in viewer.layers if TWIN in layer.metadata]
    assert row.said.text().startswith("Left: bare image")
    row.swipe.click()
    viewer.scene.camera.zoom /= 2
    rest()


class Drive:
    """Pixels on a drive that can be taken away."""

    def __init__(self, values):
        self.values, self.gone = values, False
        self.shape, self.dtype, self.ndim = values.shape, values.dtype, values.ndim

    def __getitem__(self, key):
        if self.gone:
            raise OSError("the drive is gone")
        return self.values[key]

    def __array__(self, dtype=None, copy=None):
        return np.asarray(self[:], dtype)


def a_layer_that_cannot_be_read_is_said_and_what_was_read_last_stays(dock, qtbot):
    viewer = dock.canvas.viewer
    rest = lambda: qtbot.waitUntil(lambda: not dock.busy, timeout=LONG)  # noqa: E731
    high, wide = dock.workbench.session.sample.slide.extent_um
    how = {"scale": (high / 20, wide / 20), "rgb": False, "contrast_limits": (0, 255)}
    drives = {name: Drive(np.full((20, 20), k, np.uint8)) for name, k in (("A", 90), ("B", 200))}
    for name, drive in drives.items():
        viewer.add_image(drive, name=name, **how)
    row = dock.explore_card.compare

    def choose(name):
        qtbot.waitUntil(lambda: row.beside.findText(name) >= 0, timeout=LONG)
        row.beside.setCurrentIndex(row.beside.findText(name))
        row.beside.activated.emit(row.beside.currentIndex())
        rest()

    def twin():
        (found,) = [layer for layer in viewer.layers if TWIN in layer.metadata]
        return found.name, int(found.data[..., 0].max())

    choose("A")
    row.swipe.click()
    rest()
    qtbot.waitUntil(lambda: twin() == ("A · left of the line", 90), timeout=LONG)
    assert not row.trouble.isVisible()
    drives["B"].gone = True
    choose("B")
    assert row.trouble.text() == "▲ B cannot be read (OSError: the drive is gone); A stays."
    assert row.trouble.isVisible()
    assert twin() == ("A · left of the line", 90)
    drives["B"].gone = False
    viewer.scene.camera.zoom *= 1.5
    qtbot.waitUntil(lambda: twin() == ("B · left of the line", 200), timeout=LONG)
    assert not row.trouble.isVisible()
    drives["B"].gone = True
    viewer.scene.camera.zoom /= 1.5
    qtbot.waitUntil(lambda: "B stays" in row.trouble.text(), timeout=LONG)
    drives["B"].gone = False  # napari reads what it shows again
    choose("bare image")
    assert not row.trouble.isVisible()
    drives["B"].gone = True
    choose("B")  # with nothing there to stay
    assert row.trouble.text().endswith("gone); choose another for this side.")
    drives["B"].gone = False
    row.swipe.click()
    assert not row.trouble.isVisible()
    rest()
    for name in drives:
        viewer.layers.remove(name)
    rest()


def points_added_by_hand_are_swiped_against_the_nuclei(dock, qtbot):
    viewer = dock.canvas.viewer
    rest = lambda: qtbot.waitUntil(lambda: not dock.busy, timeout=LONG)  # noqa: E731
    high, wide = dock.workbench.session.sample.slide.extent_um
    at = np.array([[0.5 * high, 0.4 * wide], [0.5 * high, 0.7 * wide]])
    theirs = viewer.add_points(at, size=20, face_color="red", border_width=0, name="found by hand")
    row, desk = dock.explore_card.compare, dock.explorer.compare
    qtbot.waitUntil(lambda: row.beside.findText("found by hand") >= 0, timeout=LONG)
    row.beside.setCurrentIndex(row.beside.findText("found by hand"))
    row.beside.activated.emit(row.beside.currentIndex())
    row.swipe.click()
    rest()
    assert not theirs.visible

    def colour(place):
        """What the twin has there."""
        (twin,) = [layer for layer in viewer.layers if TWIN in layer.metadata]
        row_, column = (round(v) for v in twin.world_to_data(place)[-2:])
        return tuple(int(v) for v in twin.data[row_, column])

    desk._on_mouse_moved(viewer, SimpleNamespace(position=(high / 2, 0.55 * wide)))
    qtbot.waitUntil(lambda: colour(at[0]) == (255, 0, 0, 255), timeout=LONG)
    assert colour(at[1])[3] == 0
    assert colour((0.3 * high, 0.4 * wide))[3] == 0
    desk._on_mouse_moved(viewer, SimpleNamespace(position=(high / 2, 0.8 * wide)))
    qtbot.waitUntil(lambda: colour(at[1]) == (255, 0, 0, 255), timeout=LONG)
    # it follows its layer
    theirs.face_color = "blue"
    qtbot.waitUntil(lambda: colour(at[0]) == (0, 0, 255, 255), timeout=LONG)
    theirs.data = at - [[0.2 * high, 0]]
    qtbot.waitUntil(lambda: colour(at[0] - [0.2 * high, 0])[3] == 255, timeout=LONG)
    assert colour(at[0])[3] == 0
    # the middles of its pixels are those of the screen's
    (twin,) = [layer for layer in viewer.layers if TWIN in layer.metadata]
    box, half = view_box(viewer), 0.5 / viewer.scene.camera.zoom
    np.testing.assert_allclose(
        twin.world_to_data((box[0] + half, box[1] + half))[-2:], 0, atol=1e-3
    )
    # what is read for nobody is given up
    gone, began = [], []
    desk.others._runner.cancelled.connect(gone.append)
    desk.others._runner.started.connect(began.append)
    theirs.current_size = 0.1  # of those that are added: many, and drawn soon
    theirs.data = np.random.default_rng(0).uniform((0, 0), (high, wide), (600_000, 2))
    qtbot.waitUntil(lambda: bool(began), timeout=LONG)
    row.swipe.click()
    rest()
    assert gone
    assert theirs.visible
    assert not [layer for layer in viewer.layers if TWIN in layer.metadata]


@pytest.mark.gui
def test_layers_added_by_hand_are_swiped_against_the_nuclei(dock, qtbot):
    a_layer_added_by_hand_is_swiped_against_the_nuclei(dock, qtbot)
    a_layer_that_cannot_be_read_is_said_and_what_was_read_last_stays(dock, qtbot)
    points_added_by_hand_are_swiped_against_the_nuclei(dock, qtbot)
