"""The demo's image is turned after the spots' places were written: said, and taken back."""

from dataclasses import replace

import dask.array as da
import numpy as np
import pandas as pd
import pytest
import tifffile
from anndata import AnnData, read_h5ad

import spotscope
from spotscope.methods.alignment import TurnFound
from spotscope.model import AS_IT_LIES, TURNS, Session, run
from spotscope.pipeline import (
    as_python,
    measure_position,
    measure_turn,
    move_sample,
    way_back,
)
from spotscope.pipeline._demo import DEMO_FILES
from spotscope.pipeline._turn import _used
from spotscope.pipeline.cli import main

HALF = next(turn for turn in TURNS if turn.name == "180")


@pytest.fixture(scope="module")
def files(tmp_path_factory):
    """The demo at its whole size, tissue from rim to rim: spots, image, and the image turned."""
    from spotscope.evaluation import make_demo

    folder = tmp_path_factory.mktemp("turned")
    demo = make_demo(2)
    demo.write(folder)
    over = folder / "turned.ome.tif"
    turned = np.ascontiguousarray(demo.slide[::-1, ::-1])
    physical = {"PhysicalSizeX": demo.mpp, "PhysicalSizeY": demo.mpp, "axes": "YXS"}
    tifffile.imwrite(over, turned, photometric="rgb", metadata=physical)
    return [str(folder / DEMO_FILES[role]) for role in ("spots", "image")] + [str(over)]


@pytest.fixture(scope="module")
def right(files):
    return spotscope.read(files[0], image=files[1])


@pytest.fixture(scope="module")
def turned(files):
    return spotscope.read(files[0], image=files[2])


def test_an_image_that_lies_as_it_should_raises_no_alarm(right):
    assert run(measure_turn(right.sample)).turn is AS_IT_LIES
    assert not isinstance(run(measure_position(right)), TurnFound)


def test_a_turned_image_is_named_instead_of_a_shift(turned, right):
    found = run(measure_position(turned))
    assert isinstance(found, TurnFound)
    assert found.sentence == "the image looks turned by 180° against the spots"
    back = move_sample(turned.sample, way_back(found, turned.sample))
    assert run(measure_turn(back)).turn is AS_IT_LIES
    size = np.array(right.sample.slide.shape) - 1
    np.testing.assert_allclose(
        back.spots.yx_um, size * right.sample.slide.mpp - right.sample.spots.yx_um
    )


def test_auto_turns_the_spots_and_the_record_says_so(turned):
    session = spotscope.align(turned)
    record = session.records["align"]
    assert session.sample.alignment == HALF.upon(turned.sample.slide)
    assert "turned 180°" in record.notes[0]
    assert record.figures["turn"] == "180"
    assert record.figures["clearness"][1] > 6
    assert "NeuroImage" in record.references[0]


def test_what_is_copied_turns_them_too(turned):
    session = spotscope.align(turned)
    again: dict[str, Session] = {}
    exec(as_python(session), again)
    np.testing.assert_array_equal(again["session"].sample.spots.yx_um, session.sample.spots.yx_um)


def test_the_same_pixels_say_the_same_in_another_frame(turned):
    """Rows that are columns, in the file and in the places: nothing is wrong with them."""
    sample = turned.sample
    levels = tuple(level[::-1, ::-1].swapaxes(0, 1) for level in sample.slide.levels)
    spots = replace(sample.spots, yx_um=sample.spots.yx_um[:, ::-1])
    other = replace(sample, slide=replace(sample.slide, levels=levels), spots=spots)
    assert run(measure_turn(other)).turn is AS_IT_LIES


def test_without_an_image_or_with_too_few_spots_nothing_is_said(right):
    sample = right.sample
    assert run(measure_turn(replace(sample, slide=None))) == TurnFound()
    assert run(measure_turn(replace(sample, spots=None))) == TurnFound()
    few = sample.spots.table[:20].copy()
    spots = replace(sample.spots, table=few, yx_um=sample.spots.yx_um[:20])
    assert run(measure_turn(replace(sample, spots=spots))) == TurnFound()


def test_spots_beside_the_section_are_not_asked(turned):
    """A raw table holds spots on glass: where all say they are, nobody is left to ask."""
    table = turned.sample.spots.table.copy()
    table.obs["in_tissue"] = 0
    beside = replace(turned.sample, spots=replace(turned.sample.spots, table=table))
    assert run(measure_turn(beside)) == TurnFound()


def test_channels_of_light_tell_as_well(turned):
    """Fluorescence: one channel, bright where the stain is dark."""
    slide = turned.sample.slide
    light = 255 - np.asarray(slide.levels[0]).mean(axis=2, keepdims=True)
    slide = replace(slide, levels=(da.from_array(light.astype(np.uint16)),))
    found = run(measure_turn(replace(turned.sample, slide=slide)))
    assert found.turn == HALF


def test_the_commands_say_it_and_a_run_goes_on(files, turned, tmp_path, capsys):
    spots, _, image = files
    assert main(["align", spots, "--image", image]) == 0
    said = capsys.readouterr().out
    assert "the image looks turned by 180° against the spots; turn the spots too" in said
    assert main(["align", spots, "--image", image, "--json"]) == 0
    assert '"turn": "180"' in capsys.readouterr().out
    out = tmp_path / "OUT"
    words = ["run", spots, "--image", image, "--steps", "segment", "--model", "watershed"]
    assert main([*words, "--out", str(out)]) == 0
    assert "note: the image looks turned by 180°" in capsys.readouterr().err
    assert spotscope.load(out).sample.alignment is None
    spotscope.save(Session(turned.sample), tmp_path / "OUT2")
    assert main(["align", str(tmp_path / "OUT2"), "--align", "auto"]) == 0
    assert "turned 180°" in capsys.readouterr().out
    assert spotscope.load(tmp_path / "OUT2").sample.alignment == HALF.upon(turned.sample.slide)


def test_of_very_many_spots_some_are_asked_the_same_by_the_same_seed(turned):
    spots = turned.sample.spots
    n, rng = 5_000, np.random.default_rng(0)
    drawn = rng.integers(0, spots.n, n)
    names = pd.DataFrame(index=[f"spot{i}" for i in range(n)])
    table = AnnData(spots.table.X[drawn], obs=names, var=spots.table.var)
    many = replace(spots, table=table, yx_um=spots.yx_um[drawn])
    used = _used(many, 0)
    assert len(used) == len(set(used)) == 2_000
    np.testing.assert_array_equal(used, _used(many, 0))
    assert not np.array_equal(used, _used(many, 1))


def test_swapped_places_are_said_once_by_a_run(files, tmp_path, capsys):
    """The section in a corner of glass: with x for y most spots lie beside it."""
    glass, sheet = 1024, tmp_path / "sheet.ome.tif"
    image = np.pad(tifffile.imread(files[1]), ((0, glass), (glass, 0), (0, 0)), constant_values=240)
    tifffile.imwrite(sheet, image, photometric="rgb", metadata={"axes": "YXS"})
    table = read_h5ad(files[0])
    table.obsm["spatial"] = np.add(table.obsm["spatial"], [glass, 0])[:, ::-1].copy()
    table.write_h5ad(tmp_path / "swapped.h5ad")
    words = ["run", str(tmp_path / "swapped.h5ad"), "--image", str(sheet), "--out"]
    few = ["--steps", "segment", "--model", "watershed"]
    main([*words, str(tmp_path / "OUT"), *few])
    said = capsys.readouterr().err
    assert said.count("--align auto") == 1
    assert "x and y look swapped" in said
    assert "looks mirrored" not in said
    assert main([*words, str(tmp_path / "OUT2"), *few, "--align", "auto"]) == 0
    assert "swapped" not in capsys.readouterr().err
