"""The embedded demo sample, written as the files a user would have."""

from __future__ import annotations

from typing import TYPE_CHECKING

from spotscope import io
from spotscope.model import Progress

if TYPE_CHECKING:
    from pathlib import Path

    from spotscope.model import Task

__all__ = ["DEMO_FILES", "write_demo"]

DEMO_FILES = {
    "image": "demo_HE.ome.tif",
    "spots": "demo.h5ad",
    "reference": "demo_reference.h5ad",
}


def write_demo(folder: Path, seed: int = 0) -> Task[dict[str, Path]]:
    """Make the demo sample once and say where its files are.

    Parameters
    ----------
    folder
        Where they go; files that are there already are used again.
    seed
        Of the sample.

    Returns
    -------
    Paths of ``image``, ``spots`` and ``reference``.
    """
    from spotscope.evaluation import make_demo

    home = folder / f"demo-{seed}"
    files = {role: home / name for role, name in DEMO_FILES.items()}
    if not all(path.exists() for path in files.values()):
        yield Progress("growing the demo tissue", 0, 2)
        sample = make_demo(seed)
        yield Progress("growing the demo tissue", 1, 2)
        with io.staged(home) as staging:
            yield from sample.writing(staging)
        yield Progress("growing the demo tissue", 2, 2)
    return files
