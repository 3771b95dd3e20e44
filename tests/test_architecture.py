"""The rooms: imports go down only, and nothing heavy comes in unasked."""

import subprocess
import sys

import pytest
from importlinter import cli as import_linter

HEAVY = (
    "torch",
    "qtpy",
    "napari",
    "PySide6",
    "PyQt6",
    "anndata",
    "numba",
    "skimage",
    "zarr",
    "dask",
)


def loaded_after(statement: str) -> set[str]:
    code = f"{statement}\nimport sys\nprint('\\n'.join(sys.modules))"
    out = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    return set(out.stdout.split())


def test_the_rooms_import_downwards_only():
    assert import_linter.lint_imports(no_cache=True) == import_linter.EXIT_STATUS_SUCCESS


def test_importing_spotscope_brings_in_nothing_heavy():
    assert not loaded_after("import spotscope").intersection(HEAVY)


def test_the_engine_never_loads_qt_or_torch():
    found = loaded_after("import spotscope.pipeline, spotscope.pipeline.cli, spotscope.layers")
    assert not found.intersection({"torch", "qtpy", "napari", "PySide6", "PyQt6", "magicgui"})


@pytest.mark.parametrize("room", ["model", "io", "methods", "evaluation", "layers", "pipeline"])
def test_every_name_a_room_offers_is_there(room):
    from importlib import import_module

    module = import_module(f"spotscope.{room}")
    assert all(hasattr(module, name) for name in getattr(module, "__all__", ()))


def test_every_verb_of_the_package_can_be_reached():
    import spotscope

    assert {"read", "segment", "type_cells", "save", "view"} <= set(spotscope.__all__)
    assert all(getattr(spotscope, name) is not None for name in spotscope.__all__)
    with pytest.raises(AttributeError, match="no attribute 'decompos'"):
        _ = spotscope.decompos
