"""Train the network that finds nuclei, and print how well it does on patients it never saw.

    python docs/measure/nuclei.py train DATA FOLDER [--steps N]
    python docs/measure/nuclei.py write FOLDER MODEL.safetensors
    python docs/measure/nuclei.py score DATA MODEL [--curve]

MODEL is ``watershed``, ``he``, or a path. DATA holds ``monuseg`` and ``gbm40_nuclei``. Whole
patients are held back, one or more an organ.
"""

import argparse
import sys
import time
from dataclasses import replace
from pathlib import Path

import dask.array as da
import numpy as np
import tifffile
from PIL import Image

from spotscope.methods import segmentation
from spotscope.methods.segmentation import SegmentationParams
from spotscope.methods.segmentation.stardist._config import NetworkConfig
from spotscope.methods.segmentation.stardist._samples import Annotated, rescale
from spotscope.model import Slide, StarConvex, run

MPP = 0.25
#: Held back: one patient of every organ of which there are two or more, and two glioblastomas.
VALIDATION = {
    "TCGA-E2-A1B5-01Z-00-DX1": "breast",
    "TCGA-B0-5711-01Z-00-DX1": "kidney",
    "TCGA-50-5931-01Z-00-DX1": "lung or liver",
    "TCGA-G9-6363-01Z-00-DX1": "prostate",
    "TCGA-KB-A93J-01A-01-TS1": "stomach",
    "09": "brain",
    "10": "brain",
}
CONFIG = NetworkConfig(n_rays=32, n_channel_in=3, grid=(2, 2), net_conv_after_unet=64)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    verbs = parser.add_subparsers(dest="what", required=True)
    verb = verbs.add_parser("train")
    verb.add_argument("data", type=Path)
    verb.add_argument("folder", type=Path)
    verb.add_argument("--steps", type=int, default=4000)
    verb.add_argument("--threads", type=int, default=1)
    verb = verbs.add_parser("write")
    verb.add_argument("folder", type=Path)
    verb.add_argument("model", type=Path)
    verb.add_argument("--slope", type=float, default=1.0)
    verb.add_argument("--shift", type=float, default=0.0)
    verb = verbs.add_parser("score")
    verb.add_argument("data", type=Path)
    verb.add_argument("model")
    verb.add_argument("--tiles", nargs="*", default=list(VALIDATION))
    verb.add_argument("--mpp", type=float, default=MPP, help="show tiles at this pixel size")
    verb.add_argument("--curve", action="store_true", help="every threshold, and a calibration")
    args = parser.parse_args()
    {"train": learn, "write": write, "score": score}[args.what](args)


def tiles(data: Path) -> dict[str, Annotated]:
    """Every tile with its labels, by name."""
    found = {}
    for folder in (data / "monuseg" / "train", data / "gbm40_nuclei"):
        for path in sorted((folder / "images").glob("*.png")):
            image = np.asarray(Image.open(path).convert("RGB"))
            labels = tifffile.imread(folder / "labels" / f"{path.stem}.tif")
            found[path.stem] = Annotated(image, np.ascontiguousarray(labels, np.int32), MPP)
    return found


def learn(args: argparse.Namespace) -> None:
    import torch

    from spotscope.methods.segmentation.stardist._train import train_nuclei
    from spotscope.training import TrainParams

    torch.set_num_threads(args.threads)
    images = [one for name, one in tiles(args.data).items() if name not in VALIDATION]
    print(f"{len(images)} tiles to learn from", flush=True)
    started, losses = time.perf_counter(), []

    def say(progress) -> None:
        if progress.preview is not None:
            losses.append(progress.preview)
        if progress.done % 50 == 0 and losses:
            mean = np.mean(losses[-50:])
            seconds = time.perf_counter() - started
            print(f"{progress.done:6d} loss {mean:.4f} {seconds:7.0f} s", flush=True)

    params = TrainParams(steps=args.steps)
    run(train_nuclei(images, CONFIG, params, folder=args.folder), say)


def write(args: argparse.Namespace) -> None:
    from spotscope.methods.segmentation.stardist._own import write_own
    from spotscope.training import load_checkpoint

    facts, tensors = load_checkpoint(args.folder)
    prefix = "average."
    weights = {
        name.removeprefix(prefix): value.numpy()
        for name, value in tensors.items()
        if name.startswith(prefix)
    }
    about = {
        "mpp": 0.5,
        "steps": facts["step"],
        "held_back": sorted(VALIDATION),
        "licence": "CC BY-NC-SA 4.0, as the annotations it learned from (MoNuSeg)",
    }
    write_own(args.model, CONFIG, weights, (args.slope, args.shift), about)
    print(f"{args.model}: {args.model.stat().st_size / 1e6:.1f} MB after {facts['step']} steps")


def score(args: argparse.Namespace) -> None:
    found = tiles(args.data)
    params = SegmentationParams(model=args.model)
    results = {name: find(found[name], params, args.mpp) for name in args.tiles}
    print(f"{args.model}, tiles at {args.mpp:g} µm per pixel")
    report(found, results, params)
    if args.curve:
        thresholds(found, results, params)
        calibrate(found, results, params)


def find(tile: Annotated, params: SegmentationParams, mpp: float) -> StarConvex:
    """Candidates of a tile, found as in any slide; in µm of the tile's own pixels."""
    image = tile.image if mpp == tile.mpp else rescale(tile.image, mpp / tile.mpp)
    slide = Slide((da.from_array(image, chunks=(512, 512, 3)),), mpp)
    found = run(segmentation.predict(run(segmentation.fit(slide, params)), slide, params))
    return replace(found, yx_um=found.yx_um + 0.5 * (mpp - tile.mpp))


def report(found, results, params) -> None:
    print(
        f"{'tile':<28}{'organ':<14}{'true':>6}{'found':>6}{'F1@.5':>8}{'F1@.7':>8}{'AJI':>8}{'PQ':>8}"
    )
    rows = []
    for name, candidates in results.items():
        drawn = draw(segmentation.select(candidates, params), found[name])
        row = scores(drawn, found[name].labels)
        rows.append(row[2:])
        print(f"{name:<28}{VALIDATION.get(name, ''):<14}{row[0]:6d}{row[1]:6d}", end="")
        print("".join(f"{value:8.3f}" for value in row[2:]), flush=True)
    print(f"{'mean':<54}" + "".join(f"{value:8.3f}" for value in np.mean(rows, axis=0)))


def draw(nuclei: StarConvex, tile: Annotated) -> np.ndarray:
    return segmentation.LabelDrawer(nuclei, tile.mpp).draw(0, 0, *tile.labels.shape)


def scores(drawn: np.ndarray, truth: np.ndarray) -> tuple:
    """Number of true and found nuclei, F1 at 0.5 and 0.7, AJI, PQ."""
    both, size_a, size_b = overlaps(drawn, truth)
    union = size_a[:, None] + size_b[None, :] - both
    iou = both / np.maximum(union, 1)
    total = len(size_a) + len(size_b)
    best = iou.max(axis=0, initial=0) if len(size_a) else np.zeros(len(size_b))
    hits = iou[iou > 0.5]
    f1 = [2 * (best > level).sum() / total for level in (0.5, 0.7)]
    # aggregated Jaccard index (Kumar et al. 2017): each true nucleus with its best partner
    partner = iou.argmax(axis=0) if len(size_a) else np.zeros(len(size_b), int)
    shared = best > 0
    column = np.flatnonzero(shared)
    common = both[partner[shared], column].sum()
    joined = union[partner[shared], column].sum() + size_b[~shared].sum()
    unused = np.setdiff1d(np.arange(len(size_a)), partner[shared])
    aji = common / max(joined + size_a[unused].sum(), 1)
    return len(size_b), len(size_a), *f1, aji, hits.sum() / (total / 2)


def overlaps(drawn: np.ndarray, truth: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """(found, true) pixels in common, and the sizes of either; no empty numbers."""
    _, a = np.unique(drawn, return_inverse=True)
    _, b = np.unique(truth, return_inverse=True)
    shape = a.max() + 1, b.max() + 1
    both = np.bincount(a.ravel() * shape[1] + b.ravel(), minlength=shape[0] * shape[1])
    both = both.reshape(shape)
    return both[1:, 1:], both.sum(axis=1)[1:], both.sum(axis=0)[1:]


def thresholds(found, results, params) -> None:
    print("mean over tiles at every threshold")
    for overlap in (0.2, 0.3, 0.45):
        for probability in np.arange(0.2, 0.65, 0.05):
            chosen = params.model_copy(
                update={"probability": float(probability), "overlap": overlap}
            )
            rows = [
                scores(draw(segmentation.select(one, chosen), found[name]), found[name].labels)
                for name, one in results.items()
            ]
            mean = np.mean([row[2:] for row in rows], axis=0)
            numbers = "".join(f"{value:8.3f}" for value in mean)
            print(f"  overlap {overlap:.1f} probability {probability:.2f}{numbers}", flush=True)


def calibrate(found, results, params) -> None:
    """Slope and shift from a nucleus's probability to how often such a one matches."""
    from scipy.optimize import minimize

    odds, hit = [], []
    for name, candidates in results.items():
        kept = segmentation.select(candidates, params.model_copy(update={"probability": 0.0}))
        drawn = draw(kept, found[name])
        labels = np.unique(drawn)[1:]
        both, size_a, size_b = overlaps(drawn, found[name].labels)
        iou = both / np.maximum(size_a[:, None] + size_b[None, :] - both, 1)
        p = np.clip(kept.probability[labels - 1].astype(float), 1e-6, 1 - 1e-6)
        odds.append(np.log(p / (1 - p)))
        hit.append(iou.max(axis=1, initial=0) > 0.5)
    x, y = np.concatenate(odds), np.concatenate(hit)

    def surprise(curve: np.ndarray) -> float:
        z = curve[0] * x + curve[1]
        return float(np.mean(np.logaddexp(0, z) - y * z))

    slope, shift = minimize(surprise, [1.0, 0.0]).x
    print(f"of {len(x)} nuclei {y.mean():.1%} match: slope {slope:.3f}, shift {shift:.3f}")


if __name__ == "__main__":
    sys.exit(main())
