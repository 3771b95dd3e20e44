"""Print the peak memory of ``spotscope segment`` on slides of growing size.

    python docs/measure/memory.py FOLDER [--sides 4096 8192 16384] [--model watershed] [--workers 1]

Slides are tissue from rim to rim, one drawn tile over and over, tiled JPEG in a TIFF without a
pyramid: the worst case, as the missing levels are built too. FOLDER holds slides, results and an
empty cache; it is as large as they are. The peak is that of the process, as the system counts it
(``wait4``); what belongs to mapped files is in it.
"""

import argparse
import json
import os
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import tifffile

TILE = 512
MPP = 0.5


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--sides", type=int, nargs="+", default=[4096, 8192, 16384])
    parser.add_argument("--model", default="watershed")
    parser.add_argument("--workers", type=int, default=1)
    args = parser.parse_args()
    args.folder.mkdir(parents=True, exist_ok=True)
    tile = tissue()
    print(f"`{args.model}`, {args.workers} worker(s), {MPP} µm per pixel\n")
    print("| slide (px) | uncompressed (MB) | nuclei | peak memory (MB) | time (s) |")
    print("|---|---|---|---|---|", flush=True)
    for side in args.sides:
        slide = args.folder / f"{side}.tif"
        if not slide.exists():
            write(slide, tile, side)
        nuclei, peak, seconds = segment(slide, args)
        raw = 3 * side * side / 1e6
        print(f"| {side:,} × {side:,} | {raw:,.0f} | {nuclei:,} | {peak:,.0f} | {seconds:.0f} |",
              flush=True)  # fmt: skip


def tissue() -> np.ndarray:
    """(TILE, TILE, 3) blue discs of 8 to 12 µm in pink, 14 µm apart, not across the rim."""
    rng = np.random.default_rng(0)
    ticks = np.arange(16, TILE - 15, 30)
    yx = np.stack(np.meshgrid(ticks, ticks, indexing="ij"), -1).reshape(-1, 2)
    radius = rng.uniform(8, 12, len(yx))
    at = np.arange(TILE)
    image = np.tile(np.array([226.0, 176, 204]), (TILE, TILE, 1))
    for (y, x), r in zip(yx, radius, strict=True):
        image[np.hypot(at[:, None] - y, at[None] - x) < r] = 84, 60, 140
    return np.clip(image + rng.normal(0, 4, image.shape), 0, 255).astype(np.uint8)


def write(path: Path, tile: np.ndarray, side: int) -> None:
    tiles = (tile for _ in range((side // TILE) ** 2))
    tifffile.imwrite(
        path, tiles, shape=(side, side, 3), dtype=np.uint8, tile=(TILE, TILE),
        photometric="rgb", compression="jpeg", bigtiff=True,
    )  # fmt: skip


def segment(slide: Path, args: argparse.Namespace) -> tuple[int, float, float]:
    """Nuclei, peak MB and seconds of one run with an empty cache."""
    cache = args.folder / f"cache-{slide.stem}-{time.time_ns()}"
    command = [
        sys.executable, "-m", "spotscope.pipeline.cli", "segment", str(slide), "--json",
        "--device", "cpu", "--mpp", str(MPP), "--model", args.model, "--workers", str(args.workers),
        "--out", str(args.folder / f"{slide.stem}-labels.tif"),
    ]  # fmt: skip
    started = time.perf_counter()
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, env={**os.environ, "XDG_CACHE_HOME": str(cache)}
    ) as process:
        assert process.stdout is not None
        last = process.stdout.read().decode().splitlines()[-1]
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        sys.exit(f"spotscope segment ended with {process.returncode}: {last}")
    return json.loads(last)["nuclei"], usage.ru_maxrss / 1e3, time.perf_counter() - started


if __name__ == "__main__":
    main()
