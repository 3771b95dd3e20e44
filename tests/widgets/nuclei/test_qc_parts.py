"""The parts of checking nuclei, each alone: order of review, hits, histogram, panel, keys."""

from __future__ import annotations

from dataclasses import replace
from types import SimpleNamespace

import dask.array as da
import numpy as np
import pandas as pd
import pytest
import scipy.sparse as sp
from anndata import AnnData
from qtpy.QtCore import QPoint, Qt
from qtpy.QtWidgets import QWidget

from spotscope.layers import MARK_COLOURS, UNKNOWN_COLOUR, type_colours
from spotscope.model import (
    CellKey,
    Cells,
    Edit,
    EditKind,
    EditLog,
    EditMark,
    MeasureKey,
    NucleusClasses,
    Sample,
    Session,
    Slide,
    StarConvex,
    TypeSource,
)
from spotscope.pipeline import NucleiNumbers
from spotscope.widgets.nuclei._qc_histogram import BINS, BrushHistogram
from spotscope.widgets.nuclei._qc_keys import CheckKeys
from spotscope.widgets.nuclei._qc_look import Look, look_at, scale_of, swatches, values_of
from spotscope.widgets.nuclei._qc_panel import CheckPanel
from spotscope.widgets.nuclei._qc_review import (
    MOST,
    about_nucleus,
    nucleus_at,
    nucleus_under,
    review_order,
)
from spotscope.widgets.nuclei._qc_tools import Tool

LEFT = Qt.MouseButton.LeftButton


@pytest.fixture
def session() -> Session:
    """Five discs in a row; the first three share a spot, the fourth has one, the last has none.

    ::

        label         1      2      3      4      5
        probability   0.9    0.3    0.6    0.6    0.1
        spot          a      a      a      b      –
        support       1      1      1      1      0.5
        worth         (sure) 0.7/3  0.4/3  0.4    0.95 · 0.02
    """
    yx = np.array([[10.0, 10.0 + 20 * i] for i in range(5)])
    chance = np.array([0.9, 0.3, 0.6, 0.6, 0.1], np.float32)
    nuclei = StarConvex(yx, np.full((5, 32), 4, np.float32), chance)
    slide = Slide((da.zeros((50, 200, 3), dtype=np.uint8),), mpp=0.5, name="row")
    obs = pd.DataFrame(
        {
            CellKey.LABEL_ID.value: np.arange(1, 6, dtype=np.uint32),
            CellKey.AREA.value: nuclei.area_um2(),
            CellKey.PROBABILITY.value: chance,
            CellKey.SPOT_ID.value: pd.Categorical(["a", "a", "a", "b", ""]),
            CellKey.CELL_TYPE.value: pd.Categorical(["T", "T", "B", "B", "T"]),
            CellKey.MARGIN.value: np.ones(5, np.float32),
            CellKey.SUPPORT.value: np.array([1, 1, 1, 1, 0.5], np.float32),
            CellKey.SOURCE.value: pd.Categorical([str(TypeSource.SPOT)] * 5),
        },
        index=[str(i) for i in range(1, 6)],
    )
    cells = Cells(AnnData(sp.csr_matrix((5, 0), dtype=np.float32), obs=obs), yx, nuclei)
    return Session(Sample("row", slide), nuclei, cells=cells)


# review -------------------------------------------------------------------------------------


def test_the_least_sure_that_most_hangs_on_comes_first(session):
    assert review_order(session).tolist() == [3, 1, 2, 4]


def test_before_typing_the_least_sure_comes_first(session):
    untyped = replace(session, cells=None)
    assert review_order(untyped).tolist() == [4, 1, 2, 3]


def test_what_was_looked_at_does_not_come_again(session):
    marks = np.array([0, 0, 0, EditMark.ACCEPTED, EditMark.SPLIT], np.uint8)
    seen = replace(session, measures={MeasureKey.EDITED: marks})
    assert review_order(seen).tolist() == [1, 2]
    assert review_order(Session(session.sample)).tolist() == []


def test_a_place_means_the_nucleus_drawn_there(session):
    nuclei = session.nuclei
    assert nucleus_at(nuclei, (12.0, 31.0)) == 1
    assert nucleus_at(nuclei, (16.0, 31.0)) is None
    over = StarConvex(
        np.array([[10.0, 10.0], [10.0, 13.0]]),
        np.full((2, 32), 4, np.float32),
        np.array([0.4, 0.9], np.float32),
    )
    assert nucleus_at(over, (10.0, 11.0)) == 1  # the more probable is drawn on top


def test_a_line_means_the_nucleus_it_runs_through_the_longest(session):
    path = np.array([[10.0, 26.5], [10.0, 60.0]])
    assert nucleus_under(session.nuclei, path) == 1
    assert nucleus_under(session.nuclei, path + np.array([30, 0])) is None


def test_a_nucleus_is_described_in_a_line(session):
    assert about_nucleus(session, 2) == "Nucleus 3 · probability 0.60 · 50 µm² · B 1.00 · spot a"
    assert about_nucleus(session, 4).endswith("T 0.50 · between spots")


# looks --------------------------------------------------------------------------------------


def test_each_look_colours_every_nucleus(session):
    for look in (Look.PROBABILITY, Look.AREA, Look.EDITED):
        found = look_at(session, look)
        assert len(found.codes) == 6
        assert (found.codes[1:] > 0).all()
    assert look_at(session, Look.TYPE) is None
    sure = look_at(session, Look.PROBABILITY).codes
    assert sure[1] > sure[3] > sure[2] > sure[5]


def test_the_canvas_says_what_is_drawn_and_how_many_of_them(session):
    assert look_at(session, Look.PROBABILITY).said == "probability · 0 to 1"
    brushed = look_at(session, Look.PROBABILITY, shown=(0.5, np.inf))
    assert brushed.said == "probability · 3 of 5 nuclei, 0.5 to 1"


def test_what_was_not_measured_is_unknown(session):
    assert values_of(session, Look.HAEMATOXYLIN) is None
    assert (look_at(session, Look.HAEMATOXYLIN).codes[1:] == 255).all()
    half = np.array([0.1, 0.2, np.nan, np.nan, np.nan])
    codes = look_at(session, Look.HAEMATOXYLIN, half).codes
    assert (codes[1:] == 255).tolist() == [False, False, True, True, True]


def test_marks_are_counted_and_those_that_are_left_alone_are_not_said(session):
    marks = np.array([0, 2, 2, 1, 0], np.uint8)
    said = swatches(replace(session, measures={MeasureKey.EDITED: marks}), Look.EDITED)
    assert said == [
        (MARK_COLOURS[EditMark.ACCEPTED], "accepted 1"),
        (MARK_COLOURS[EditMark.MERGED], "merged 2"),
    ]


RED = (200, 0, 0)


@pytest.fixture
def marked(session) -> Session:
    """The first two are tumour, the third stroma, in a colour of ours; the others are nothing."""
    classes = NucleusClasses.of(["Tumour", "Tumour", "Stroma", None, None], {"Tumour": RED})
    return replace(session, nuclei=replace(session.nuclei, classes=classes))


def test_classes_have_the_colours_they_came_with_or_those_of_such_a_type(session, marked):
    found = look_at(marked, Look.CLASS)
    assert found.codes.tolist() == [0, 2, 2, 1, 255, 255]
    colours = np.rint(found.colormap.colors * 255).astype(int)
    assert tuple(colours[2, :3]) == RED
    stroma = type_colours(["Stroma", "Tumour"])["Stroma"]
    assert tuple(colours[1, :3]) == stroma
    assert swatches(marked, Look.CLASS) == [
        (stroma, "Stroma 1"), (RED, "Tumour 2"), (UNKNOWN_COLOUR, "unmarked 2"),
    ]  # fmt: skip
    assert look_at(session, Look.CLASS) is None


def test_more_classes_than_colours_are_not_taken_for_others(session):
    """Codes end at 254: the class past them is drawn as unmarked, not as the first."""
    names = [f"{i:03d}" for i in range(255)]
    n = len(names)
    many = StarConvex(np.zeros((n, 2)), np.ones((n, 8), np.float32), np.ones(n, np.float32))
    nuclei = replace(many, classes=NucleusClasses.of(names))
    found = look_at(replace(session, nuclei=nuclei, cells=None), Look.CLASS)
    assert found.codes[1:].tolist() == [*range(1, 255), 255]


def test_a_marked_nucleus_says_so_in_its_line(marked):
    assert " · marked Tumour · " in about_nucleus(marked, 0)
    assert "marked" not in about_nucleus(marked, 4)


# histogram ----------------------------------------------------------------------------------


@pytest.mark.parametrize("value", [0.0, 0.7, 300.1, 4e5])
def test_nuclei_that_are_all_alike_have_a_histogram(histogram, value):
    """Of a few nuclei, all of one area: the axis had no room for bars in single precision."""
    values = np.full(3, value, np.float32)
    low, high = scale_of(values, Look.AREA)
    assert low < high
    histogram.show_values(values, (low, high))
    assert histogram._bars.sum() == 1


@pytest.fixture
def histogram(qtbot):
    histogram = BrushHistogram()
    qtbot.addWidget(histogram)
    histogram.resize(200, 60)
    histogram.show_values(np.linspace(0, 10, 500), (0.0, 10.0), " µm²", np.ones((BINS, 3)))
    histogram.show()
    return histogram


def drag(qtbot, histogram, start, end):
    qtbot.mousePress(histogram, LEFT, pos=QPoint(start, 20))
    qtbot.mouseMove(histogram, QPoint(end, 20))
    qtbot.mouseRelease(histogram, LEFT, pos=QPoint(end, 20))


def test_dragging_brushes_a_range_and_a_click_lets_go(qtbot, histogram):
    with qtbot.waitSignal(histogram.brushed) as sent:
        drag(qtbot, histogram, 50, 150)
    assert sent.args[0] == pytest.approx((2.5, 7.5))
    assert not histogram.grab().isNull()
    with qtbot.waitSignal(histogram.brushed) as sent:
        qtbot.mouseClick(histogram, LEFT, pos=QPoint(20, 20))
    assert sent.args[0] is None
    assert histogram.brush is None


def test_a_brush_to_the_end_means_everything_beyond(qtbot, histogram):
    drag(qtbot, histogram, 100, 260)
    assert histogram.brush == pytest.approx((5.0, np.inf))
    assert histogram.said == "5.00 – 10 · 250"
    histogram.let_go()
    assert histogram.said == ""


def test_escape_lets_go(qtbot, histogram):
    drag(qtbot, histogram, 150, 40)
    assert histogram.brush == pytest.approx((2.0, 7.5))
    qtbot.keyClick(histogram, Qt.Key.Key_Escape)
    assert histogram.brush is None


# panel --------------------------------------------------------------------------------------


@pytest.fixture
def panel(qtbot):
    panel = CheckPanel()
    qtbot.addWidget(panel)
    panel.correct.unfold(True)
    panel.numbers.unfold(True)
    panel.show()
    return panel


@pytest.mark.parametrize("look", Look)
def test_the_look_that_is_chosen_is_one_of_ours(qtbot, panel, look):
    panel.offer_classes(True)
    panel.look.setCurrentIndex(list(Look).index(look))
    with qtbot.waitSignal(panel.look_requested) as sent:
        panel.look.activated.emit(panel.look.currentIndex())
    assert sent.args[0] is look


@pytest.mark.parametrize(
    ("button", "signal"),
    [
        ("undo", "undo_requested"),
        ("redo", "redo_requested"),
        ("next", "next_requested"),
        ("accept", "accept_requested"),
        ("delete", "delete_requested"),
        ("measure", "measure_requested"),
        ("truth", "truth_requested"),
        ("outlines", "outlines_toggled"),
    ],
)
def test_each_button_asks_for_its_thing(qtbot, panel, button, signal):
    with qtbot.waitSignal(getattr(panel, signal)):
        qtbot.mouseClick(getattr(panel, button), LEFT)


def test_tools_exclude_one_another_and_are_put_down_by_a_second_click(qtbot, panel):
    panel.tool_requested.connect(panel.show_tool)
    qtbot.mouseClick(panel.tools[Tool.SPLIT], LEFT)
    qtbot.mouseClick(panel.tools[Tool.DELETE], LEFT)
    assert [tool for tool in Tool if panel.tools[tool].isChecked()] == [Tool.DELETE]
    assert "Click a nucleus" in panel.hint.text()
    qtbot.mouseClick(panel.tools[Tool.DELETE], LEFT)
    assert not any(button.isChecked() for button in panel.tools.values())
    assert not panel.hint.isVisible()


def test_no_two_buttons_of_correcting_say_the_same_and_none_is_cut(panel):
    panel.show_review(MOST, "", chosen=True)
    panel.resize(355, 600)  # in a dock as wide as it opens
    buttons = [*panel.tools.values(), panel.undo, panel.redo]
    buttons += [panel.next, panel.accept, panel.delete]
    assert len({button.text() for button in buttons}) == len(buttons)
    for button in buttons:
        assert button.fontMetrics().horizontalAdvance(button.text()) <= button.width() - 8
    assert panel.left.sizeHint().width() <= panel.left.width()


def test_a_list_that_was_cut_off_says_so(panel):
    panel.show_review(MOST, "", chosen=False)
    assert panel.left.text() == f"{MOST}+ to review"
    panel.show_review(MOST - 1, "", chosen=False)
    assert panel.left.text() == f"{MOST - 1} to review"


def test_the_log_enables_undo_and_redo(panel):
    one = Edit.of(EditKind.DELETE, [1, 2])
    panel.show_log(EditLog(), "", "")
    assert (panel.undo.isEnabled(), panel.redo.isEnabled()) == (False, False)
    panel.show_log(EditLog().add(one, one), "a nucleus deleted", "")
    assert panel.undo.toolTip() == "Take back: a nucleus deleted (Ctrl+Z)"
    assert panel.made.text() == "2 deleted"
    panel.show_log(EditLog().add(one).undo(), "", "a nucleus deleted")
    assert (panel.undo.isEnabled(), panel.redo.isEnabled()) == (False, True)


def test_corrections_are_counted_by_what_they_were(panel):
    ring = [[0, 0], [0, 9], [9, 9]]
    made = (
        Edit.of(EditKind.DELETE, [1, 2]),
        Edit.of(EditKind.MERGE, [[1, 2], [3, 4]]),
        Edit.of(EditKind.DELETE, [5, 6]),
        Edit.of(EditKind.REDRAW, path_um=ring),
        Edit.of(EditKind.REDRAW, path_um=ring),
        Edit.of(EditKind.REDRAW, [1, 2], ring),
        Edit.of(EditKind.EXCLUDE, path_um=ring),
        Edit.of(EditKind.ERASE, path_um=ring),
        Edit.of(EditKind.ERASE, path_um=ring),
        Edit.of(EditKind.COUNT, [[1, 2]], counts=[3], radius_um=50),
    )
    panel.show_log(EditLog().add(*made), "", "")
    assert panel.made.text() == (
        "2 deleted · 1 merged · 2 drawn · 1 redrawn · 1 area excluded · 2 areas brushed away · "
        "1 count of cells"
    )
    assert panel.made.isVisible()
    assert panel.made.wordWrap()


@pytest.mark.parametrize(
    ("mm2", "said"),
    [(7.9312, "7.931"), (0.1, "0.100"), (0.01024, "0.0102"), (0.000512, "0.000512"), (0, "0.000")],
)
def test_the_area_of_a_small_view_has_digits_to_count_with(panel, mm2, said):
    some = NucleiNumbers("slide", 1200, mm2, "tissue", 34.44, 0.7, 0.5, 3)
    panel.show_numbers(None, some)
    assert panel.table.cells[1][1].text() == said


def test_the_area_is_called_what_it_is_of(panel):
    some = NucleiNumbers("slide", 1200, 0.5, "tissue", 34.44, 0.7, 0.5, 3)
    panel.show_numbers(some, some)
    assert panel.table.names[1].text() == "tissue, mm²"
    panel.show_numbers(replace(some, of="image"), replace(some, of="image"))
    assert panel.table.names[1].text() == "image, mm²"


def test_numbers_are_shown_and_what_is_not_known_is_a_dash(panel):
    unknown = float("nan")
    some = NucleiNumbers("slide", 1200, 0.5, "tissue", 34.44, 0.7, unknown, 3)
    panel.show_numbers(some, None)
    assert [one.text() for one, _ in panel.table.cells] == [
        *("1,200", "0.500", "2,400", "34.4", "0.70", "–", "3")
    ]
    assert [other.text() for _, other in panel.table.cells] == [""] * 7


def test_to_measure_is_offered_while_the_stain_of_some_is_not_read(panel):
    some = NucleiNumbers("slide", 1200, 0.5, "tissue", 34.44, 0.7, 0.5, 3)
    panel.show_numbers(some, some, unmeasured=1)  # such as one that was redrawn
    assert panel.measure.isVisible()
    panel.show_numbers(some, some)
    assert not panel.measure.isVisible()


def test_corrected_nuclei_have_a_legend(panel):
    panel.show_look(Look.EDITED)
    assert panel.legend.isVisible()
    assert not panel.histogram.isVisible()
    panel.show_swatches([((1, 2, 255), "split 4"), (RED, "a <b> 2")])
    said = panel.legend.text()
    assert "#0102ff" in said
    assert "split\N{NO-BREAK SPACE}4" in said
    assert "a\N{NO-BREAK SPACE}&lt;b&gt;" in said
    panel.show_swatches([])
    assert panel.legend.text() == "none accepted, merged, split or drawn yet"


def test_classes_are_offered_where_there_are_some(panel):
    def offered() -> list[str]:
        return [panel.look.itemText(i) for i in range(panel.look.count())]

    assert "class" not in offered()
    panel.offer_classes(True)
    panel.offer_classes(True)
    assert offered() == [str(look) for look in Look]
    panel.show_look(Look.CLASS)
    assert (panel.look.currentText(), panel.histogram.isVisible()) == ("class", False)
    assert panel.legend.isVisible()
    panel.offer_classes(False)
    assert "class" not in offered()


# keys ---------------------------------------------------------------------------------------


class FakeViewer(SimpleNamespace):
    """The part of a viewer that binds keys."""

    def bind_key(self, key, act, overwrite=False):
        assert overwrite or key not in self.keymap
        before = self.keymap.pop(key, None)
        if act is not None:
            self.keymap[key] = act
        return before


def test_keys_act_on_the_canvas_only_while_nuclei_are_corrected(qtbot):
    dock, done = QWidget(), []
    qtbot.addWidget(dock)

    def theirs(_viewer):
        done.append("theirs")

    viewer = FakeViewer(keymap={"A": theirs})
    acts = {"A": lambda: done.append("ours"), "Ctrl+Z": lambda: done.append("undo")}
    keys = CheckKeys(dock, viewer, acts)
    keys.begin()
    keys.begin()
    viewer.keymap["A"](viewer)
    viewer.keymap["Control-Z"](viewer)
    keys.end()
    keys.end()
    assert viewer.keymap == {"A": theirs}
    viewer.keymap["A"](viewer)
    assert done == ["ours", "undo", "theirs"]
