"""Record what the stardist package on TensorFlow says, for a dozen networks with random weights.

    pip install tensorflow-cpu tf-keras stardist==0.9.2     (an environment of its own)
    TF_USE_LEGACY_KERAS=1 python make_fixtures.py

Each case becomes a zip of a model folder as the package writes it, and an npz: image, prob, dist,
and the centres, probabilities and distances of the instances that stay. The tests read these alone.
"""

import json
import os
import shutil
import sys
import tempfile
import zipfile
from pathlib import Path

os.environ.setdefault("TF_USE_LEGACY_KERAS", "1")
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import numpy as np

HERE = Path(__file__).parent / "recorded"
SMALL = {"n_rays": 8, "unet_n_filter_base": 3, "unet_n_depth": 2, "net_conv_after_unet": 8}
#: Name: configuration, image size (not always a multiple of what the network needs).
CASES = {
    "plain": ({}, (32, 48)),
    "he": ({"n_channel_in": 3, "grid": (2, 2), "n_rays": 32, "unet_n_depth": 3}, (48, 64)),
    "odd_size": ({"n_channel_in": 3, "grid": (2, 2)}, (45, 59)),
    "grid_4": ({"grid": (4, 4)}, (64, 80)),
    "grid_1_2": ({"grid": (1, 2)}, (32, 64)),
    "batch_norm": ({"unet_batch_norm": True, "grid": (2, 2)}, (48, 48)),
    "elu_kernel_5": ({"unet_kernel_size": (5, 5), "unet_activation": "elu"}, (32, 32)),
    "even_kernel": ({"unet_kernel_size": (2, 4), "grid": (2, 2)}, (32, 48)),
    "pool_4_2": ({"unet_pool": (4, 2), "unet_n_depth": 1}, (32, 32)),
    "no_features": ({"net_conv_after_unet": 0, "unet_n_conv_per_depth": 3}, (32, 32)),
    "classes": ({"n_classes": 2, "grid": (2, 2), "n_channel_in": 2}, (48, 48)),
    "prefix_tanh": (
        {"unet_prefix": "deep_", "unet_last_activation": "tanh", "unet_expansion": 1.5},
        (32, 32),
    ),
}


def main() -> None:
    shutil.rmtree(HERE, ignore_errors=True)
    with tempfile.TemporaryDirectory() as folder:
        for number, (name, (config, size)) in enumerate(CASES.items()):
            record(name, {**SMALL, **config}, size, np.random.default_rng(number), Path(folder))
    total = sum(path.stat().st_size for path in HERE.rglob("*") if path.is_file())
    sys.stdout.write(f"{len(CASES)} cases, {total / 1e3:.0f} kB\n")


def record(name, options, size, rng, folder) -> None:
    from stardist.models import Config2D, StarDist2D

    channels = options.get("n_channel_in", 1)
    config = Config2D(axes="YX" if channels == 1 else "YXC", **options)
    model = StarDist2D(config, name=name, basedir=str(folder))
    model.keras_model.set_weights([drawn(rng, w) for w in model.keras_model.weights])
    image = rng.random((*size, channels)).astype(np.float32)
    spread_heads(model, image if channels > 1 else image[..., 0])
    model.thresholds = {"prob": 0.55, "nms": 0.3}
    given = image if channels > 1 else image[..., 0]
    found = model.predict(given)
    points, scores, rays = instances(model, found)
    model.keras_model.save_weights(str(folder / name / "weights_best.h5"))
    HERE.mkdir(exist_ok=True)
    with zipfile.ZipFile(HERE / f"{name}.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        for file in ("config.json", "weights_best.h5"):
            archive.write(folder / name / file, f"{name}/{file}")
        archive.writestr(f"{name}/thresholds.json", json.dumps(model.thresholds._asdict()))
    arrays = {"image": image, "prob": found[0], "dist": found[1]}
    if len(found) > 2:
        arrays["classes"] = found[2]
    arrays |= {"points": points, "scores": scores, "rays": rays}
    np.savez_compressed(HERE / f"{name}.npz", **arrays)
    sys.stdout.write(f"{name}: {len(points)} instances of {(found[0] > 0.55).sum()} candidates\n")


def drawn(rng, tensor):
    """Weights that keep the signal alive from layer to layer; variances above 0."""
    shape = tuple(tensor.shape)
    if len(shape) == 4:
        return rng.normal(0, np.sqrt(2 / np.prod(shape[:3])), shape)
    if "variance" in tensor.name or "gamma" in tensor.name:
        return rng.uniform(0.5, 1.5, shape)
    return rng.normal(0, 0.1, shape)


def spread_heads(model, image) -> None:
    """Scale the heads so that probabilities fill 0 to 1, and rays are 2 to 10 pixels long."""
    prob, dist = model.predict(image)[:2]
    odds = np.log(prob / (1 - prob))
    scale(model, "prob", 2 / odds.std(), odds.mean())
    scale(model, "dist", 1.5 / dist.std(), dist.mean() - 6 * dist.std() / 1.5)


def scale(model, name, factor, centre) -> None:
    layer = model.keras_model.get_layer(name)
    kernel, bias = layer.get_weights()
    layer.set_weights([kernel * factor, (bias - centre) * factor])


def instances(model, found):
    from stardist.nms import non_maximum_suppression

    return non_maximum_suppression(
        found[1], found[0], grid=model.config.grid, prob_thresh=0.55, nms_thresh=0.3, b=2
    )


if __name__ == "__main__":
    main()
