"""The plugins as packages: what they use of lkrun, and what their pages show."""

from __future__ import annotations

import ast
import tomllib
from pathlib import Path

import pytest
import strictyaml

from runner.plugin import Plugin
from runner.providers.catalogue import Catalogue, InstalledProvider
from runner.providers.loading import load
from runner.providers.validation import validate

PLUGINS = Path(__file__).parents[2] / "plugins"
NAMES = sorted(folder.name for folder in PLUGINS.iterdir() if (folder / "pyproject.toml").exists())


@pytest.mark.parametrize("name", NAMES)
def test_a_plugin_uses_the_public_api_alone(name):
    """Nothing of lkrun is imported but `runner.plugin`."""
    used = set()
    for file in (PLUGINS / name).rglob("*.py"):
        for node in ast.walk(ast.parse(file.read_text("utf-8"))):
            if isinstance(node, ast.ImportFrom):
                used.add(node.module)
            elif isinstance(node, ast.Import):
                used.update(alias.name for alias in node.names)
    assert {module for module in used if module.split(".")[0] == "runner"} == {"runner.plugin"}


@pytest.mark.parametrize("name", NAMES)
def test_a_plugin_is_found_under_the_name_of_its_entry_point(name):
    """The installed package is what the catalogue finds, of the kind that its page says."""
    project = tomllib.loads((PLUGINS / name / "pyproject.toml").read_text("utf-8"))["project"]
    ((group, points),) = project["entry-points"].items()
    ((point, target),) = points.items()
    plugin = Catalogue().find(group.removeprefix("lkrun."), point)
    assert isinstance(plugin, InstalledProvider)
    assert (plugin.target, plugin.package) == (target, project["name"])
    assert Plugin.__name__ == "Plugin"


@pytest.mark.parametrize("name", NAMES)
def test_the_example_of_the_page_is_right(name):
    """The YAML in the README passes the plugin's own check."""
    page = (PLUGINS / name / "README.md").read_text("utf-8")
    example = page.split("```yaml\n")[1].split("```")[0]
    ((_, definition),) = strictyaml.load(example).data["providers"].items()
    kind = next(key for key in definition if key != "with")
    plugin = Catalogue().find(kind, definition[kind])
    loaded = load(plugin.source, plugin.target, kind)
    assert validate(loaded.options, definition["with"], name)[1] == []
