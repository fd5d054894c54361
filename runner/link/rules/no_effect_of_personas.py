"""Keys of a persona that nothing comes of: all agents that have it are by text."""

from __future__ import annotations

from collections.abc import Iterator

from runner.diagnostics import Diagnostic
from runner.link.rule import FolderContext, FolderRule
from runner.link.without_effect import HOW_IT_SOUNDS, OF_VOICE, VOICE, Row, by_text, without_effect
from runner.schema.agents import Agent

_ROWS = (
    Row((), ("stt", "tts", "vad", "speech"), by_text, VOICE, OF_VOICE),
    Row(("turn_taking",), HOW_IT_SOUNDS, by_text, VOICE, OF_VOICE),
)


def _check(context: FolderContext) -> Iterator[Diagnostic]:
    agents: dict[str, list[Agent]] = {}
    for scope in context.scopes:
        for name in scope.personas:
            agents.setdefault(name, []).append(scope.agent)
    for name, definition in context.table.entries["personas"].items():
        having = agents.get(name, [])
        if having and all(map(by_text, having)):
            for row in _ROWS:
                yield from without_effect(having[0], definition, row)


RULE = FolderRule(_check)
