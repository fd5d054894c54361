"""Who uses a provider, as values: what else it needs than options is told with it."""

from __future__ import annotations

from dataclasses import dataclass

from runner.diagnostics import Span


@dataclass(frozen=True, slots=True)
class ProviderUse:
    """A provider of a folder.

    Attributes:
        kind: the key of a `ProviderKind`.
        plugin: the plugin's name.
        options: names of the options that are written.
        agents: names of the agents that use it, by themselves or in a persona.
        place: where its plugin is named.
    """

    kind: str
    plugin: str
    options: tuple[str, ...]
    agents: tuple[str, ...]
    place: Span
