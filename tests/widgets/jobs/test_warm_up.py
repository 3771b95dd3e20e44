"""What the first layers load is loaded before there are any."""

from __future__ import annotations

import subprocess
import sys

SCRIPT = """
import sys

import numpy as np
from napari.layers import Layer

from spotscope.model import run
from spotscope.widgets.jobs._warm_up import warm_up_task
from spotscope.widgets.regions._lasso import region_layer

run(warm_up_task())
before = set(sys.modules)
Layer.create(*region_layer("toy", "regions", [np.eye(3, 2)], 1.0))
print(sorted(set(sys.modules) - before))
"""


def test_a_layer_of_regions_loads_nothing_once_all_is_warm():
    # a process of its own: in this one, somebody may have made such a layer
    said = subprocess.run(
        [sys.executable, "-c", SCRIPT], capture_output=True, text=True, check=True
    )
    assert said.stdout.strip() == "[]"
