"""Official names: found in the user's folders, pinned when fetched, one sentence when nowhere."""

import hashlib
import io
import shutil
from importlib.util import find_spec
from pathlib import Path

import pytest

from spotscope.methods import segmentation
from spotscope.methods.segmentation import SegmentationParams
from spotscope.methods.segmentation.stardist import _official, load_model
from spotscope.methods.segmentation.stardist._official import OFFICIAL, models_cache, official_place
from spotscope.model import ReadError

ZIP = Path(__file__).parent / "recorded" / "he.zip"


@pytest.fixture(autouse=True)
def home(tmp_path, monkeypatch):
    """A user with an empty home, without internet."""
    monkeypatch.delenv("SPOTSCOPE_MODELS", raising=False)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setenv("LOCALAPPDATA", str(tmp_path / "cache"))
    monkeypatch.setattr(Path, "home", lambda: tmp_path / "home")
    monkeypatch.setattr("urllib.request.urlopen", unreachable)
    return tmp_path


def unreachable(address, timeout):
    raise OSError("no route")


def serving(content):
    def urlopen(address, timeout):
        assert "2D_versatile_he" in address
        return io.BytesIO(content)

    return urlopen


@pytest.mark.parametrize("name", OFFICIAL)
def test_offline_one_sentence_says_what_to_fetch_and_where_to_put_it(name):
    with pytest.raises(ReadError, match="fetch that file") as caught:
        load_model(name)
    assert str(models_cache()) in str(caught.value)
    assert (
        f"https://github.com/stardist/stardist-models/releases/download/v0.1/python_{name}.zip"
        in (str(caught.value))
    )
    assert not models_cache().exists()


def test_before_a_run_it_is_said_that_a_model_will_be_fetched(toy):
    problems = segmentation.check(toy.slide, SegmentationParams(model="2D_versatile_he"))
    (problem,) = [one for one in problems if "2D_versatile_he" in str(one)]
    assert not problem.fatal
    assert "it will be fetched" in str(problem)


def test_a_zip_that_the_user_put_there_is_taken(home, monkeypatch):
    models_cache().mkdir(parents=True)
    shutil.copy(ZIP, models_cache() / "python_2D_versatile_he.zip")
    assert load_model("2D_versatile_he").config.n_channel_in == 3
    mine = home / "mine"
    mine.mkdir()
    shutil.copy(ZIP, mine / "2D_versatile_he.zip")
    monkeypatch.setenv("SPOTSCOPE_MODELS", str(mine))
    assert official_place("2D_versatile_he").parent == mine


def test_what_the_stardist_package_has_fetched_is_found(home):
    folder = home / "home" / ".keras" / "models" / "StarDist2D" / "2D_versatile_he"
    inner = folder / "2D_versatile_he_extracted" / "2D_versatile_he"
    inner.mkdir(parents=True)
    (inner / "config.json").write_text("{}")
    assert official_place("2D_versatile_he") == inner


def test_a_download_is_checked_kept_and_not_fetched_again(monkeypatch):
    monkeypatch.setitem(OFFICIAL, "2D_versatile_he", hashlib.sha256(ZIP.read_bytes()).hexdigest())
    monkeypatch.setattr("urllib.request.urlopen", serving(ZIP.read_bytes()))
    place = official_place("2D_versatile_he")
    assert [path.name for path in models_cache().iterdir()] == ["2D_versatile_he.zip"]
    monkeypatch.setattr("urllib.request.urlopen", unreachable)
    assert official_place("2D_versatile_he") == place
    assert load_model("2D_versatile_he").config.grid == (2, 2)


def test_a_download_of_another_checksum_is_not_kept(monkeypatch):
    monkeypatch.setattr("urllib.request.urlopen", serving(ZIP.read_bytes()))
    with pytest.raises(ReadError, match="nothing was kept"):
        official_place("2D_versatile_he")
    assert not models_cache().exists()


def test_names_and_checksums_are_those_of_the_stardist_package():
    said = (Path(find_spec("stardist").origin).parent / "models" / "__init__.py").read_text("utf-8")
    for name, checksum in OFFICIAL.items():
        (line,) = [
            one for one in said.splitlines() if "register_model" in one and f"'{name}'" in one
        ]
        assert checksum in line
        assert _official._ADDRESS.format(name=name) in line
