"""The words in the corner of the canvas, and what napari does with them."""

import pytest
from napari.components import ViewerModel

from spotscope.widgets.canvas._title import LINE, CanvasTitle


@pytest.fixture
def viewer():
    return ViewerModel()


@pytest.fixture
def mark(viewer):
    return viewer.canvas.overlays.text


@pytest.fixture
def title(viewer):
    return CanvasTitle(viewer)


def test_nuclei_and_spots_are_told_apart_and_each_goes_alone(title, mark):
    assert not mark.visible
    title.say("spots", "EPCAM · measured · 0 to 196 counts a spot")
    title.say("nuclei", "area · 20 to 97 µm²")
    assert mark.text == "area · 20 to 97 µm²\nEPCAM · measured · 0 to 196 counts a spot"
    assert mark.visible
    title.say("nuclei", "")
    assert mark.text == title.of("spots") == "EPCAM · measured · 0 to 196 counts a spot"
    title.say("spots", "")
    assert not mark.visible


def test_words_of_many_genes_are_broken_at_their_points_and_the_name_is_shortened(title, mark):
    genes = " ".join(f"GENE{n}" for n in range(12))
    title.say(
        "nuclei", f"{genes} · inferred by a network · 0 to 3.2 counts a nucleus · mean of 12 genes"
    )
    lines = mark.text.splitlines()
    assert lines[0].startswith("GENE0 GENE1 ")
    assert lines[0].endswith("…")
    assert lines[1:] == ["inferred by a network · 0 to 3.2 counts a nucleus", "mean of 12 genes"]
    assert max(map(len, lines)) <= LINE
    assert genes in title.of("nuclei")  # whole, for those who keep it


def test_what_is_written_with_is_made_before_there_are_words_and_disturbs_none(title, mark):
    seen = []
    mark.events.visible.connect(lambda _: seen.append(mark.visible))
    title.prepare()
    assert seen == [True, False]
    title.say("nuclei", "area")
    title.prepare()
    assert seen == [True, False, True]
    assert mark.text == "area"
