"""Tools that a model's own provider runs: `openai.WebSearch`, found without importing anything."""

from __future__ import annotations

from typing import TYPE_CHECKING

from runner.diagnostics.nearest import nearest
from runner.providers import known
from runner.providers.exports import Exports
from runner.providers.problems import NameProblem

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from runner.providers.installed import Distribution


def find(
    name: str, installed: Mapping[str, Distribution], install: Callable[[str], str]
) -> tuple[str, Distribution] | NameProblem:
    """Where such a tool stands, and the package that brings it; or what is wrong with the name.

    Args:
        name: the plugin's name, a dot, and the tool's.
        installed: packages by name.
        install: gives the line that installs a plugin.
    """
    module, _, tool = name.partition(".")
    package = installed.get(known.package_of(module))
    if package is None:
        return _without(name, module, installed, install)
    tools = tools_of(package, module)
    if tool in tools:
        return f"livekit.plugins.{module}.tools:{tool}", package
    return _unknown(name, module, tools, installed, install)


def runs(plugin: str, kind: str, tool: str) -> bool:
    """Whether a model of a kind hands a tool to its service.

    Args:
        plugin: the plugin that the model's provider names.
        kind: `llm` or `realtime`.
        tool: as it is written.
    """
    module = tool.partition(".")[0]
    own = known.RUNS_TOOLS.get(module, {}).get(kind) if module in known.RUNS_TOOLS else module
    return own is not None and (plugin == own or plugin.startswith(f"{own}."))


def tools_of(package: Distribution, module: str) -> tuple[str, ...]:
    """The tools of an installed LiveKit plugin."""
    return Exports(package.folder.parent / "livekit" / "plugins" / module).tools()


def names(installed: Mapping[str, Distribution]) -> list[str]:
    """All that can be written right now."""
    return [
        f"{module}.{tool}"
        for module in known.RUNS_TOOLS
        if (package := installed.get(known.package_of(module))) is not None
        for tool in tools_of(package, module)
    ]


def _without(
    name: str,
    module: str,
    installed: Mapping[str, Distribution],
    install: Callable[[str], str],
) -> NameProblem:
    if module in known.RUNS_TOOLS:
        message = f"the plugin '{module}' is not installed"
        return NameProblem("E401", message, f"run: {install(module)}")
    return _unknown(name, module, (), installed, install)


def _unknown(
    name: str,
    module: str,
    tools: tuple[str, ...],
    installed: Mapping[str, Distribution],
    install: Callable[[str], str],
) -> NameProblem:
    choices = names(installed)
    bare = {_plain(each.partition(".")[2]): each for each in choices}
    own = {_plain(each): f"{module}.{each}" for each in tools}
    tool = _plain(name.partition(".")[2] if "." in name else name)
    near = own.get(tool) or bare.get(tool) or nearest(name, choices)
    if near is None and (close := nearest(tool, own or bare)) is not None:
        near = (own or bare)[close]
    listed = [each for each in choices if each.startswith(f"{module}.")] or choices
    lacking = f"install a plugin that has such tools: {install('openai')}"
    hint = f"there are: {', '.join(listed)}" if listed else lacking
    has = f"the plugin '{module}' has no '{name.partition('.')[2]}' that its provider runs"
    none = f"there is no tool '{name}' that a model's provider runs"
    message = has if tools and "." in name else none
    return NameProblem("E402", message, f"did you mean '{near}'?" if near else hint)


def _plain(name: str) -> str:
    return name.replace("_", "").replace("-", "").lower()
