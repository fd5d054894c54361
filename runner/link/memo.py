"""What was linked before and has not changed: one edit in a thousand files links one agent again.

A definition is the same object as long as its file is the same, so "unchanged" is a question of
identity.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import TypeVar

from runner.link.agent import LinkedAgent
from runner.link.form import DefinitionCheck
from runner.link.surroundings import LinkContext, Prompt
from runner.link.table import SymbolTable
from runner.schema.reading.load import Definition

T = TypeVar("T")

Names = frozenset[tuple[str, str]]
"""(section, name) of definitions."""


@dataclass(frozen=True, slots=True)
class _Kept:
    definition: Definition
    pointed: Names
    with_files: tuple[Definition, ...]
    prompts: tuple[Prompt, ...]

    def holds(self, definition: Definition, changed: Names, around: LinkContext) -> bool:
        """Whether it, all that it points to and its text files are as they were."""
        return (
            self.definition is definition
            and changed.isdisjoint(self.pointed)
            and self.prompts == _prompts(self.with_files, around)
        )


@dataclass(slots=True)
class Memo:
    """Remembers what was linked without a mistake, in one environment with one set of plugins."""

    _formed: dict[int, tuple[_Kept, DefinitionCheck]] = field(default_factory=dict)
    _agents: dict[str, tuple[_Kept, LinkedAgent]] = field(default_factory=dict)
    _entries: dict[str, dict[str, Definition]] = field(default_factory=dict)
    _changed: Names = frozenset()
    _campaigns: bool = False

    def compare(self, table: SymbolTable) -> None:
        """See which names mean something else than when results were kept."""
        self._changed = frozenset(
            (section, name)
            for section, entries in table.entries.items()
            for name in _differing(entries, self._entries.get(section, {}))
        )
        # one that is new may be an agent's that did not have one
        self._campaigns = any(section == "campaigns" for section, _ in self._changed)

    def formed(self, definition: Definition, around: LinkContext) -> DefinitionCheck | None:
        """What came of the form of a definition, if nothing has changed."""
        kept = self._formed.get(id(definition))
        return kept[1] if kept and kept[0].holds(definition, self._changed, around) else None

    def agent(self, definition: Definition, around: LinkContext) -> LinkedAgent | None:
        """What came of an agent, if nothing that it reaches has changed."""
        kept = None if self._campaigns else self._agents.get(definition.name)
        return kept[1] if kept and kept[0].holds(definition, self._changed, around) else None

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
        self._entries = table.entries
        self._formed = {
            id(d): _same(forms.get(id(d)), f) or (_keep(d, f.names, table, around), f)
            for d, f in formed
            if not f.diagnostics
        }
        self._agents = {
            a.scope.name: _same(linked.get(a.scope.name), a)
            or (_keep(a.scope.definition, frozenset(a.scope.reached), table, around), a)
            for a in agents
            if not a.findings.has_errors
        }


def _differing(now: Mapping[str, Definition], before: Mapping[str, Definition]) -> Iterator[str]:
    """The names that were something else, or nothing, and those that are no more."""
    yield from (name for name, definition in now.items() if before.get(name) is not definition)
    yield from before.keys() - now.keys()


def _same(known: tuple[_Kept, T] | None, made: T) -> tuple[_Kept, T] | None:
    """What was known, if it is what was found: then it has just been seen to hold."""
    return known if known is not None and known[1] is made else None


def _keep(definition: Definition, names: Names, table: SymbolTable, around: LinkContext) -> _Kept:
    pointed = (table.entries.get(section, {}).get(name) for section, name in names)
    with_files = tuple(d for d in (definition, *pointed) if d is not None and d.files)
    return _Kept(definition, names, with_files, _prompts(with_files, around))


def _prompts(definitions: Iterable[Definition], around: LinkContext) -> tuple[Prompt, ...]:
    return tuple(
        around.prompts[d.document.file, str(name)] for d in definitions for name in d.files
    )
