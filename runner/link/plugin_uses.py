"""Where a folder names plugins: as providers, as nodes, as tools."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from runner.diagnostics import Span
from runner.link.table import SymbolTable
from runner.schema.nodes import PARTS, listed
from runner.schema.providers import AnyProvider
from runner.schema.reading.load import Definition
from runner.schema.tools import PluginTool, ProviderTool
from runner.syntax import Location


@dataclass(frozen=True, slots=True)
class PluginUse:
    """A plugin that is named.

    Attributes:
        definition: what names it.
        kind: the key of a group of `runner.plugin`.
        values: its options, as they are written.
        at: where its name stands.
        below: where its options stand.
    """

    definition: Definition
    kind: str
    name: str
    values: Any
    at: Span
    below: Location

    def span(self, location: Location, *, on_key: bool) -> Span:
        """Where an option stands, else the name of the plugin."""
        document = self.definition.document
        whole = (*self.below, *location)
        if not location and not self.values:
            return self.at
        return document.key_span(whole) if on_key else document.value_span(whole)


def plugin_uses(table: SymbolTable) -> Iterator[PluginUse]:
    """All plugins that are named, in the order of the sections."""
    for section, uses in _USES.items():
        for definition in table.entries[section].values():
            if definition.spec is not None:
                yield from uses(definition, definition.spec)


def _provider(definition: Definition, provider: AnyProvider) -> Iterator[PluginUse]:
    if not provider.kind_value:  # the options of `http` are the language's own
        yield _named(definition, provider.kind, str(provider.plugin))


def _tool(definition: Definition, tool: Any) -> Iterator[PluginUse]:
    if isinstance(tool, PluginTool):
        yield _named(definition, "tool", str(tool.plugin), "plugin")
    elif isinstance(tool, ProviderTool):
        yield _named(definition, tool.kind, str(tool.provider_tool))


def _named(definition: Definition, kind: str, name: str, key: str = "") -> PluginUse:
    at = definition.document.value_span((*definition.location, key or kind))
    data: Any = definition.data
    below = (*definition.location, "with")
    return PluginUse(definition, kind, name, data.get("with", {}), at, below)


def _nodes(definition: Definition, spec: Any) -> Iterator[PluginUse]:
    if spec.nodes is None:
        return
    data: Any = definition.data
    for part in PARTS:
        for index, (name, _) in enumerate(listed(spec.nodes, part)):
            written = data["nodes"][part]
            entries = written if isinstance(written, list) else [written]
            place = (*definition.location, "nodes", part)
            place = (*place, index) if isinstance(written, list) else place
            values = entries[index][name] if isinstance(entries[index], dict) else {}
            at = (
                definition.document.key_span((*place, name))
                if isinstance(entries[index], dict)
                else definition.document.value_span(place)
            )
            yield PluginUse(definition, "node", name, values or {}, at, (*place, name))


_USES: dict[str, Callable[[Definition, Any], Iterator[PluginUse]]] = {
    "agents": _nodes,
    "personas": _nodes,
    "tools": _tool,
    "providers": _provider,
}
"""Section → what of it names plugins."""
