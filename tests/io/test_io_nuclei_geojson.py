"""Nuclei as QuPath writes them, version by version."""

from __future__ import annotations

import json

import numpy as np
import pytest

from spotscope.io import nuclei_of_geojson
from spotscope.model import ReadError, run

MPP = 0.5


def square(x: float, y: float, side: float) -> list[list[float]]:
    """A ring in pixels from its corner, closed."""
    return [[x, y], [x + side, y], [x + side, y + side], [x, y + side], [x, y]]


def polygon(x: float, y: float, side: float) -> dict:
    return {"type": "Polygon", "coordinates": [square(x, y, side)]}


def read(tmp_path, data):
    path = tmp_path / "nuclei.geojson"
    path.write_text(data if isinstance(data, str) else json.dumps(data), "utf-8")
    return run(nuclei_of_geojson(path, mpp=MPP))


#: Up to 0.2: a list, kinds as ids, colours as one signed number, measurements as a list.
V02 = """[
  {
    "type": "Feature",
    "id": "PathCellObject",
    "geometry": {"type": "Polygon", "coordinates": [[[10, 10], [30, 10], [30, 30], [10, 30], [10, 10]]]},
    "nucleusGeometry": {"type": "Polygon", "coordinates": [[[16, 16], [24, 16], [24, 24], [16, 24], [16, 16]]]},
    "properties": {
      "classification": {"name": "Tumor", "colorRGB": -3670016},
      "isLocked": false,
      "measurements": [{"name": "Nucleus: Area", "value": 16.0}, {"name": "Detection probability", "value": 0.75}]
    }
  },
  {
    "type": "Feature",
    "id": "PathDetectionObject",
    "geometry": {"type": "Polygon", "coordinates": [[[60, 60], [68, 60], [68, 68], [60, 68], [60, 60]]]},
    "properties": {"isLocked": false, "measurements": []}
  }
]"""  # noqa: E501

#: 0.3: a collection, the kind under object_type.
V03 = """{"type":"FeatureCollection","features":[
{"type":"Feature","geometry":{"type":"Polygon","coordinates":[[[16,16],[24,16],[24,24],[16,24],[16,16]]]},"properties":{"object_type":"detection","classification":{"name":"Tumor","colorRGB":-3670016},"isLocked":false,"measurements":[{"name":"Detection probability","value":0.75}]}},
{"type":"Feature","geometry":{"type":"Polygon","coordinates":[[[60,60],[68,60],[68,68],[60,68],[60,60]]]},"properties":{"object_type":"detection","isLocked":false}}
]}"""  # noqa: E501

#: 0.4 to 0.6: UUIDs, objectType, colours as a list, measurements as a mapping.
V04 = """{
  "type": "FeatureCollection",
  "features": [
    {
      "type": "Feature",
      "id": "a4bb3c34-7e2d-4b5b-8d3d-0d2f0f2b9a11",
      "geometry": {"type": "Polygon", "coordinates": [[[0, 0], [4000, 0], [4000, 4000], [0, 4000], [0, 0]]]},
      "properties": {"objectType": "annotation", "name": "tissue", "classification": {"name": "Region*", "color": [0, 0, 180]}}
    },
    {
      "type": "Feature",
      "id": "51d3b4a0-1c6e-4a51-a7c5-7b1d4e3f9c02",
      "geometry": {"type": "Polygon", "coordinates": [[[10, 10], [30, 10], [30, 30], [10, 30], [10, 10]]]},
      "nucleusGeometry": {"type": "Polygon", "coordinates": [[[16, 16], [24, 16], [24, 24], [16, 24], [16, 16]]]},
      "properties": {
        "objectType": "cell",
        "classification": {"name": "Tumor", "color": [200, 0, 0]},
        "measurements": {"Detection probability": 0.75, "Nucleus: Area µm^2": 16.0}
      }
    },
    {
      "type": "Feature",
      "id": "0f0c1ed5-2a86-4c3e-9a87-3f6f1f5f2d03",
      "geometry": {"type": "Polygon", "coordinates": [[[60, 60], [68, 60], [68, 68], [60, 68], [60, 60]]]},
      "properties": {"objectType": "detection", "isLocked": true, "measurements": {"Circularity": NaN}}
    }
  ]
}"""  # noqa: E501


@pytest.mark.parametrize("text", [V02, V03, V04], ids=["0.2", "0.3", "0.4"])
def test_a_class_its_colour_and_the_nucleus_of_a_cell_come_from_every_version(tmp_path, text):
    drawn = read(tmp_path, text)
    assert drawn.words == ("Tumor", None)
    assert drawn.colours == {"Tumor": (200, 0, 0)}
    # of the cell its nucleus: 16 … 24 px are (16 - 0.5) · 0.5 … (24 - 0.5) · 0.5 µm
    assert drawn.polygons_um[0].min() == 7.75
    assert drawn.polygons_um[0].max() == 11.75
    np.testing.assert_array_equal(drawn.probability, np.array([0.75, 1], np.float32))


def test_what_nuclei_lie_in_is_left_out_and_said(tmp_path):
    assert read(tmp_path, V04).notes == ("Annotations and tiles around nuclei, left out: 1.",)
    assert read(tmp_path, V03).notes == ()


@pytest.mark.parametrize(
    "kinds",
    [
        [{"id": "PathAnnotationObject"}, {"id": "PathDetectionObject"}],
        [{"properties": {"object_type": kind}} for kind in ("annotation", "detection")],
        [{"properties": {"objectType": kind}} for kind in ("tile", "cell")],
    ],
    ids=["0.2", "0.3", "0.4"],
)
def test_every_version_says_what_is_a_nucleus(tmp_path, kinds):
    around, nucleus = (
        {"type": "Feature", "geometry": polygon(0, 0, side), **kind}
        for side, kind in zip((400, 10), kinds, strict=True)
    )
    drawn = read(tmp_path, [around, nucleus])
    assert [np.ptp(corners, axis=0)[0] for corners in drawn.polygons_um] == [5]


def feature(geometry: dict, **properties) -> dict:
    return {"type": "Feature", "geometry": geometry, "properties": properties}


def test_annotations_alone_are_nuclei_drawn_by_hand(tmp_path):
    one = feature(polygon(0, 0, 10), objectType="annotation", classification={"name": "Immune"})
    two = feature(polygon(20, 0, 10), objectType="annotation")
    drawn = read(tmp_path, [one, two])
    assert (len(drawn.polygons_um), drawn.words, drawn.notes) == (2, ("Immune", None), ())


def test_a_nucleus_geometry_among_the_properties_counts_too(tmp_path):
    cell = feature(polygon(0, 0, 40), objectType="cell", nucleusGeometry=polygon(10, 10, 8))
    drawn = read(tmp_path, [cell])
    assert np.ptp(drawn.polygons_um[0], axis=0).tolist() == [4, 4]


def test_a_cell_without_a_nucleus_is_taken_as_it_is_and_said(tmp_path):
    cell = {**feature(polygon(0, 0, 40), objectType="cell"), "nucleusGeometry": None}
    drawn = read(tmp_path, [cell])
    assert np.ptp(drawn.polygons_um[0], axis=0).tolist() == [20, 20]
    assert drawn.notes == ("Cells without a nucleus, taken as they are: 1.",)


def test_parts_are_nuclei_and_specks_are_none(tmp_path):
    # 400, 100 and 9 px²: the last is below a tenth of the first
    parts = [[square(0, 0, 20)], [square(50, 0, 10)], [square(80, 0, 3)]]
    geometry = {"type": "MultiPolygon", "coordinates": parts}
    about = {"objectType": "detection", "classification": {"name": "Tumor"}}
    drawn = read(tmp_path, [feature(geometry, **about)])
    assert [np.ptp(corners, axis=0)[0] for corners in drawn.polygons_um] == [10, 5]
    assert drawn.words == ("Tumor", "Tumor")
    assert drawn.notes == ("Specks, parts below a tenth of a nucleus, left out: 1.",)


def test_one_bad_outline_does_not_refuse_the_others(tmp_path):
    line = {"type": "Polygon", "coordinates": [[[0, 0], [5, 0], [0, 0]]]}
    gap = {"type": "Polygon", "coordinates": [[[0, 0], [5, 0], [float("nan"), 5], [0, 0]]]}
    drawn = read(tmp_path, [feature(line), feature(polygon(0, 0, 10)), feature(gap)])
    assert len(drawn.polygons_um) == len(drawn.words) == 1
    assert drawn.notes == ("Outlines without an area, left out: 2.",)


@pytest.mark.parametrize(
    ("classification", "word", "colours"),
    [
        ({"names": ["Tumor", "Positive"], "color": [1, 2, 3]}, "Tumor: Positive", {(1, 2, 3)}),
        ("Tumor", "Tumor", set()),
        ({"name": "Tumor", "color": []}, "Tumor", set()),
        ({"name": "Tumor", "color": [1, 2, 900]}, "Tumor", set()),
        ({"name": "Tumor", "colorRGB": 0xFF0102FF - (1 << 32)}, "Tumor", {(1, 2, 255)}),
        ({"name": ""}, None, set()),
        (None, None, set()),
    ],
)
def test_a_classification_is_read_however_it_is_said(tmp_path, classification, word, colours):
    drawn = read(tmp_path, [feature(polygon(0, 0, 9), classification=classification)])
    assert drawn.words == (word,)
    assert set(drawn.colours.values()) == colours


@pytest.mark.parametrize("sure", [1.5, -0.1, "high", None, float("nan")])
def test_what_is_no_probability_is_passed_over(tmp_path, sure):
    about = {"measurements": {"Detection probability": sure}}
    assert read(tmp_path, [feature(polygon(0, 0, 9), **about)]).probability.tolist() == [1]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ('{"type": "FeatureCollection", "features": []}', "found nothing without a polygon"),
        ('{"type": "Point", "coordinates": [1, 2]}', "found Point without a polygon"),
        ("{", "found something else"),
        ('{"type": "Polygon", "coordinates": [["a"]]}', "Expected corners as lists"),
    ],
)
def test_what_holds_no_nuclei_is_refused_in_a_sentence(tmp_path, text, message):
    with pytest.raises(ReadError, match=message) as caught:
        read(tmp_path, text)
    assert "nuclei.geojson" in "".join(caught.value.__notes__)
