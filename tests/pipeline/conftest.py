"""The demo sample as files, and one run of the main job on it, for the tests of the pipeline."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from pathlib import Path

    from spotscope.pipeline import Typed


@pytest.fixture(scope="session")
def demo_files(demo, tmp_path_factory) -> dict[str, Path]:
    """Write the small demo once; paths by role (image, spots, reference)."""
    from spotscope.pipeline._demo import DEMO_FILES

    folder = tmp_path_factory.mktemp("demo")
    demo.write(folder)
    return {role: folder / name for role, name in DEMO_FILES.items()}


@pytest.fixture(scope="session")
def steps_cache(tmp_path_factory) -> Path:
    """Where the shared run keeps its steps."""
    return tmp_path_factory.mktemp("steps")


@pytest.fixture(scope="session")
def typed(demo_files, steps_cache) -> Typed:
    """The main job on the small demo, by the package's verbs."""
    import spotscope

    session = spotscope.read(demo_files["spots"], image=demo_files["image"])
    session = spotscope.segment(session, cache=steps_cache, workers=2, model="watershed")
    return spotscope.type_cells(session, demo_files["reference"], cache=steps_cache, nu=2.0)
