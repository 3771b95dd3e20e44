"""Slides of light are drawn as grey: in the overview, in figures, in the page."""

import json

import numpy as np
import pytest
import tifffile
from PIL import Image

from spotscope.model import OutFile
from spotscope.pipeline.cli import main
from spotscope.pipeline.report._colours import in_colours


def test_stain_stays_and_light_becomes_grey():
    stain = np.arange(24, dtype=np.uint8).reshape(2, 4, 3)
    assert in_colours(stain) is stain
    light = np.array([[[0, 1], [4, 2]]], np.uint16)
    assert in_colours(light).tolist() == [[[64] * 3, [255] * 3]]
    fractions = np.array([[[0.0], [0.5], [np.nan]]], np.float32)
    assert in_colours(fractions)[..., 0].tolist() == [[0, 255, 0]]
    assert not in_colours(np.zeros((2, 2, 1), np.uint8)).any()


@pytest.mark.parametrize("depth", ["uint8", "uint16", "float32"])
def test_a_run_on_light_is_written_whole(demo_files, tmp_path, depth):
    """Spots over one channel: nuclei are bright where the stain is dark."""
    stain = tifffile.imread(demo_files["image"])
    light = 255.0 - stain.max(axis=2)
    image = tmp_path / "light.tif"
    tifffile.imwrite(image, (light / 255 if depth == "float32" else light * 1).astype(depth))
    out = tmp_path / "OUT"
    words = ["run", demo_files["spots"], "--image", image, "--reference", demo_files["reference"]]
    words += ["--model", "watershed", "--nu", "1", "--out", out]
    assert main([str(word) for word in words]) == 0
    assert {path.name for path in out.iterdir()} >= {str(name) for name in OutFile}
    with Image.open(out / OutFile.OVERVIEW) as picture:
        assert picture.mode == "RGB"
    assert json.loads((out / OutFile.RECORD).read_text())["found"]["nuclei"] > 100
    assert main(["report", str(out)]) == 0
    pytest.importorskip("matplotlib")
    assert main(["figure", str(out), "-o", str(tmp_path / "f.png"), "--dpi", "60"]) == 0
