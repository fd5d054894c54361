"""What was linked before and has not changed: one edit in a thousand files links one agent again.

A definition is the same object as long as its file is the same, so "unchanged" is a question of
identity.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import TypeVar

from runner.link.agent import LinkedAgent
from runner.link.form import DefinitionCheck
from runner.link.surroundings import LinkContext, Prompt
from runner.link.table import SymbolTable
from runner.schema.reading.load import Definition

T = TypeVar("T")

WITH_FILES = frozenset({"agents", "personas", "tests", "tools"})
"""Sections whose definitions may name files."""

Pointed = tuple[tuple[str, str, Definition | None], ...]
"""(section, name, definition) of all that something points to; None where nothing defines it."""


@dataclass(frozen=True, slots=True)
class _Kept:
    definition: Definition
    pointed: Pointed
    prompts: tuple[Prompt, ...]

    def holds(self, definition: Definition, table: SymbolTable, around: LinkContext) -> bool:
        """Whether it, all that it points to and its text files are as they were."""
        return (
            self.definition is definition
            and all(_entry(table, s, n) is d for s, n, d in self.pointed)
            and self.prompts == _prompts([self.definition, *_definitions(self.pointed)], around)
        )


@dataclass(slots=True)
class Memo:
    """Remembers what was linked without a mistake, in one environment with one set of plugins."""

    _formed: dict[int, tuple[_Kept, DefinitionCheck]] = field(default_factory=dict)
    _agents: dict[str, tuple[_Kept, LinkedAgent]] = field(default_factory=dict)

    def formed(
        self, definition: Definition, table: SymbolTable, around: LinkContext
    ) -> DefinitionCheck | None:
        """What came of the form of a definition, if nothing has changed."""
        kept = self._formed.get(id(definition))
        return kept[1] if kept and kept[0].holds(definition, table, around) else None

    def agent(
        self, definition: Definition, table: SymbolTable, around: LinkContext
    ) -> LinkedAgent | None:
        """What came of an agent, if nothing that it reaches has changed."""
        kept = self._agents.get(definition.name)
        return kept[1] if kept and kept[0].holds(definition, table, around) else None

    def renew(
        self,
        formed: Iterable[tuple[Definition, DefinitionCheck]],
        agents: Iterable[LinkedAgent],
        table: SymbolTable,
        around: LinkContext,
    ) -> None:
        """Keep what was found this time, forget the rest; no change while parts cannot be read."""
        if table.words:
            return
        forms, linked = self._formed, self._agents
        self._formed = {
            id(d): _same(forms.get(id(d)), f) or (_keep(d, f.names, table, around), f)
            for d, f in formed
            if not f.diagnostics
        }
        self._agents = {
            a.scope.name: _same(linked.get(a.scope.name), a)
            or (_keep(a.scope.definition, a.scope.reached, table, around), a)
            for a in agents
            if not a.findings.has_errors
        }


def _same(known: tuple[_Kept, T] | None, made: T) -> tuple[_Kept, T] | None:
    """What was known, if it is what was found: then it has just been seen to hold."""
    return known if known is not None and known[1] is made else None


def _keep(
    definition: Definition,
    names: Iterable[tuple[str, str]],
    table: SymbolTable,
    around: LinkContext,
) -> _Kept:
    pointed = tuple((s, n, _entry(table, s, n)) for s, n in names)
    return _Kept(definition, pointed, _prompts([definition, *_definitions(pointed)], around))


def _entry(table: SymbolTable, section: str, name: str) -> Definition | None:
    return table.entries.get(section, {}).get(name)


def _definitions(pointed: Pointed) -> list[Definition]:
    return [d for _, _, d in pointed if d is not None]


def _prompts(definitions: Iterable[Definition], around: LinkContext) -> tuple[Prompt, ...]:
    if not around.prompts:
        return ()
    return tuple(
        around.prompts[d.document.file, str(name)] for d in definitions for name in d.files
    )
