"""UMAP on a thread: it tells how far it is, stops when asked to, and is the package's own answer.

In a program of its own that compiles nothing: that takes far longer than to lay out eight points.
"""

from __future__ import annotations

import os
import subprocess
import sys
from importlib.util import find_spec

import pytest

pytestmark = pytest.mark.skipif(find_spec("umap") is None, reason="umap-learn is not installed")

_PROGRAM = """
import threading, warnings
import numpy as np
warnings.simplefilter("ignore")  # of the package: it says that a seed takes one thread
from umap import UMAP
from spotscope.model import run
from spotscope.pipeline._umap import umap_task

points = np.random.default_rng(0).normal(size=(8, 3))
points[4:] += 6
seen = []
found = run(umap_task(points), seen.append)
plain = UMAP(random_state=0, n_jobs=1, n_neighbors=7).fit_transform(points)
print("same", np.array_equal(found, plain.astype(np.float32)))
print("total", {one.total for one in seen}, "last", seen[-1].done)
print("between", any(0 < one.done < one.total for one in seen))

task = umap_task(points)
while next(task).done < 2:
    pass
task.close()
ours = [one for one in threading.enumerate() if one.name.startswith("spotscope")]
for one in ours:
    one.join(20)
print("left", [one.name for one in ours if one.is_alive()])
"""


def test_it_counts_its_rounds_can_be_stopped_and_answers_as_the_package_does():
    told = subprocess.run(
        [sys.executable, "-c", _PROGRAM],
        env={**os.environ, "NUMBA_DISABLE_JIT": "1"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert told.returncode == 0, told.stderr
    assert told.stdout.splitlines() == [
        "same True",
        "total {500} last 500",
        "between True",
        "left []",
    ]
