"""The same may be written out, or lie in a file."""

import json
from pathlib import Path

import pytest

from spotscope.model import EditLog, ReadError, Sample, Transform
from spotscope.pipeline._given import edits_from, file_or_text, regions_from, transform_from
from spotscope.pipeline.cell_typing._hold_verb import held_from

SQUARE = {"name": "A", "polygon_yx_um": [[0, 0], [0, 10], [10, 10], [10, 0]]}
EDIT = {"edit": "delete", "at_um": [[1.0, 2.0]]}


def test_json_is_text_and_all_else_a_path():
    assert file_or_text(' [{"a": 1}]') == ' [{"a": 1}]'
    assert file_or_text("a/b.json") == Path("a/b.json")


def test_regions_are_the_same_whichever_way(two_nuclei_slide, twelve_cell_sample, tmp_path):
    there, alone = Sample("a", two_nuclei_slide), Sample("b", None, twelve_cell_sample.spots)
    (text,) = regions_from(json.dumps([SQUARE]), there)
    (record,) = regions_from([SQUARE], there)
    polygon = {"type": "Polygon", "coordinates": [[[0, 0], [20, 0], [20, 20], [0, 20], [0, 0]]]}
    (tmp_path / "r.geojson").write_text(json.dumps(polygon))
    (file,) = regions_from(tmp_path / "r.geojson", there)
    (tmp_path / "r.json").write_text(json.dumps([SQUARE]))
    assert regions_from(tmp_path / "r.json", alone)[0].area_um2 == 100
    assert regions_from(str(tmp_path / "r.json"), alone)[0].name == "A"
    assert text.area_um2 == record.area_um2 == file.area_um2 == 100
    assert regions_from([text], there) == (text,)


def test_edits_are_the_same_whichever_way(tmp_path):
    (tmp_path / "e.json").write_text(json.dumps([EDIT]))
    log = edits_from([EDIT])
    assert isinstance(log, EditLog)
    assert edits_from(json.dumps([EDIT])) == edits_from(tmp_path / "e.json") == log
    assert edits_from(log.to_json()) == log
    assert edits_from(json.dumps(EDIT)) == edits_from(EDIT) == log


def test_maps_are_the_same_whichever_way(tmp_path):
    shift = Transform.shift(1, -2)
    (tmp_path / "t.json").write_text(json.dumps(shift.to_json()))
    ways = (shift, (1, -2), "[1,-2]", json.dumps(shift.to_json()), tmp_path / "t.json")
    assert all(transform_from(way) == shift for way in ways)


@pytest.mark.parametrize(
    ("read", "given"),
    [
        (transform_from, "[1"),
        (transform_from, "[1]"),
        (transform_from, Path("nowhere.json")),
        (edits_from, '{"edits":[]}'),
        (edits_from, '[{"edit":"fly"}]'),
        (lambda given: regions_from(given, None), '[{"name":"A"}]'),
        (lambda given: regions_from(given, None), "[{"),
    ],
)
def test_what_is_no_such_thing_is_refused_in_a_sentence(read, given):
    with pytest.raises(ReadError, match="Expected"):
        read(given)


@pytest.mark.parametrize("read", [transform_from, edits_from, held_from])
def test_files_with_the_mark_of_windows_are_read_and_what_is_no_text_is_refused(tmp_path, read):
    path = tmp_path / "given.json"
    record = {"types": {}, "done": [], "transform": Transform.shift(1, -2).to_json()}
    for encoding in ("utf-8", "utf-8-sig"):
        path.write_text(json.dumps(record), encoding)
        assert read(path) == read(json.dumps(record))
    path.write_bytes(b"\xff\xfe\x00")
    with pytest.raises(ReadError, match="given.json, found a file that is no text in UTF-8"):
        read(path)
    with pytest.raises(ReadError, match="found no such file"):
        read(tmp_path / "none.json")
    with pytest.raises(ReadError, match="found what cannot be read"):
        read(tmp_path)
