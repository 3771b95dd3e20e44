"""Drawing says how far it is, stops where it is asked to, and what goes wrong in it is raised."""

import threading

import numpy as np
import pytest

from spotscope.model import run
from spotscope.pipeline import draw_figure, report_step
from spotscope.pipeline.report import _savefig
from spotscope.pipeline.report._savefig import save_figure

pytest.importorskip("matplotlib")


def page(n, draw=None):
    """A figure of n parts; one of them may do something else."""
    from matplotlib.figure import Figure

    figure = Figure()
    axes = figure.add_axes((0, 0, 1, 1))
    parts = [axes.plot([0, 1], [k, k + 1])[0] for k in range(n)]
    if draw is not None:
        parts[n // 2].draw = draw
    return figure, parts


def test_all_parts_are_told_and_none_twice(tmp_path):
    told = []
    run(save_figure(*before(page(40), tmp_path)), told.append)
    shares = [progress.fraction for progress in told]
    assert shares == sorted(shares)
    assert shares[-1] == 1
    assert (tmp_path / "a.png").stat().st_size > 0


def before(made, folder):
    figure, parts = made
    return figure, folder / "a.png", parts


def test_it_stops_before_the_next_part(tmp_path, monkeypatch):
    reached, go = threading.Event(), threading.Event()

    class Stopped(threading.Event):
        def set(self):
            super().set()
            go.set()

    monkeypatch.setattr(_savefig, "Event", Stopped)

    def slow(_renderer):
        reached.set()
        assert go.wait(30)

    figure, parts = page(9, slow)
    late = []
    parts[-1].draw = lambda _renderer: late.append("drawn")
    task = save_figure(figure, tmp_path / "a.png", parts)
    for _ in task:
        if reached.is_set():
            break
    assert reached.is_set()
    task.close()
    assert late == []
    assert "figure_0" not in {thread.name for thread in threading.enumerate()}


def test_what_goes_wrong_in_it_is_raised(tmp_path):
    def broken(_renderer):
        raise ZeroDivisionError("of a pen")

    figure, parts = page(5, broken)
    with pytest.raises(ZeroDivisionError, match="of a pen"):
        run(save_figure(figure, tmp_path / "a.png", parts))


@pytest.mark.parametrize("suffix", [".png", ".svg", ".pdf"])
def test_a_figure_that_is_stopped_leaves_no_file(typed, tmp_path, suffix):
    task = draw_figure(typed.session, tmp_path / f"a{suffix}", dpi=72)
    stages = []
    for progress in task:
        stages.append(progress.stage)
        if progress.stage == "drawing the figure":
            break
    task.close()
    assert stages[-1] == "drawing the figure"
    assert list(tmp_path.iterdir()) == []


def test_parts_do_not_change_what_is_drawn(typed, tmp_path, monkeypatch):
    from PIL import Image

    from spotscope.pipeline.report import _page

    whole = run(draw_figure(typed.session, tmp_path / "whole.png", dpi=100))
    monkeypatch.setattr(_page, "_PART", 7)
    parts = run(draw_figure(typed.session, tmp_path / "parts.png", dpi=100))
    assert typed.session.nuclei.n > 7
    np.testing.assert_array_equal(Image.open(whole), Image.open(parts))


def test_many_outlines_are_one_picture_in_an_svg_however_many_parts(typed, tmp_path, monkeypatch):
    from spotscope.pipeline.report import _page

    monkeypatch.setattr(_page, "_PART", 7)
    monkeypatch.setattr(_page, "_MANY", 10)
    text = run(draw_figure(typed.session, tmp_path / "a.svg", dpi=72)).read_text("utf-8")
    assert text.count("<image") == 2  # the slide, and all nuclei


def test_a_report_says_how_far_it_is_and_is_stopped_whole(typed, tmp_path):
    from dataclasses import replace

    corners = [[50.0, 50.0], [50.0, 350.0], [350.0, 350.0], [350.0, 50.0]]
    view = {"regions": [{"name": name, "polygon_yx_um": corners} for name in ("a", "b")]}
    session = replace(typed.session, view=view)
    told = []
    run(report_step(session, tmp_path / "r.html"), told.append)
    assert next(p.stage for p in told) == "drawing the overview"
    regions = [p.fraction for p in told if p.stage == "drawing the regions"]
    assert regions == sorted(regions)
    assert min(regions) < 0.5 < max(regions) < 1
    (tmp_path / "r.html").unlink()
    task = report_step(session, tmp_path / "r.html")
    for progress in task:
        if progress.stage == "drawing the regions" and progress.fraction >= 0.5:
            break
    task.close()
    assert list(tmp_path.iterdir()) == []
