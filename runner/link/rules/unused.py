"""Definitions that no agent reaches, but for those that a mistake may hide."""

from __future__ import annotations

from collections.abc import Iterator

from runner.diagnostics import Diagnostic
from runner.link.findings import Problem
from runner.link.reach import speaking_in
from runner.link.rule import FolderContext, FolderRule
from runner.link.table import SymbolTable, name_span
from runner.schema.file import SINGULAR
from runner.schema.providers import AnyProvider
from runner.schema.reading.load import Definition
from runner.schema.tests import Test
from runner.schema.types.blocks import Block

_ENTRIES = ("agents", "external_agents", "campaigns", "tests")
"""Sections whose definitions nobody has to name."""


def _check(context: FolderContext) -> Iterator[Diagnostic]:
    table, scopes = context.table, context.scopes
    words = _mentioned(table)
    if len(scopes) < len(table.entries["agents"]) or "agents" in words or not scopes:
        return
    used = context.meant | {reached for scope in scopes for reached in scope.reached}
    used |= {*_speaking(table), *_judging(table)}
    for definition in table.all():
        known = definition.spec is not None or definition.deferred
        if not known or definition.section in _ENTRIES or definition.name in words:
            continue
        if (definition.section, definition.name) not in used:
            yield Diagnostic(name_span(definition), *_idle(definition))


def _speaking(table: SymbolTable) -> Iterator[tuple[str, str]]:
    """What speaks for the callers of tests."""

    def take(section: str, name: str) -> Block | None:
        entry = table.entries[section].get(name)
        return entry.spec if entry is not None else None

    for test in table.entries["tests"].values():
        for section, names in speaking_in(test.spec, take).items():
            yield from ((section, name) for name in names)


def _judging(table: SymbolTable) -> Iterator[tuple[str, str]]:
    """Models that may judge tests or play their callers: the command says which."""
    tests = (test.spec for test in table.entries["tests"].values())
    if any(isinstance(spec, Test) and spec.wants_model for spec in tests):
        for name, provider in table.entries["providers"].items():
            if isinstance(provider.spec, AnyProvider) and provider.spec.kind == "llm":
                yield "providers", name


def _idle(definition: Definition) -> Problem:
    if definition.section == "personas":
        hint = "name it as an agent's start, or below another persona's handoffs"
        return "W202", f"no call can reach persona '{definition.name}'", hint
    noun = SINGULAR[definition.section]
    hint = "name it where it is needed, or delete it"
    return "W201", f"nothing uses {noun} '{definition.name}'", hint


def _mentioned(table: SymbolTable) -> frozenset[str]:
    """All words of what could not be read, and of the definitions that these may name."""
    words, waiting = set(table.words), list(table.all()) if table.words else []
    while named := [d for d in waiting if d.name in words]:
        for definition in named:
            words |= definition.words()
        waiting = [d for d in waiting if d not in named]
    return frozenset(words)


RULE = FolderRule(_check)
