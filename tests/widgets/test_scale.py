"""What we paint follows the mouse on a screen of any scale."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest


@pytest.mark.gui
@pytest.mark.parametrize("scale", ["1", "1.5", "2"])
def test_marks_lie_at_the_mouse(scale):
    ran = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "marks_at_the_mouse.py"],
        cwd=Path(__file__).parent,
        env={**os.environ, "QT_SCALE_FACTOR": scale},
        capture_output=True,
        text=True,
        check=False,
    )
    assert ran.returncode == 0, ran.stdout[-4000:]
    assert "3 passed" in ran.stdout
