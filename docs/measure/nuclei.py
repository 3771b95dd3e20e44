"""Train the network that finds nuclei, and print how well it does on patients it never saw.

    python docs/measure/nuclei.py train DATA FOLDER [--steps N]
    python docs/measure/nuclei.py score DATA FOLDER

DATA holds ``monuseg`` and ``gbm40_nuclei``. Whole patients are held back, one or more an organ.
"""

import argparse
import sys
import time
from pathlib import Path

import numpy as np
import tifffile
from PIL import Image

from spotscope.methods.segmentation.stardist._config import NetworkConfig
from spotscope.methods.segmentation.stardist._samples import Annotated
from spotscope.model import run

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
    parser.add_argument("what", choices=["train", "score"])
    parser.add_argument("data", type=Path)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--steps", type=int, default=4000)
    parser.add_argument("--threads", type=int, default=1)
    args = parser.parse_args()
    {"train": learn}[args.what](args)


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


if __name__ == "__main__":
    sys.exit(main())
