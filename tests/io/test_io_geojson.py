"""Outlines and regions as GeoJSON: (x, y) pixels from the corner there, (y, x) µm here."""

from __future__ import annotations

import json

import numpy as np
import pytest

from spotscope.io import read_geojson, write_nuclei_geojson, write_regions_geojson
from spotscope.model import ReadError, Region, StarConvex, run

MPP = 0.5


@pytest.fixture
def nuclei() -> StarConvex:
    """Two nuclei with four rays (right, down, left, up), at (10, 40) and (30, 5) µm.

    The first reaches 1, 2, 3, 4 µm: its corners (y, x) are (10, 41), (12, 40), (10, 37), (6, 40).
    """
    return StarConvex(
        np.array([[10.0, 40.0], [30.0, 5.0]]),
        np.array([[1, 2, 3, 4], [2, 2, 2, 2]], np.float32),
        np.array([0.9, 0.25], np.float32),
    )


def _write(path, nuclei, **more):
    run(write_nuclei_geojson(path, nuclei, mpp=MPP, **more))
    return json.loads(path.read_text("utf-8"))


def test_a_corner_at_y_10_x_41_um_is_x_82_5_y_20_5_px(tmp_path, nuclei):
    data = _write(tmp_path / "n.geojson", nuclei)
    assert data["type"] == "FeatureCollection"
    ring = data["features"][0]["geometry"]["coordinates"][0]
    assert ring == [[82.5, 20.5], [80.5, 24.5], [74.5, 20.5], [80.5, 12.5], [82.5, 20.5]]


def test_a_nucleus_carries_its_type_colour_and_measurements(tmp_path, nuclei):
    data = _write(
        tmp_path / "n.geojson",
        nuclei,
        cell_type=["T cell", None],
        colours={"T cell": (0, 114, 178)},
        measurements={"margin": np.array([0.125, np.nan]), "n_genes": np.array([3, 4])},
    )
    first, second = (feature["properties"] for feature in data["features"])
    assert first["objectType"] == "detection"
    assert first["classification"] == {"name": "T cell", "color": [0, 114, 178]}
    # the wedges between rays of 1, 2, 3, 4 µm are (2 + 6 + 12 + 4) / 2 = 12 µm²
    assert first["measurements"] == {
        "label_id": 1, "probability": 0.9, "area_um2": 12, "margin": 0.125, "n_genes": 3,
    }  # fmt: skip
    assert "classification" not in second
    assert second["measurements"] == {
        "label_id": 2, "probability": 0.25, "area_um2": 8, "n_genes": 4,
    }  # fmt: skip


def test_a_name_with_quotes_and_umlauts_survives(tmp_path, nuclei):
    names = ['Müller "glia"', "back\\slash"]
    data = _write(tmp_path / "n.geojson", nuclei, cell_type=names, measurements={'"q"': np.ones(2)})
    assert [f["properties"]["classification"]["name"] for f in data["features"]] == names
    assert data["features"][0]["properties"]["measurements"]['"q"'] == 1


def test_no_nuclei_are_an_empty_collection(tmp_path):
    data = _write(tmp_path / "n.geojson", StarConvex.empty())
    assert data == {"type": "FeatureCollection", "features": []}


def test_blocks_join_to_one_file(tmp_path):
    rng = np.random.default_rng(0)
    n = 4500  # more than two blocks
    many = StarConvex(
        rng.uniform(10, 900, (n, 2)),
        rng.uniform(2, 6, (n, 32)).astype(np.float32),
        rng.uniform(0, 1, n).astype(np.float32),
    )
    seen = []
    run(write_nuclei_geojson(tmp_path / "n.geojson", many, mpp=MPP), seen.append)
    assert [progress.done for progress in seen] == [0, 2000, 4000, 4500]
    regions = read_geojson(tmp_path / "n.geojson", mpp=MPP)
    back = np.stack([region.polygon_yx_um for region in regions])
    # two decimals of a pixel, half a µm each
    np.testing.assert_allclose(back, many.polygons(), atol=0.005 * MPP + 1e-9)


def test_stopping_leaves_no_file(tmp_path, nuclei):
    task = write_nuclei_geojson(tmp_path / "n.geojson", nuclei, mpp=MPP)
    next(task)
    task.close()
    assert list(tmp_path.iterdir()) == []


SQUARE = [[0.5, 0.5], [40.5, 0.5], [40.5, 20.5], [0.5, 20.5], [0.5, 0.5]]
POLYGON = {"type": "Polygon", "coordinates": [SQUARE]}
FEATURE = {
    "type": "Feature",
    "geometry": POLYGON,
    "properties": {"name": "core", "classification": {"name": "Tumour", "color": [200, 0, 0]}},
}


def _read(tmp_path, data) -> tuple[Region, ...]:
    path = tmp_path / "regions.geojson"
    path.write_text(data if isinstance(data, str) else json.dumps(data), "utf-8")
    return read_geojson(path, mpp=MPP)


@pytest.mark.parametrize(
    "data",
    [FEATURE, [FEATURE], {"type": "FeatureCollection", "features": [FEATURE]}],
    ids=["feature", "list", "collection"],
)
def test_a_region_comes_out_in_um_with_y_first(tmp_path, data):
    (region,) = _read(tmp_path, data)
    assert (region.name, region.classification, region.note) == ("core", "Tumour", "")
    np.testing.assert_array_equal(region.polygon_yx_um, [[0, 0], [0, 20], [10, 20], [10, 0]])
    assert region.area_um2 == 200


@pytest.mark.parametrize(
    "data",
    [POLYGON, [POLYGON], {"type": "GeometryCollection", "geometries": [POLYGON]}],
    ids=["geometry", "list", "collection"],
)
def test_a_bare_geometry_gets_a_name(tmp_path, data):
    (region,) = _read(tmp_path, data)
    assert (region.name, region.classification) == ("region 1", None)
    assert region.area_um2 == 200


def test_parts_are_regions(tmp_path):
    geometry = {"type": "MultiPolygon", "coordinates": [[SQUARE], [SQUARE]]}
    one, two = _read(tmp_path, {**FEATURE, "geometry": geometry})
    assert (one.name, two.name) == ("core (1)", "core (2)")
    assert one.area_um2 == two.area_um2 == 200


@pytest.mark.parametrize("turned", [1, -1])
def test_what_lies_in_a_hole_is_outside(tmp_path, turned):
    """Two square holes of 4 µm in 20 × 10 µm, drawn either way around."""
    holes = [
        [[x, 4.5], [x + 8, 4.5], [x + 8, 12.5], [x, 12.5], [x, 4.5]][::turned] for x in (4.5, 24.5)
    ]
    (region,) = _read(tmp_path, {"type": "Polygon", "coordinates": [SQUARE, *holes]})
    assert region.area_um2 == pytest.approx(200 - 2 * 16)
    y, x = np.mgrid[0.25:10:0.5, 0.25:20:0.5]
    inside = region.contains(np.stack([y.ravel(), x.ravel()], axis=1)).reshape(y.shape)
    in_a_hole = (y > 2) & (y < 6) & (((x > 2) & (x < 6)) | ((x > 12) & (x < 16)))
    assert (inside == ~in_a_hole).all()


@pytest.mark.parametrize("mpp", [MPP, None])
def test_holes_are_written_as_holes(tmp_path, mpp):
    """As they were read: other tools cannot read a way in that has no width."""
    first = [[4, 4], [4, 12], [12, 12], [12, 4], [4, 4]]
    second = [[24, 4], [24, 12], [32, 12], [32, 4], [24, 4]]
    regions = _read(tmp_path, {"type": "Polygon", "coordinates": [SQUARE, first, second]})
    write_regions_geojson(tmp_path / "out.geojson", regions, mpp=mpp)
    (feature,) = json.loads((tmp_path / "out.geojson").read_text("utf-8"))["features"]
    rings = [np.array(ring) for ring in feature["geometry"]["coordinates"]]
    written = [ring if mpp is None else (ring - 0.5) * mpp for ring in rings]
    expected = [(np.array(ring) - 0.5) * MPP for ring in (SQUARE, first, second)]
    assert len(written) == 3
    for ring, right in zip(written, expected, strict=True):
        np.testing.assert_allclose(ring, right, atol=0.01)
    assert read_geojson(tmp_path / "out.geojson", mpp=mpp)[0].area_um2 == regions[0].area_um2


def test_an_outline_that_meets_its_beginning_again_is_one_ring(tmp_path):
    """Two areas that share a corner, drawn in one go; a hole of which a corner was moved."""
    bow = np.array([[0, 0], [4, 4], [4, -4], [0, 0], [-4, -4], [-5, -1], [-5, 1], [-4, 4], [0, 0]])
    moved = np.array(
        [[0, 0], [0, 9], [9, 9], [9, 0], [0, 0], [2, 2], [4, 2], [4, 4], [3, 2], [0, 0]]
    )
    regions = [Region("bow", bow.astype(float)), Region("moved", moved.astype(float))]
    write_regions_geojson(tmp_path / "out.geojson", regions, mpp=None)
    features = json.loads((tmp_path / "out.geojson").read_text("utf-8"))["features"]
    assert [len(f["geometry"]["coordinates"]) for f in features] == [1, 1]
    for feature, outline in zip(features, (bow, moved), strict=True):
        assert feature["geometry"]["coordinates"][0][:-1] == outline[:, ::-1].tolist()


def test_points_between_polygons_are_passed_over(tmp_path):
    point = {"type": "Feature", "geometry": {"type": "Point", "coordinates": [1, 2]}}
    empty = {"type": "Feature", "geometry": None, "properties": None}
    assert len(_read(tmp_path, [point, FEATURE, empty])) == 1


@pytest.mark.parametrize("named", ["Tumour", {"names": ["Tumour"]}])
def test_a_classification_may_be_a_word_or_a_list(tmp_path, named):
    (region,) = _read(tmp_path, {**FEATURE, "properties": {"classification": named}})
    assert region.classification == "Tumour"


@pytest.mark.parametrize("odd", [3.0, ["a"], {"classification": {"names": 5}}])
def test_properties_that_are_none_say_nothing(tmp_path, odd):
    (region,) = _read(tmp_path, {**FEATURE, "properties": odd})
    assert (region.name, region.classification) == ("region 1", None)


def test_a_third_coordinate_is_ignored(tmp_path):
    deep = [[x, y, 3.0] for x, y in SQUARE]
    (region,) = _read(tmp_path, {"type": "Polygon", "coordinates": [deep]})
    assert region.area_um2 == 200


@pytest.mark.parametrize(
    ("ring", "corners"),
    [([[1, 1], [5, 5]], 2), ([[1, 1], [5, 5], [1, 1]], 2), ([[1, 1], [5, 5], [9, 9], [1, 1]], 3)],
    ids=["two corners", "closed line", "no area"],
)
def test_an_empty_region_is_one_sentence(tmp_path, ring, corners):
    with pytest.raises(ReadError, match=f"found an empty one of {corners} corners") as caught:
        _read(tmp_path, {"type": "Polygon", "coordinates": [ring]})
    assert "regions.geojson" in caught.value.__notes__[0]


@pytest.mark.parametrize(
    ("data", "found"),
    [
        ("x,y\n1,2\n", "Expected GeoJSON in"),
        ("", "Expected GeoJSON in"),
        ({"shapes": []}, "found JSON that is none"),
        ("3", "found JSON that is none"),
        ({"type": "FeatureCollection", "features": []}, "found nothing"),
        ({"type": "LineString", "coordinates": [[0, 0], [1, 1]]}, "found LineString"),
        ({"type": "Polygon", "coordinates": [[["a", "b"]]]}, "Expected corners as lists"),
        ({"type": "Polygon", "coordinates": []}, "Expected corners as lists"),
        ({"type": "Polygon"}, "Expected corners as lists"),
        ({"type": "Polygon", "coordinates": [SQUARE, [[]]]}, "Expected corners as lists"),
        ({"type": "GeometryCollection", "geometries": 5}, "found JSON that is none"),
    ],
)
def test_what_is_no_region_is_one_sentence(tmp_path, data, found):
    with pytest.raises(ReadError, match=found) as caught:
        _read(tmp_path, data)
    assert "regions.geojson" in caught.value.__notes__[0]


def test_a_missing_file_is_one_sentence(tmp_path):
    with pytest.raises(ReadError, match="Expected a GeoJSON file at"):
        read_geojson(tmp_path / "none.geojson", mpp=MPP)


def test_windows_byte_order_mark_is_no_obstacle(tmp_path):
    (tmp_path / "a.geojson").write_text(json.dumps(FEATURE), "utf-8-sig")
    assert len(read_geojson(tmp_path / "a.geojson", mpp=MPP)) == 1


POINT = '{"type":"Polygon","coordinates":[[[0,0],[0,9],[9,9],[0,0]]]}'


@pytest.mark.parametrize("head", ["[", '{"type" : "FeatureCollection",\n"features": ['])
@pytest.mark.parametrize(
    ("middle", "tail", "n"),
    [
        (f" {POINT} , {POINT} ", "]", 2),
        (f"{POINT} {POINT}", "]", "no comma"),
        (f"{POINT},", "]", "no feature after the comma"),
        (POINT, "", "no comma"),
        (POINT, "] 7", "Extra data|delimiter"),
        ("", "]", "a polygon"),
    ],
)
def test_a_list_is_read_piece_by_piece_and_is_json_all_the_same(tmp_path, head, middle, tail, n):
    end = "}" if head[0] == "{" and tail == "]" else ""
    (tmp_path / "a.geojson").write_text(head + middle + tail + end)
    if isinstance(n, int):
        assert len(read_geojson(tmp_path / "a.geojson", mpp=MPP)) == n
        return
    with pytest.raises(ReadError, match=n):
        read_geojson(tmp_path / "a.geojson", mpp=MPP)


def test_what_stands_behind_the_features_is_left_alone(tmp_path):
    text = '{"type":"FeatureCollection","features":[' + POINT + '],"crs":{"type":"name"}}'
    (tmp_path / "a.geojson").write_text(text)
    assert len(read_geojson(tmp_path / "a.geojson", mpp=MPP)) == 1
