"""The fit behind a session's cells goes where the session goes."""

from __future__ import annotations

import shutil

import numpy as np
import pytest

from spotscope.model import OutFile, run
from spotscope.pipeline import open_session, save_session, user_cache
from spotscope.pipeline.cell_typing._find_fit import find_fitted
from spotscope.pipeline.cli import main


@pytest.fixture
def at_home(tmp_path, monkeypatch):
    """Somebody's computer, where nothing was ever typed; another's with the next call."""

    def move(who):
        monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / who))
        return user_cache()

    return move


@pytest.fixture
def folder(typed, steps_cache, tmp_path, at_home):
    """A result that was typed and saved here, its fit in the user's cache."""
    cache = at_home("here")
    shutil.copytree(steps_cache, cache)
    return run(save_session(typed.session, tmp_path / "out"))


def fits(folder):
    return sorted(path.name for path in (folder / OutFile.STEPS).glob("type-*"))


def test_a_saved_folder_is_turned_on_another_computer(folder, typed, tmp_path, at_home):
    sent = shutil.move(folder, tmp_path / "sent")
    at_home("there")
    fitted = find_fitted(run(open_session(sent)), sent)
    np.testing.assert_array_equal(fitted.solve(7.0).codes, typed.fitted.solve(7.0).codes)
    assert main(["hold", str(sent), "--nu", "7"]) == 0
    codes = run(open_session(sent)).cells.type_codes
    np.testing.assert_array_equal(codes, typed.fitted.solve(7.0).codes)


def test_what_is_saved_elsewhere_takes_the_fit_along(folder, tmp_path, at_home):
    at_home("there")
    other, third = tmp_path / "other", tmp_path / "third"
    assert main(["hold", str(folder), "--nu", "7", "--out", str(other)]) == 0
    assert fits(other) == fits(folder) != []
    at_home("elsewhere")
    assert main(["hold", str(other), "--nu", "3", "--out", str(third)]) == 0
    assert fits(third) == fits(folder)


def test_only_the_fit_goes_along_and_once(folder):
    assert [path.name for path in (folder / OutFile.STEPS).iterdir()] == fits(folder)
    (kept,) = (folder / OutFile.STEPS).iterdir()
    before = kept.stat().st_ino
    run(save_session(run(open_session(folder)), folder))
    assert kept.stat().st_ino == before


def test_a_cache_that_may_not_be_written_to_stops_nothing(folder, tmp_path, at_home):
    cache = at_home("there")
    cache.parent.parent.mkdir(exist_ok=True)
    cache.parent.write_text("a file where a folder should be", "utf-8")
    session = run(open_session(folder))
    assert find_fitted(session, folder) is not None
