"""napari-spatialdata, doing what ``spotscope bench interface`` does: ``python FILE FOLDER``.

It runs as a program of its own, in an environment that has the package, and imports nothing of
ours. In: ``job.json``, sizes and how often. Out: ``said.json``, milliseconds of the window's thread
for each act, without painting, and versions. Elements are added by the package's ``Interactive``
and coloured by a double click on a name in its lists, as a user does. A package that cannot be
imported ends the program with code 3.
"""

from __future__ import annotations

import json
import os
import sys
import time
from importlib import import_module
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path
from typing import Any

# of several bindings qtpy takes Qt 5 first, which napari no longer shows all with
for _name in ("PyQt6", "PySide6"):
    if find_spec(_name) is not None:
        os.environ.setdefault("QT_API", _name.lower())

NOT_INSTALLED = 3
_STEP = 15
_TYPES = 12
_PATIENCE_S = 600.0
_NAMES = ("napari-spatialdata", "spatialdata", "napari", "numpy")


def table_of(element: str, n: int, counts: Any, **columns: Any) -> Any:
    """A table that annotates every instance, 1 to n, of an element."""
    np, pd = import_module("numpy"), import_module("pandas")
    obs = pd.DataFrame(
        {"region": pd.Categorical([element] * n), "instance": np.arange(1, n + 1), **columns},
        index=pd.RangeIndex(n).astype(str),
    )
    var = pd.DataFrame(index=[f"G{g}" for g in range(counts.shape[1])])
    table = import_module("anndata").AnnData(counts, obs=obs, var=var)
    return import_module("spatialdata.models").TableModel.parse(
        table, region=element, region_key="region", instance_key="instance"
    )


def nuclei(side: int) -> tuple[Any, int]:
    """Labels of a section with a nucleus in every square of 15 pixels, in a pyramid."""
    np, models = import_module("numpy"), import_module("spatialdata.models")
    per, place = side // _STEP, np.arange(side) // _STEP
    inside = (np.arange(side) % _STEP > 1) & (place < per)
    labels = np.where(
        inside[:, None] & inside[None, :], place[:, None] * per + place[None, :] + 1, 0
    ).astype(np.uint32)
    factors = [2] * max(0, (side // 1024).bit_length() - 1)
    return models.Labels2DModel.parse(labels, dims=("y", "x"), scale_factors=factors), per * per


def section(job: dict[str, int]) -> Any:
    """Three elements: all nuclei with types; fewer with genes; a lattice of bins with genes.

    Nuclei with genes are a section of their own, as the package takes the square of their number
    for nuclei that have no row in the table.
    """
    np, pd = import_module("numpy"), import_module("pandas")
    sparse, models = import_module("scipy.sparse"), import_module("spatialdata.models")
    rng = np.random.default_rng(0)
    many, n = nuclei(job["side"])
    names = [f"type {k}" for k in range(_TYPES)]
    types = {
        f"types_{k}": pd.Categorical.from_codes(rng.integers(0, _TYPES, n), names) for k in (0, 1)
    }
    some, m = nuclei(_STEP * round(job["cells"] ** 0.5))
    genes = rng.gamma(0.4, 3.0, (m, job["genes"])).astype(np.float32)
    per = job["bins_side"]
    place = np.stack(np.meshgrid(np.arange(per), np.arange(per), indexing="ij"), -1).reshape(-1, 2)
    bins = models.ShapesModel.parse(
        8.0 * place[:, ::-1], geometry=0, radius=4.0, index=np.arange(1, per * per + 1)
    )
    counts = sparse.csc_matrix(rng.poisson(1.0, (per * per, job["bin_genes"])).astype(np.float32))
    return import_module("spatialdata").SpatialData(
        labels={"nuclei": many, "cells": some},
        shapes={"bins": bins},
        tables={
            "types": table_of("nuclei", n, sparse.csr_matrix((n, 1), dtype=np.float32), **types),
            "genes": table_of("cells", m, genes),
            "counts": table_of("bins", per * per, counts, row=place[:, 0], col=place[:, 1]),
        },
    )


class Window:
    """Its window, driven as a hand would."""

    def __init__(self, data: Any) -> None:
        napari = import_module("napari")
        self.viewer = napari.Viewer(title="peer", show=True)
        self.viewer.window.resize(1400, 900)
        self.shown = import_module("napari_spatialdata").Interactive(data, headless=True)
        docks = self.viewer.window.dock_widgets
        self.view = next(docks[name] for name in docks if name.startswith("View"))
        self.app = import_module("qtpy.QtWidgets").QApplication.instance()

    def paint(self) -> None:
        """Paint, which is not timed."""
        self.viewer.screenshot(canvas_only=True, flash=False)
        self.app.processEvents()

    def add(self, element: str) -> float:
        """Add an element, choose its layer; milliseconds of the longest turn of the event loop.

        The package reads it on a thread and adds the layer when it is there.
        """
        longest, began = self._turn(lambda: self.shown.add_element(element, "global")), time.time()
        while element not in self.viewer.layers:
            if time.time() - began > _PATIENCE_S:
                raise TimeoutError(f"{element} was not added")
            longest = max(longest, self._turn(self.app.processEvents))
            time.sleep(0.001)
        self.viewer.layers.selection.active = self.viewer.layers[element]
        self.paint()
        return longest

    @staticmethod
    def _turn(act: Any) -> float:
        begun = time.thread_time()
        act()
        return 1e3 * (time.thread_time() - begun)

    def click(self, names: Any, like: str, times: int) -> list[float]:
        """Colour by the names that begin so, in turn; milliseconds, the first not counted."""
        rows = [names.item(at) for at in range(names.count())]
        rows = [row for row in rows if row.text().startswith(like)]
        found = []
        for number in range(times + 1):
            row = rows[number % len(rows)]
            took = self._turn(lambda row=row: names.itemDoubleClicked.emit(row))
            self.paint()
            if number:
                found.append(took)
        return found


def main(folder: Path) -> int:
    """Build the section, add it, colour it, say how long it took."""
    try:
        import_module("napari_spatialdata")
    except ImportError as err:
        sys.stderr.write(str(err))
        return NOT_INSTALLED
    job = json.loads((folder / "job.json").read_text("utf-8"))
    window = Window(section(job))
    times, took = job["times"], {}
    added = {"nuclei": window.add("nuclei")}
    took["types"] = window.click(window.view.obs_widget, "types", times)
    window.viewer.layers["nuclei"].visible = False
    added["cells"] = window.add("cells")
    took["gene"] = window.click(window.view.var_widget, "G", times)
    window.viewer.layers["cells"].visible = False
    added["bins"] = window.add("bins")
    took["bins"] = window.click(window.view.var_widget, "G", times)
    said = {"ms": took, "added_ms": added, "versions": {name: version(name) for name in _NAMES}}
    (folder / "said.json").write_text(json.dumps(said), "utf-8")
    window.viewer.close()
    return 0


if __name__ == "__main__":
    raise SystemExit(main(Path(sys.argv[1])))
