"""Print the peak memory of ``spotscope segment`` on slides of growing size.

    python docs/measure/memory.py FOLDER [--sides 4096 8192 16384 32768] [--tissue 4096]
        [--model watershed he] [--workers 1]

Slides are one drawn tile over and over, tiled JPEG in a TIFF without a pyramid: the worst case, as
the missing levels are built too. Tissue goes from rim to rim, or, with ``--tissue``, covers a
square of that side in the middle, and the rest is glass, as of most slides. FOLDER holds slides,
results and an empty cache; it is as large as they are. The peak is that of the process, as the
system counts it (``wait4``); its own part and that of mapped files, which the system may drop at
any time, are looked at every 20 ms and may be a little too low.
"""

import argparse
import json
import os
import shutil
import subprocess
import sys
import threading
import time
from pathlib import Path

import numpy as np
import tifffile

TILE = 512
MPP = 0.5


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--sides", type=int, nargs="+", default=[4096, 8192, 16384, 32768])
    parser.add_argument("--tissue", type=int, help="side of the square of tissue; all of the slide")
    parser.add_argument("--model", nargs="+", default=["watershed", "he"])
    parser.add_argument("--workers", type=int, default=1)
    args = parser.parse_args()
    args.folder.mkdir(parents=True, exist_ok=True)
    on = "all tissue" if args.tissue is None else f"{args.tissue:,} × {args.tissue:,} px of tissue"
    for model in args.model:
        print(f"\n`{model}`, {on}, {args.workers} worker(s), {MPP} µm per pixel\n")
        print("| slide (px) | uncompressed (MB) | nuclei | peak (MB) | its own (MB) | time (s) |")
        print("|---|---|---|---|---|---|", flush=True)
        for side in args.sides:
            slide = args.folder / f"{side}-{args.tissue or 'all'}.tif"
            if not slide.exists():
                write(slide, side, args.tissue or side)
            nuclei, peak, own, seconds = segment(slide, model, args)
            raw = 3 * side * side / 1e6
            print(f"| {side:,} × {side:,} | {raw:,.0f} | {nuclei:,} | {peak:,.0f} | {own:,.0f} | "
                  f"{seconds:.0f} |", flush=True)  # fmt: skip


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


def write(path: Path, side: int, covered: int) -> None:
    """A slide of ``side`` px with ``covered`` px of tissue in the middle of either axis."""
    stained = tissue()
    noise = np.random.default_rng(1).normal(0, 1.5, stained.shape)
    glass = np.clip(243 + noise, 0, 255).astype(np.uint8)
    n, on = side // TILE, covered // TILE
    first = (n - on) // 2
    inside = range(first, first + on)
    tiles = (stained if y in inside and x in inside else glass for y in range(n) for x in range(n))
    tifffile.imwrite(
        path, tiles, shape=(side, side, 3), dtype=np.uint8, tile=(TILE, TILE),
        photometric="rgb", compression="jpeg", bigtiff=True,
    )  # fmt: skip


def segment(slide: Path, model: str, args: argparse.Namespace) -> tuple[int, float, float, float]:
    """Nuclei, peak MB, peak MB of its own and seconds of one run with an empty cache."""
    cache = args.folder / f"cache-{slide.stem}-{time.time_ns()}"
    command = [
        sys.executable, "-m", "spotscope.pipeline.cli", "segment", str(slide), "--json",
        "--device", "cpu", "--mpp", str(MPP), "--model", model, "--workers", str(args.workers),
        "--out", str(args.folder / f"{slide.stem}-labels.tif"),
    ]  # fmt: skip
    started, own = time.perf_counter(), [0.0]
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, env={**os.environ, "XDG_CACHE_HOME": str(cache)}
    ) as process:
        assert process.stdout is not None
        threading.Thread(target=watch, args=(process.pid, own), daemon=True).start()
        lines = process.stdout.read().decode().splitlines()
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
    shutil.rmtree(cache, ignore_errors=True)
    if process.returncode:
        sys.exit(f"spotscope segment ended with {process.returncode}: {lines[-1:]}")
    seconds = time.perf_counter() - started
    return json.loads(lines[-1])["nuclei"], usage.ru_maxrss / 1e3, own[0], seconds


def watch(pid: int, most: list[float]) -> None:
    """Keep the largest memory of a process that belongs to no file, in MB."""
    status = Path(f"/proc/{pid}/status")
    try:
        while True:
            lines = dict(line.split(":", 1) for line in status.read_text().splitlines())
            most[0] = max(most[0], float(lines["RssAnon"].split()[0]) / 1e3)
            time.sleep(0.02)
    except (OSError, KeyError):  # it has ended
        return


if __name__ == "__main__":
    main()
