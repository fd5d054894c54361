"""A folder without an agent."""

from __future__ import annotations

from collections.abc import Iterator

from runner.diagnostics import Diagnostic, Span
from runner.link.rule import FolderContext, FolderRule


def _check(context: FolderContext) -> Iterator[Diagnostic]:
    table = context.table
    if table.entries["external_agents"]:
        return
    if not table.entries["agents"] and "agents" not in table.words:
        hint = "add agents: with the name of an agent below it, and its start: and llm: below that"
        yield Diagnostic(Span("."), "E201", "no agent is declared in this folder", hint)


RULE = FolderRule(_check)
