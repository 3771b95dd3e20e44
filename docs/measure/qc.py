"""Print how long checking nuclei takes in the window: thresholds, for view and slide, and edits.

    xvfb-run -a -s "-screen 0 1600x1000x24" python docs/measure/qc.py SPOTS IMAGE
        [--reference REF] [--model he] [--n 12]

Nuclei are found first, in the user's cache: a second time they are there at once. The view is a
square of 600 µm about the middle of the spots. Times are from the hand to the answer, when the
layers hold what is to be seen, and to its paint; under xvfb OpenGL paints in software. Last come
times of the choice alone, on the processor.
"""

from __future__ import annotations

import argparse
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from qtpy.QtWidgets import QApplication
from window import linger, median_of, painted, wait_for

from spotscope import pipeline
from spotscope.methods.segmentation import SegmentationParams
from spotscope.model import Edit, EditKind, Membership, update
from spotscope.pipeline.segmentation._chosen import Candidates

if TYPE_CHECKING:
    from collections.abc import Callable

    from spotscope.model import Session

_VIEW_UM = 600.0


class Check:
    """The window with nuclei found, driven as a hand would."""

    def __init__(self, args: argparse.Namespace) -> None:
        from spotscope.widgets.window import open_viewer

        self.viewer, self.dock = open_viewer()
        self.viewer.window.resize(1560, 960)
        self.bench, self.card = self.dock.workbench, self.dock.nuclei_card
        linger(2.0)
        self.dock.open_paths(
            [args.spots, args.image, *([args.reference] if args.reference else [])]
        )
        wait_for(lambda: self.bench.facts.slide and self.idle())
        self.card.show_params({"model": args.model})
        self.card.button.click()
        wait_for(lambda: self.bench.facts.nuclei and self.idle())
        if args.reference:
            self.dock.typing_card.button.click()
            wait_for(lambda: self.bench.facts.typed and self.idle())
        middle = np.median(self.bench.session.sample.spots.yx_um, axis=0)
        self.viewer.scene.camera.center = (0.0, *middle)
        self.viewer.scene.camera.zoom = 900 / _VIEW_UM
        linger(1.0)
        self.middle, self.n = middle, args.n

    def idle(self) -> bool:
        """Whether nothing runs."""
        return not self.dock.busy

    def drag(self, what: str, show: Callable[[float], None], values: np.ndarray) -> None:
        """Set a slider to one value after the other; time the view, then the slide."""
        told, view, slide = [], [], []
        for value in values:
            seen: list[float] = []
            catch = self.bench.previewed.connect(
                lambda name, _, seen=seen: seen.append(time.perf_counter())
            )
            before, begun = self.bench.session, time.perf_counter()
            show(float(value))
            wait_for(lambda seen=seen, before=before: seen or self.bench.session is not before)
            told.append((seen[0] if seen else time.perf_counter()) - begun)
            painted(self.viewer)
            view.append(time.perf_counter() - begun)
            wait_for(lambda before=before: self.bench.session is not before and self.idle())
            slide.append(time.perf_counter() - begun)
            self.bench.previewed.disconnect(catch)
        median_of(f"{what}, view", told)
        median_of(f"{what}, view painted", view)
        median_of(f"{what}, slide", slide)

    def edits(self) -> None:
        """Delete nuclei of spots in the view one by one, then take all of it back."""
        session = self.bench.session
        near = np.abs(session.nuclei.yx_um - self.middle).max(axis=1) < _VIEW_UM / 2
        owner = Membership.from_discs(session.nuclei, session.sample.spots).owner
        rows = np.flatnonzero(near & (owner >= 0))
        rows = rows[np.linspace(0, len(rows) - 1, self.n).astype(int)]
        at = session.nuclei.yx_um[rows]
        self.each("an edit", [lambda p=p: self.dock.check.correct(_gone(p)) for p in at])
        self.each("undo", [self.bench.deeds.undo] * self.n)

    def each(self, what: str, actions: list[Callable[[], object]]) -> None:
        """Do one thing after the other, each timed until it is painted."""
        told, seen = [], []
        for action in actions:
            before, begun = self.bench.session, time.perf_counter()
            action()
            wait_for(lambda before=before: self.bench.session is not before)
            told.append(time.perf_counter() - begun)
            painted(self.viewer)
            seen.append(time.perf_counter() - begun)
            wait_for(self.idle)
        median_of(what, told)
        median_of(f"{what}, painted", seen)


def choices(session: Session) -> None:
    """Processor's time of a choice alone; how many nuclei of a view are others on the slide."""
    candidates = Candidates(pipeline.considered(session))
    known = dict(session.records["segment"].params)
    params = SegmentationParams.model_validate(known)
    rng, places = np.random.default_rng(0), session.nuclei.yx_um
    took: dict[str, list[float]] = {}
    other = total = 0
    for overlap in np.linspace(0.1, 0.5, 10):
        now = update(params, overlap=float(overlap))
        corner = rng.uniform(places.min(axis=0), places.max(axis=0) - _VIEW_UM)
        box = (*corner, *(corner + _VIEW_UM))
        ways = (
            ("the view, nothing known", lambda now=now, box=box: candidates.chosen_in(box, now)),
            ("the slide, nothing known", lambda now=now: candidates.chosen(now)),
            (
                "the view, the overlap known",
                lambda now=now, box=box: candidates.chosen_in(box, now),
            ),
            ("the slide, the overlap known", lambda now=now: candidates.chosen(now)),
        )
        found = {}
        for name, way in ways:
            begun = time.process_time()
            chosen = way()
            took.setdefault(name, []).append(time.process_time() - begun)
            found[name] = {tuple(yx) for yx in chosen.yx_um.tolist()}
        first, then = (found[f"the view, {name} known"] for name in ("nothing", "the overlap"))
        other, total = other + len(first ^ then), total + len(then)
    for name, times in took.items():
        median_of(name, times)
    print(f"  nuclei of 10 views that are others on the slide: {other} of {total:,}")


def _gone(place: np.ndarray) -> Edit:
    return Edit.of(EditKind.DELETE, place)


def main() -> None:
    """Open, find, drag, edit."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("spots", type=Path)
    parser.add_argument("image", type=Path)
    parser.add_argument("--reference", type=Path)
    parser.add_argument("--model", default="he")
    parser.add_argument("--n", type=int, default=12, help="times each")
    args = parser.parse_args()
    app = QApplication.instance() or QApplication(sys.argv[:1])
    check = Check(args)
    session = check.bench.session
    print(f"{session.sample.name}: {session.nuclei.n:,} nuclei of `{args.model}`, "
          f"{'typed' if session.cells is not None else 'not typed'}")  # fmt: skip
    rng = np.random.default_rng(0)
    values = rng.permutation(np.linspace(0.2, 0.8, args.n))
    check.drag("probability", check.card.threshold._on_changed, values)
    check.card.threshold._on_changed(0.35)
    wait_for(check.idle)
    if args.model != "watershed":
        values = rng.permutation(np.linspace(0.05, 0.55, args.n))
        check.drag("overlap", check.card.overlap._on_changed, values)
    wait_for(check.idle)
    check.edits()
    wait_for(check.idle)
    choices(check.bench.session)
    check.viewer.close()
    del app


if __name__ == "__main__":
    main()
