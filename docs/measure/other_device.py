"""Print what is computed on another device beside the same on the processor.

    python docs/measure/other_device.py DATA [cuda | mps | stand-in]

The shipped network for H&E on a tile, six steps of training it, a hundred steps of training the
network of cells, and what that infers of a drawn section: how far answers are apart, and seconds.

``stand-in``, the default, is a device of its own kind to torch whose memory is the processor's
(``other_device.cpp``, compiled in half a minute when it is first asked for: ``pip install ninja
setuptools``, and a C++ compiler). As CUDA it refuses tensors of the processor among its own; as MPS
it has no float64; it computes with the processor's kernels, so any difference beyond rounding is a
fault of ours, and its seconds say nothing. It cannot show what a real device does otherwise: its
rounding, its memory, its speed.
"""

from __future__ import annotations

import sys
import time
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, Any

import numpy as np
import torch

from spotscope.evaluation import nuclei_cases
from spotscope.methods import expression
from spotscope.methods.expression import ExpressionParams
from spotscope.methods.segmentation import SegmentationParams
from spotscope.methods.segmentation.stardist import NetworkParams, in_precision, learn
from spotscope.methods.segmentation.stardist._samples import Annotated
from spotscope.model import run
from spotscope.pipeline._device import resolve_device
from spotscope.pipeline.bench._expression_world import CellMaker, draw_reference, draw_section
from spotscope.pipeline.expression._decompose_inputs import codes_in, membership_of_cells
from spotscope.pipeline.segmentation._tiles import candidates_of
from spotscope.training import TrainParams

if TYPE_CHECKING:
    from collections.abc import Callable

    from spotscope.evaluation import NucleiCase

    Answer = dict[str, np.ndarray[Any, Any]]

_STAND_IN = "standin"


def main(data: Path, device: str) -> None:
    """Print a row for each thing that is computed."""
    tiles = [case for case in nuclei_cases(data, None, "he") if case.part != "reporting"][:4]
    rows: dict[str, Callable[[str], Answer]] = {
        "nuclei of a tile": lambda where: nuclei(tiles[0], where),
        "their network, six steps": lambda where: nuclei_learned(tiles, where),
        "cells and their network, 100 steps": cells_told,
    }
    print(
        f"| | values | largest | furthest apart | s, cpu | s, {device} |\n|---|---|---|---|---|---|"
    )
    for name, compute in rows.items():
        found, seconds = [], []
        for where in ("cpu", device):
            begun = time.perf_counter()
            found.append(compute(where))
            seconds.append(time.perf_counter() - begun)
        for part, here in found[0].items():
            there = found[1][part]
            what = f"| {name}: {part} |"
            if here.shape != there.shape:
                print(f"{what} {here.shape} and {there.shape} | – | – | – | – |")
                continue
            apart = float(np.abs(here - there).max())
            print(
                f"{what} {here.size:,} | {np.abs(here).max():.3g} | {apart:.2g} | "
                f"{seconds[0]:.1f} | {seconds[1]:.1f} |",
                flush=True,
            )


def nuclei(tile: NucleiCase, device: str) -> Answer:
    """Candidates of a tile, in float32."""
    params = SegmentationParams(model="he")
    with in_precision("float32"):
        found = run(candidates_of(tile.image, tile.mpp, params, device))
    return {"chances": found.probability, "distances (µm)": found.radii_um}


def nuclei_learned(tiles: list[NucleiCase], device: str) -> Answer:
    """Weights after a few steps."""
    shown = [Annotated(tile.image, tile.labels, tile.mpp) for tile in tiles]
    shape = NetworkParams(start="he", batch=2)
    params = TrainParams(steps=6, warm_up=2, bfloat16=False)
    learned = run(learn(shown, shape, params, seed=1, device=device))
    return {"weights": _joined(learned.weights)}


def cells_told(device: str) -> Answer:
    """Weights of the network of cells, and what it infers of a section."""
    maker = CellMaker(6, 300)
    section = draw_section(maker, 400, 6, 2)
    params = ExpressionParams(method="score", train_steps=100, n_samples=2)
    fitted = run(expression.fit(draw_reference(maker, 2000, 1), params, rng=0, device=device))
    spots = section.sample.spots
    assert spots is not None
    assert fitted.score is not None
    codes, membership = codes_in(section, fitted), membership_of_cells(section)
    told = run(expression.predict(fitted, spots, codes, membership, params, rng=0, device=device))
    weights = _joined(fitted.score.weights)
    return {"weights": weights, "means": told.mean, "spreads": told.sd}


def _joined(weights: Any) -> np.ndarray[Any, Any]:
    return np.concatenate([np.ravel(weights[name]) for name in sorted(weights)])


def stand_in() -> str:
    """Compile the stand-in, and have torch know it."""
    from torch.utils.cpp_extension import load

    load("other_device", [str(Path(__file__).with_suffix(".cpp"))], extra_cflags=["-O1"])
    torch.utils.rename_privateuse1_backend(_STAND_IN)
    module = ModuleType(f"torch.{_STAND_IN}")
    module.is_available = lambda: True  # type: ignore[attr-defined]
    module.device_count = lambda: 1  # type: ignore[attr-defined]
    module.current_device = lambda: 0  # type: ignore[attr-defined]
    module._is_in_bad_fork = lambda: False  # type: ignore[attr-defined]
    module.manual_seed_all = lambda _: None  # type: ignore[attr-defined]
    module.get_amp_supported_dtype = lambda: [torch.bfloat16]  # type: ignore[attr-defined]
    torch._register_device_module(_STAND_IN, module)
    return _STAND_IN


if __name__ == "__main__":
    if len(sys.argv) not in (2, 3):
        sys.exit(__doc__)
    asked = sys.argv[2] if len(sys.argv) == 3 else "stand-in"
    main(Path(sys.argv[1]), stand_in() if asked == "stand-in" else resolve_device(asked))
