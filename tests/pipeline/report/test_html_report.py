"""One page: complete, a file of its own, and safe whatever a sample is called."""

from __future__ import annotations

import base64
import re
from dataclasses import replace
from html.parser import HTMLParser
from io import BytesIO

import numpy as np
import pytest
from PIL import Image

from spotscope.pipeline.cli import main
from spotscope.pipeline.report._html import html_report, regions_of, write_report


class Page(HTMLParser):
    """Words, tags and links of a page; fails on tags that are not closed in order."""

    void = ("meta", "img")

    def __init__(self, text):
        super().__init__()
        self.open, self.seen, self.words, self.links = [], [], "", []
        self.feed(text)
        assert self.open == []

    def handle_starttag(self, tag, attrs):
        self.seen.append(tag)
        self.links += [value for key, value in attrs if key in ("src", "href")]
        if tag not in self.void:
            self.open.append(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag, tag

    def handle_data(self, data):
        self.words += data


def with_region(session, name):
    high, wide = session.sample.slide.extent_um
    corners = [[0, 0], [0, wide / 2], [high, wide / 2], [high, 0]]
    view = {"regions": [{"name": name, "classification": None, "polygon_yx_um": corners}]}
    return replace(session, view=view)


def test_the_page_says_what_was_found_and_how(typed):
    session = with_region(typed.session, "left half")
    page = Page(html_report(session))
    assert page.words.count("Not for diagnosis") == 2
    for name, count in session.cells.counts_per_type().items():
        assert re.search(rf"{name}\s*{count:,}", page.words), name
    for record in session.records.values():
        assert f"seed {record.seed}" in page.words or record.seed is None
        assert all(reference in page.words for reference in record.references)
        assert all(f"{k} {v}" in page.words for k, v in record.versions.items())
        assert all(str(k) in page.words for k in record.params)
    assert "left half" in page.words
    assert session.records["type"].figures["against_baseline"]["sentence"] in page.words


def test_the_page_holds_its_picture_and_links_to_nothing(typed):
    text = html_report(typed.session)
    page = Page(text)
    assert "script" not in page.seen
    (source,) = page.links
    kind, held = source.split(",", 1)
    assert kind == "data:image/png;base64"
    assert Image.open(BytesIO(base64.b64decode(held))).width > 500


def test_names_cannot_change_the_page(typed):
    evil = "<script>alert(1)</script>"
    session = with_region(typed.session, evil)
    session = replace(session, sample=replace(session.sample, name=evil))
    page = Page(html_report(session))
    assert "script" not in page.seen
    assert evil in page.words


def test_a_region_without_tissue_is_said_and_the_rest_stands(typed):
    session = with_region(typed.session, "far")
    view = {"regions": [{"name": "far", "polygon_yx_um": [[-9, -9], [-9, -8], [-8, -8]]}]}
    session = replace(session, view=view)
    assert [region.name for region in regions_of(session)] == ["far"]
    assert "Expected nuclei or spots in the region" in Page(html_report(session)).words


def test_a_session_without_types_has_a_page_too(typed, tmp_path):
    records = {k: v for k, v in typed.session.records.items() if k == "segment"}
    session = replace(typed.session, cells=None, records=records)
    path = write_report(session, tmp_path / "r.html")
    assert "nuclei" in Page(path.read_text("utf-8")).words


def test_the_command_writes_it_into_the_folder(typed, tmp_path, capsys):
    from spotscope.model import run
    from spotscope.pipeline import save_session

    out = run(save_session(typed.session, tmp_path / "out"))
    assert main(["report", str(out)]) == 0
    assert "report.html" in capsys.readouterr().out
    assert Page((out / "report.html").read_text("utf-8")).words


def test_the_page_says_where_spots_lie_what_was_done_and_how_to_do_it_again(typed):
    from spotscope.model import Transform

    words = Page(html_report(typed.session)).words
    assert "Spots lie upon the image as their files say." in words
    assert "spotscope run " in words
    assert typed.session.records["type"].when[:10] in words
    moved = replace(typed.session.sample, alignment=Transform.shift(5, -12), opened={})
    words = Page(html_report(replace(typed.session, sample=moved))).words
    assert "12 µm left and 5 µm down" in words
    assert "made in memory" in words


def test_a_region_has_its_picture(typed):
    pytest.importorskip("matplotlib")
    middle = typed.session.nuclei.yx_um.mean(axis=0)
    corners = [list(middle + 60 * sign) for sign in np.array([[-1, -1], [-1, 1], [1, 1], [1, -1]])]
    view = {"regions": [{"name": "nest", "polygon_yx_um": corners}]}
    page = html_report(replace(typed.session, view=view))
    assert 'alt="The region nest" src="data:image/png;base64,' in page
