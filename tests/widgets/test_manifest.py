"""The manifest: npe2 checks its form, we check that what it names is there."""

from __future__ import annotations

from importlib import import_module
from pathlib import Path

import pytest
from napari._app_model.constants import MenuId
from npe2 import PluginManifest

import spotscope

MANIFEST = Path(spotscope.__file__).parent / "napari.yaml"


@pytest.fixture(scope="module")
def manifest() -> PluginManifest:
    manifest = PluginManifest.from_file(MANIFEST)
    manifest.validate_imports()
    return manifest


def test_every_command_can_be_imported_and_called(manifest):
    for command in manifest.contributions.commands:
        module, _, name = command.python_name.partition(":")
        assert callable(getattr(import_module(module), name)), command.id


def test_every_command_named_is_declared(manifest):
    parts = manifest.contributions
    declared = {command.id for command in parts.commands}
    named = {item.command for item in [*parts.widgets, *parts.readers, *parts.sample_data]}
    named |= {item.command for items in parts.menus.values() for item in items}
    assert named == declared


def test_every_menu_is_one_that_plugins_may_fill(manifest):
    assert set(manifest.contributions.menus) <= set(map(str, MenuId.contributables()))


def test_the_dock_is_called_spotscope(manifest):
    assert [widget.display_name for widget in manifest.contributions.widgets] == ["spotscope"]


def test_the_link_at_the_top_level_leads_to_the_same_manifest():
    link = Path(__file__).parents[2] / "napari.yaml"
    assert link.resolve() == MANIFEST.resolve()
