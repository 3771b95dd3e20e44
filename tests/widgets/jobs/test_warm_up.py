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


READING = """
import sys

import spotscope
from spotscope.model import run
from spotscope.widgets.jobs._warm_up import warm_up_task

run(warm_up_task())
before = set(sys.modules)
session = spotscope.read(sys.argv[1], image=sys.argv[2])
assert session.sample.slide.mpp > 0
loaded = {name.partition(".")[0] for name in set(sys.modules) - before}
print(sorted(loaded & {"anndata", "dask", "distributed", "h5py", "scipy", "tifffile", "xarray"}))
"""


NETWORK = """
import sys

from spotscope.model import run
from spotscope.widgets.jobs._warm_up import networks_task

run(networks_task())
before = set(sys.modules)
from spotscope.methods.segmentation.stardist import load_model

load_model("he")
loaded = {name.partition(".")[0] for name in set(sys.modules) - before}
print(sorted(loaded & {"torch", "stardist", "csbdeep", "sympy"}))
"""


def said_by(script, *args):
    """What a script prints in a process of its own: in this one, all may have been loaded."""
    command = [sys.executable, "-c", script, *map(str, args)]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()


def test_a_layer_of_regions_loads_nothing_once_all_is_warm():
    assert said_by(SCRIPT) == "[]"


def test_a_sample_is_read_with_what_is_there_once_all_is_warm(demo_files):
    assert said_by(READING, demo_files["spots"], demo_files["image"]) == "[]"


def test_a_network_is_there_at_once_once_its_libraries_are():
    assert said_by(NETWORK) == "[]"
