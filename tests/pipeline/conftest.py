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
def typed_run(demo_files, steps_cache):
    """The main job on the small demo, with copies of what it wrote to the spots."""
    import spotscope

    session = spotscope.read(demo_files["spots"], image=demo_files["image"])
    session = spotscope.segment(session, cache=steps_cache, workers=2, model="watershed")
    typed = spotscope.type_cells(session, demo_files["reference"], cache=steps_cache, nu=2.0)
    table = typed.session.sample.spots.table
    return typed, table.obs.copy(), {key: table.obsm[key].copy() for key in table.obsm}


@pytest.fixture(scope="session")
def typed(typed_run) -> Typed:
    """The main job on the small demo, by the package's verbs."""
    return typed_run[0]


@pytest.fixture(autouse=True)
def spots_as_they_were_typed(request):
    """Sessions share their spots: what a test's steps wrote to them is taken back after it."""
    yield
    if "typed_run" not in request.fixturenames:
        return
    typed, obs, obsm = request.getfixturevalue("typed_run")
    table = typed.session.sample.spots.table
    table.obs = obs.copy()
    for key in list(table.obsm):
        del table.obsm[key]
    for key, values in obsm.items():
        table.obsm[key] = values.copy()
