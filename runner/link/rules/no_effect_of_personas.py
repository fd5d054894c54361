"""Keys of a persona that nothing comes of: all agents that have it are by text."""

from __future__ import annotations

from collections.abc import Iterator

from runner.diagnostics import Diagnostic
from runner.link.rule import FolderContext, FolderRule
from runner.link.without_effect import HOW_IT_SOUNDS, OF_VOICE, VOICE, Row, by_text, without_effect

_ROWS = (
    Row((), ("stt", "tts", "vad", "speech"), by_text, VOICE, OF_VOICE),
    Row(("turn_taking",), HOW_IT_SOUNDS, by_text, VOICE, OF_VOICE),
)


def _check(context: FolderContext) -> Iterator[Diagnostic]:
    for name, definition in context.table.entries["personas"].items():
        agents = [scope.agent for scope in context.scopes if name in scope.personas]
        if agents and all(map(by_text, agents)):
            for row in _ROWS:
                yield from without_effect(agents[0], definition, row)


RULE = FolderRule(_check)
