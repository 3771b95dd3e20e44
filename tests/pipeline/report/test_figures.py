"""Figures are opened again and looked at: their size, words, colours and places."""

import re
from dataclasses import replace

import numpy as np
import pytest
from PIL import Image

import spotscope
from spotscope.model import MethodError, MissingDependencyError, ParamsError, Region, Session, run
from spotscope.pipeline import draw_figure
from spotscope.pipeline.cli import main
from spotscope.pipeline.report._layers import what_to_draw
from spotscope.pipeline.report._page import round_length

pytest.importorskip("matplotlib")
SQUARE = np.array([[100.0, 100.0], [100.0, 300.0], [300.0, 300.0], [300.0, 100.0]])


def words(path):
    return re.findall(r"<text[^>]*>([^<]+)</text>", path.read_text("utf-8"))


def test_a_png_has_the_dots_that_were_asked_for(typed, tmp_path):
    path = run(draw_figure(typed.session, tmp_path / "a.png", dpi=100, width_mm=50.8))
    with Image.open(path) as picture:
        assert picture.info["dpi"] == pytest.approx((100, 100), abs=0.1)
        width = picture.width
    # the picture, the legend of 46 mm and two edges of 3 mm
    assert width == pytest.approx((50.8 + 46 + 6) / 25.4 * 100, abs=1)


def test_words_stay_words_and_say_what_is_inferred(typed, tmp_path):
    said = words(run(draw_figure(typed.session, tmp_path / "a.svg", dpi=60)))
    counts = typed.session.cells.counts_per_type()
    assert f"{typed.session.sample.name} · Cell types, inferred" in said
    assert any("Not for diagnosis" in line for line in said)
    most = max(counts, key=counts.__getitem__)
    assert any(line.startswith(f"{most}  ") for line in said)
    assert any(line.endswith(" µm") for line in said)


def test_the_legend_counts_what_lies_in_the_region(typed, tmp_path):
    region = Region("nest", SQUARE)
    session = typed.session
    said = words(run(draw_figure(session, tmp_path / "a.svg", region=region, dpi=60)))
    codes = session.cells.type_codes[region.contains(session.nuclei.yx_um)]
    numbers = [int(line.split("  ")[1].replace(",", "")) for line in said if "  " in line]
    assert sum(numbers) == len(codes)
    assert "nuclei in nest" in said


def test_a_gene_is_drawn_where_it_was_measured(typed, tmp_path):
    session = typed.session
    counts = session.sample.spots.counts.toarray()
    gene = int(np.argmax(counts.std(axis=0)))
    name = str(session.sample.spots.table.var_names[gene])
    drawn = what_to_draw(session, gene=name.lower())
    np.testing.assert_array_equal(drawn.values, counts[:, gene])
    path = run(draw_figure(session, tmp_path / "g.svg", gene=name, dpi=60))
    assert f"{session.sample.name} · {name}, measured" in words(path)
    assert "counts a spot" in words(path)
    with pytest.raises(MethodError, match="Expected expression of cells"):
        what_to_draw(session, gene=name, on_cells=True)
    with pytest.raises(ParamsError, match="found 'NOSUCH'"):
        what_to_draw(session, gene="NOSUCH")


def test_inferred_expression_says_so(typed):
    done = spotscope.decompose(typed.session, typed_reference(typed), method="split").session
    name = str(done.cells.table.var_names[0])
    drawn = what_to_draw(done, gene=name, on_cells=True)
    assert drawn.title == f"{name}, inferred, split"
    assert drawn.on == "nuclei"
    np.testing.assert_allclose(
        drawn.values, np.asarray(done.cells.table.layers["expression"])[drawn.rows, 0]
    )


def typed_reference(typed):
    return typed.session.records["type"].figures["reference"]["path"]


def test_colours_lie_where_the_nuclei_are(typed, tmp_path):
    session, (y, x) = typed.session, typed.session.nuclei.yx_um[20]
    box = (y - 10, x - 10, y + 10, x + 10)
    path = run(draw_figure(session, tmp_path / "a.png", box_um=box, dpi=100, width_mm=50.8))
    colour = np.array(what_to_draw(session).colours[20]) * 255
    with Image.open(path) as picture:
        page = np.asarray(picture.convert("RGB")).astype(float)
    # 3 mm from the left, 7 mm from below, 50.8 mm wide and high
    centre = page[round(page.shape[0] - (7 + 25.4) / 25.4 * 100), round((3 + 25.4) / 25.4 * 100)]
    np.testing.assert_allclose(centre, colour, atol=12)


def test_names_and_colours_of_the_legend_are_the_users(typed):
    first = typed.session.cells.types[0]
    view = {"legend": {"names": {first: "mine"}, "colours": {"mine": [1, 2, 3]}}}
    drawn = what_to_draw(replace(typed.session, view=view))
    assert ("mine", (1 / 255, 2 / 255, 3 / 255)) in {row[:2] for row in drawn.legend}


def test_the_same_figure_is_the_same_file(typed, tmp_path):
    one, two = (
        run(draw_figure(typed.session, tmp_path / f"{name}.pdf", dpi=60)).read_bytes()
        for name in "ab"
    )
    assert one == two
    assert b"/Font" in one


@pytest.mark.parametrize(("most", "found"), [(99, 50), (100, 100), (1.9, 1), (740, 500)])
def test_scale_bars_are_round(most, found):
    assert round_length(most) == found


def test_what_cannot_be_drawn_is_said(typed, tmp_path, monkeypatch):
    with pytest.raises(ParamsError, match="ends in .png"):
        run(draw_figure(typed.session, tmp_path / "a.docx"))
    with pytest.raises(ParamsError, match="dots an inch"):
        run(draw_figure(typed.session, tmp_path / "a.png", dpi=9000))
    alone = Session(typed.session.sample)
    with pytest.raises(MethodError, match="run the Cell types step first"):
        run(draw_figure(alone, tmp_path / "a.png", shown="types"))
    far = Region("far", SQUARE + 1e6)
    with pytest.raises(ParamsError, match="beside the slide"):
        run(draw_figure(alone, tmp_path / "a.png", region=far))
    monkeypatch.setitem(__import__("sys").modules, "matplotlib", None)
    with pytest.raises(MissingDependencyError, match=r"spotscope\[figures\]"):
        run(draw_figure(alone, tmp_path / "a.png"))
    assert list(tmp_path.iterdir()) == []


def test_the_command_draws_a_region_by_its_name(typed, tmp_path, capsys):
    drawn = [{"name": "nest", "polygon_yx_um": SQUARE.tolist(), "classification": None}]
    spotscope.save(replace(typed.session, view={"regions": drawn}), tmp_path / "OUT")
    out, path = str(tmp_path / "OUT"), tmp_path / "f.svg"
    assert main(["figure", out, "--region", "nest", "--dpi", "60", "-o", str(path)]) == 0
    assert "nuclei in nest" in words(path)
    assert main(["figure", out, "--region", "elsewhere", "-o", str(path)]) == 2
    assert "Expected a region that was drawn ('nest')" in capsys.readouterr().err
