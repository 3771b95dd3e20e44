"""What typing is told of the nuclei's looks, and that the slide is read for it once."""

from dataclasses import replace

import numpy as np

from spotscope.model import MeasureKey, run
from spotscope.pipeline.cell_typing._features import nucleus_features


def test_typing_was_told_area_shape_and_stain(typed):
    session, features = run(nucleus_features(typed.session))
    nuclei = session.nuclei
    assert features.shape == (nuclei.n, 3)
    assert (features[:, 0] == nuclei.area_um2()).all()
    assert (typed.session.measures[MeasureKey.HAEMATOXYLIN] == features[:, 2].astype("f4")).all()
    assert "looks" in typed.session.records["type"].inputs


def test_the_slide_is_read_for_nuclei_not_measured_yet_alone(typed, monkeypatch):
    from spotscope.methods import segmentation

    asked = []
    measure = segmentation.measure_stain

    def watched(slide, nuclei, rows):
        asked.append(rows.tolist())
        return measure(slide, nuclei, rows)

    monkeypatch.setattr(segmentation, "measure_stain", watched)
    run(nucleus_features(typed.session))
    assert asked == []
    known = typed.session.measures[MeasureKey.HAEMATOXYLIN].copy()
    whole = known[3]
    known[3] = np.nan
    measures = {**typed.session.measures, str(MeasureKey.HAEMATOXYLIN): known}
    session, features = run(nucleus_features(replace(typed.session, measures=measures)))
    assert asked == [[3]]
    assert features[3, 2] == session.measures[MeasureKey.HAEMATOXYLIN][3]
    assert abs(features[3, 2] - whole) < 0.2


def test_spots_without_an_image_tell_nothing_of_nuclei(typed):
    bare = replace(typed.session, nuclei=None, labels=None, cells=None)
    assert run(nucleus_features(bare))[1] is None
