"""Definitions and variables that nothing uses."""

from __future__ import annotations

from collections.abc import Sequence
from collections.abc import Set as AbstractSet

from runner.diagnostics import Diagnostic
from runner.link.findings import Problem
from runner.link.scope import Scope
from runner.link.table import SymbolTable, name_span
from runner.schema.file import SINGULAR
from runner.schema.reading.load import Definition
from runner.schema.tools import OfRecords


def unused(
    table: SymbolTable, scopes: Sequence[Scope], meant: AbstractSet[tuple[str, str]]
) -> list[Diagnostic]:
    """Warn of definitions that no agent reaches, but for those that a mistake may hide.

    Args:
        table: all definitions.
        scopes: the agents that could be read; without one of them nothing is known to be unused.
        meant: definitions that a misspelt name probably means.
    """
    words = _mentioned(table)
    if len(scopes) < len(table.entries["agents"]) or "agents" in words or not scopes:
        return []
    used = meant | {reached for scope in scopes for reached in scope.reached}
    return [
        Diagnostic(name_span(definition), *_idle(definition))
        for definition in table.all()
        if (definition.spec is not None or definition.deferred)
        and definition.section != "agents"
        and (definition.section, definition.name) not in used
        and definition.name not in words
    ]


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


def unused_variables(scope: Scope, read: AbstractSet[str]) -> list[Diagnostic]:
    """Warn of variables that nothing reads or stores."""
    document, base = scope.definition.document, scope.definition.location
    stored = {n for p in scope.personas.values() for n in scope.setters(p)}
    lists = {t.records for t in scope.tools.values() if isinstance(t, OfRecords)}
    return [
        Diagnostic(
            document.key_span((*base, "variables", name)),
            "W201",
            f"nothing uses variable '{name}'",
            "use it in a text as {{ " + name + " }}, or delete it",
        )
        for name in scope.agent.variables
        if name not in read | stored | lists | scope.table.words
    ]
