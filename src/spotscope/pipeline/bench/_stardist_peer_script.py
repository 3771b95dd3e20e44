"""The stardist package on TensorFlow, on a tile and weights that lie in a folder.

It runs as a program of its own, ``python FILE FOLDER THREADS``, in an environment that has the
package, and imports nothing of ours. In: ``config.json`` (the fields of ``Config2D``, ``prob`` and
``nms``), ``weights.npz`` (``layer/kernel`` and ``layer/bias`` as Keras has them) and ``tile.npy``,
normalised. It says on stdout, one JSON object a line, that it is ready; then for every line on
stdin, ``network`` or ``whole``, how many seconds that took; at the end of stdin it writes
``labels.npy`` and ends. A package that cannot be imported ends it with code 3.
"""

from __future__ import annotations

import json
import os
import sys
import time
from importlib import import_module
from pathlib import Path
from typing import Any

NOT_INSTALLED = 3


def main() -> int:
    """Load, and answer until stdin ends."""
    folder, threads = Path(sys.argv[1]), int(sys.argv[2])
    os.environ.setdefault("TF_USE_LEGACY_KERAS", "1")
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    try:
        np, tensorflow = import_module("numpy"), import_module("tensorflow")
        stardist, models = import_module("stardist"), import_module("stardist.models")
    except ImportError as err:
        sys.stderr.write(str(err))
        return NOT_INSTALLED
    tensorflow.config.threading.set_intra_op_parallelism_threads(threads)
    tensorflow.config.threading.set_inter_op_parallelism_threads(1)
    found = json.loads((folder / "config.json").read_text(encoding="utf-8"))
    prob, nms = found.pop("prob"), found.pop("nms")
    axes = "YX" if found["n_channel_in"] == 1 else "YXC"
    model = models.StarDist2D(models.Config2D(axes=axes, **found), name="peer", basedir=str(folder))
    with np.load(folder / "weights.npz") as weights:
        _fill(model.keras_model, weights)
    tile = np.load(folder / "tile.npy")
    tile = tile[..., 0] if axes == "YX" else tile
    labels: Any = model.predict_instances(tile, prob_thresh=prob, nms_thresh=nms)[0]
    model.predict(tile)
    _say(ready=f"stardist {stardist.__version__} on TensorFlow {tensorflow.__version__}")
    for line in sys.stdin:
        started = time.perf_counter()
        if line.strip() == "network":
            model.predict(tile)
        else:
            labels = model.predict_instances(tile, prob_thresh=prob, nms_thresh=nms)[0]
        _say(seconds=time.perf_counter() - started)
    np.save(folder / "labels.npy", labels)
    return 0


def _fill(network: Any, weights: Any) -> None:
    """Give every layer that has a kernel its own."""
    for layer in network.layers:
        if f"{layer.name}/kernel" in weights:
            layer.set_weights([weights[f"{layer.name}/kernel"], weights[f"{layer.name}/bias"]])
        elif layer.get_weights():
            raise SystemExit(f"no weights for the layer {layer.name}")


def _say(**facts: object) -> None:
    sys.stdout.write(json.dumps(facts) + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
