"""What stops a run is said once, as the error, and not as a note before it too."""

import numpy as np
import pytest
from PIL import Image

from spotscope.pipeline.cli import main


@pytest.fixture
def corner(tmp_path):
    """An image of a corner of the section."""
    Image.fromarray(np.full((200, 200, 3), 200, np.uint8)).save(tmp_path / "corner.png")
    return tmp_path / "corner.png"


def test_an_image_that_does_not_hold_the_spots(demo_files, corner, tmp_path, capsys):
    words = ["run", str(demo_files["spots"]), "--image", str(corner), "--mpp", "0.5"]
    words += ["--reference", str(demo_files["reference"]), "--out", str(tmp_path / "out")]
    assert main(words) == 2
    said = capsys.readouterr().err
    error = said.splitlines()[-1].removeprefix("spotscope: ")
    assert error.startswith("Expected the spots on the image")
    assert said.count(error) == 1
