"""``spotscope cache`` says what is kept and removes what can be made again."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from spotscope import io
from spotscope.pipeline._cache_kinds import KINDS
from spotscope.pipeline.cli import main


@pytest.fixture
def home(tmp_path, monkeypatch):
    """A cache with one thing of every sort, 1,000 bytes each."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    monkeypatch.setenv("LOCALAPPDATA", str(tmp_path))
    home = tmp_path / "spotscope"
    for name in (
        "slides/2-ab-0-v1.zarr",
        "steps/draw-ab.zarr",
        "steps/segment-ab",
        "steps/segment-cd.tiles",
        "steps/type-ab",
        "steps/beads-ab",
        "steps/learn-ab",
        "steps/decompose-ab",
        "steps/latents-ab",
        "steps/demo-0",
        "kept/0123456789ab",
        "models",
    ):
        (home / name).mkdir(parents=True, exist_ok=True)
        (home / name / "bytes").write_bytes(b"x" * 1000)
    return home


def said(capsys, *words):
    assert main(["cache", *words, "--json"]) == 0
    return [json.loads(line) for line in capsys.readouterr().out.splitlines()]


def left(home):
    return sorted(str(path.parent.relative_to(home).as_posix()) for path in home.rglob("bytes"))


def test_everything_in_the_cache_is_told_by_its_kind(home, capsys):
    (facts,) = said(capsys)
    assert {fact["kind"]: fact["bytes"] for fact in facts["cache"]} == {
        "slides": 1000, "draw": 1000, "segment": 1000, "tiles": 1000, "type": 2000, "learn": 1000,
        "decompose": 1000, "latents": 1000, "demo": 1000, "models": 1000, "kept": 1000,
    }  # fmt: skip
    assert facts["folder"] == str(home)
    assert sum(fact["files"] for fact in facts["cache"]) == len(left(home))


def test_the_table_says_sizes_and_bounds(home, capsys):
    (home / "steps/learn-ab/bytes").write_bytes(b"x" * 2_500_000)
    assert main(["cache"]) == 0
    lines = [" ".join(line.split()) for line in capsys.readouterr().out.splitlines()]
    assert "references learned from 1 2.5 MB 2.0 GB" in lines
    assert "work not saved yet 1 0.0 MB" in lines
    assert "together 12 2.5 MB" in lines


def test_emptying_leaves_what_cannot_be_made_again(home, capsys):
    done, _ = said(capsys, "--empty")
    assert (done["removed"], done["removed_bytes"], done["held"]) == (9, 9000, 0)
    assert left(home) == ["kept/0123456789ab", "models", "steps/demo-0"]


def test_emptying_leaves_what_somebody_looks_at(home, capsys):
    held = io.hold(home / "steps/draw-ab.zarr")
    assert main(["cache", "--empty"]) == 0
    assert "; 1 in use by an open session stays\n" in capsys.readouterr().out
    assert "steps/draw-ab.zarr" in left(home)
    del held


def test_an_empty_cache_is_no_fault(tmp_path, monkeypatch, capsys):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    monkeypatch.setenv("LOCALAPPDATA", str(tmp_path))
    done, facts = said(capsys, "--empty")
    assert done["removed"] == 0
    assert all(fact["bytes"] == 0 for fact in facts["cache"])
    assert list(tmp_path.iterdir()) == []


def test_the_page_on_files_says_every_kind_and_its_bound():
    page = (Path(__file__).parents[2] / "docs/reference/files.md").read_text("utf-8")
    rows = [line for line in page.splitlines() if line.startswith("| ")]
    for kind in KINDS.values():
        most = "" if kind.most_bytes is None else f" {kind.most_bytes / 1e9:.1f} GB |"
        title, _, _ = kind.title.partition(",")
        assert any(row[2:].startswith(title) and most in row for row in rows), kind.title
