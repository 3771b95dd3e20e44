"""The program that compiles for the first run: a small tissue through the main job, then a mark."""

from importlib.util import find_spec

import pytest

from spotscope.pipeline import is_compiled, start_compiling


@pytest.mark.slow
@pytest.mark.skipif(find_spec("torch") is None, reason="torch is not installed")
def test_the_program_leaves_a_mark_and_nothing_of_its_tissue(tmp_path, monkeypatch):
    place = tmp_path / "temporary"
    place.mkdir()
    for name, folder in (("XDG_CACHE_HOME", "cache"), ("LOCALAPPDATA", "cache")):
        monkeypatch.setenv(name, str(tmp_path / folder))
    for name in ("TMPDIR", "TEMP", "TMP"):
        monkeypatch.setenv(name, str(place))
    assert not is_compiled()
    assert start_compiling().wait() == 0
    assert is_compiled()
    assert list(place.iterdir()) == []
    kept = tmp_path / "cache" / "spotscope"
    assert {folder.name for folder in kept.iterdir()} == {"compiled", "steps"}
    assert {step.name.split("-")[0] for step in (kept / "steps").iterdir()} == {"learn"}
