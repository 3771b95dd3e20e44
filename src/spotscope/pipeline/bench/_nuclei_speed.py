"""StarDist here and in its own package on TensorFlow: the same tile, the same weights, in turn."""

from __future__ import annotations

import json
import subprocess
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from spotscope.evaluation import score_labels
from spotscope.methods import segmentation
from spotscope.methods.segmentation.stardist import (
    agreed,
    load_model,
    precisions,
    run_network,
    suppress,
)
from spotscope.model import Progress, SpotscopeError, StarConvex
from spotscope.pipeline.bench import _stardist_peer_script
from spotscope.pipeline.bench._nuclei import NUMBERS

if TYPE_CHECKING:
    from spotscope.methods.segmentation.stardist import Precision, StarModel
    from spotscope.model import Task

__all__ = ["SpeedRow", "peer_speed", "speed_table"]

_Floats = npt.NDArray[np.float32]
_Maps = tuple[_Floats, _Floats]

_ROUNDS = 7
_NMS = 0.3


class _NoPeerError(SpotscopeError):
    """The peer cannot be run; says why."""


@dataclass(frozen=True, slots=True)
class SpeedRow:
    """Seconds of both, medians over rounds.

    Parameters
    ----------
    what
        ``network``, or ``whole``: network, suppression and drawing.
    kind
        Of number that ours computes in; theirs is float32.
    ours, theirs
        Seconds.
    """

    what: str
    kind: Precision
    ours: float
    theirs: float


def peer_speed(
    image: npt.NDArray[np.float32], model: str, python: str, threads: int
) -> Task[tuple[list[SpeedRow], str]]:
    """Time both on a tile.

    Parameters
    ----------
    image
        (y, x, c) normalised.
    model
        Name of a model.
    python
        Of an environment with ``tensorflow-cpu``, ``tf-keras`` and ``stardist``.
    threads
        Both have.

    Returns
    -------
    The rows, and what the peer is or why there is none.
    """
    import torch

    loaded = load_model(model)
    prob = loaded.calibration.undo(segmentation.SegmentationParams().probability)
    before = torch.get_num_threads()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        _write_case(folder, loaded, image, prob)
        torch.set_num_threads(threads)
        try:
            return (yield from _in_turn(folder, python, threads, loaded, image, prob))
        except _NoPeerError as err:
            return [], str(err)
        finally:
            torch.set_num_threads(before)


def _in_turn(
    folder: Path,
    python: str,
    threads: int,
    loaded: StarModel,
    image: npt.NDArray[np.float32],
    prob: float,
) -> Task[tuple[list[SpeedRow], str]]:
    yield Progress("waiting for TensorFlow", 0, 1)
    command = [python, _stardist_peer_script.__file__, str(folder), str(threads)]
    peer = subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    with peer:
        try:
            version = _answer(peer)["ready"]
            kinds = precisions(loaded.network)
            ours = {kind: _Ours(loaded, image, prob, kind) for kind in kinds}
            theirs: dict[str, list[float]] = {"network": [], "whole": []}
            mine: dict[tuple[str, Precision], list[float]] = {
                (what, kind): [] for what in theirs for kind in kinds
            }
            assert peer.stdin is not None
            for n in range(_ROUNDS):
                yield Progress("both in turn", n, _ROUNDS)
                for what in theirs:
                    for kind in kinds:
                        mine[what, kind].append(ours[kind].seconds(what))
                    peer.stdin.write(what + "\n")
                    peer.stdin.flush()
                    theirs[what].append(_answer(peer)["seconds"])
            peer.stdin.close()
            peer.wait()
        finally:
            peer.kill()
    drawn = np.load(folder / "labels.npy")
    same = {kind: score_labels(one.labels, drawn) for kind, one in ours.items()}
    rows = [
        SpeedRow(what, kind, float(np.median(seconds)), float(np.median(theirs[what])))
        for (what, kind), seconds in mine.items()
    ]
    f1s = ", ".join(f"{NUMBERS[kind]} {score.f1:.4f}" for kind, score in same.items())
    return rows, (
        f"{version}; F1 at IoU 0.5 of ours against its {same[kinds[0]].n_true} nuclei: {f1s}"
    )


def _answer(peer: subprocess.Popen[str]) -> dict[str, Any]:
    """The next JSON line; libraries may chat before it."""
    assert peer.stdout is not None
    for line in peer.stdout:
        if line.startswith("{"):
            return dict(json.loads(line))
    said = peer.stderr.read().strip() if peer.stderr is not None else ""
    reason = said.splitlines()[-1] if said else f"it ended with code {peer.wait()}"
    raise _NoPeerError(
        f"The stardist package on TensorFlow could not be run ({reason}): make an environment with "
        "'pip install tensorflow-cpu tf-keras stardist' and give its Python (--peer-python)."
    )


class _Ours:
    """Ours, timed."""

    def __init__(
        self, loaded: StarModel, image: npt.NDArray[np.float32], prob: float, kind: Precision
    ) -> None:
        self._model, self._image, self._prob, self._kind = loaded, image, prob, kind
        self._whole()  # compiled and warm
        # the package asks nobody around: judged beside it are outlines as the network says them
        self.labels = self._drawn(*self._kept()[1])

    def seconds(self, what: str) -> float:
        started = time.perf_counter()
        if what == "network":
            self._network()
        else:
            self._whole()
        return time.perf_counter() - started

    def _network(self) -> tuple[npt.NDArray[np.float32], ...]:
        return run_network(self._model.network, self._image, precision=self._kind)

    def _whole(self) -> None:
        (sure, said), (at, prob, dist) = self._kept()
        if self._model.agreement:
            grid, share = self._model.config.grid, self._model.agreement
            dist = agreed(sure, said, grid, at, self._prob, share)
        self._drawn(at, prob, dist)

    def _kept(self) -> tuple[_Maps, tuple[npt.NDArray[np.intp], _Floats, _Floats]]:
        """Probability and distances on the grid, and what the suppression keeps of them."""
        prob, dist = self._network()[:2]
        return (prob, dist), suppress(prob, dist, self._model.config.grid, self._prob, _NMS)

    def _drawn(
        self,
        at: npt.NDArray[np.intp],
        prob: _Floats,
        dist: _Floats,
    ) -> npt.NDArray[np.uint32]:
        found = StarConvex(at.astype(np.float64), dist, prob)
        return segmentation.LabelDrawer(found, 1.0).draw(0, 0, *self._image.shape[:2])


def _write_case(
    folder: Path, loaded: StarModel, image: npt.NDArray[np.float32], prob: float
) -> None:
    facts = {**loaded.config.to_json(), "prob": prob, "nms": _NMS}
    facts.pop("backbone")
    (folder / "config.json").write_text(json.dumps(facts), encoding="utf-8")
    weights = {}
    for name, tensor in loaded.network.state_dict().items():
        layer, kind = name.split(".")[1], name.rsplit(".", 1)[-1]
        value = tensor.cpu().float().numpy()
        if kind == "weight":
            weights[f"{layer}/kernel"] = value.transpose(2, 3, 1, 0)
        else:
            weights[f"{layer}/bias"] = value
    np.savez(folder / "weights.npz", **weights)
    np.save(folder / "tile.npy", image)


def speed_table(rows: list[SpeedRow], version: str, threads: int, shape: tuple[int, ...]) -> str:
    """A table in Markdown, or the sentence that says why there is none."""
    if not rows:
        return version
    names = {"network": "the network", "whole": "network, suppression, label image"}
    lines = [
        f"One tile of {shape[0]} × {shape[1]} px, {threads} threads each, medians of {_ROUNDS} "
        f"rounds in turn; beside {version}.\n",
        "| what | computed in | spotscope (s) | stardist package, in float32 (s) | ratio |",
        "|---|---|---|---|---|",
    ]
    lines += [
        f"| {names[row.what]} | {NUMBERS[row.kind]} | {row.ours:.3f} | {row.theirs:.3f} | "
        f"{row.theirs / row.ours:.1f} |"
        for row in rows
    ]
    return "\n".join(lines)
