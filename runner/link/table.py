"""All definitions of a folder, by section and name."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from runner.diagnostics import Diagnostic, Related, Span
from runner.link.environments import belongs_to, file_suffix, merged_process
from runner.schema.file import SECTIONS, SINGULAR
from runner.schema.process import Process
from runner.schema.reading.load import Definition, Specs
from runner.schema.types.names import meant
from runner.syntax import is_again


@dataclass(slots=True)
class SymbolTable:
    """Names over all files; the first definition of a name holds.

    Attributes:
        entries: section → name → definition.
        process: the `runner` section, where there is one.
        above: the one of the environment's own files, whose keys count before these.
        environments: all that the folder lists.
        environment: the one in which it is read.
        words: all words in parts that could not be read: what may be defined or used there.
        unread: sections that hold no names in some file, though they stand there.
        later: (section, name) → definitions of a name that has one already; checked all the same.
    """

    entries: dict[str, dict[str, Definition]] = field(
        default_factory=lambda: {s: {} for s in SECTIONS}
    )
    process: Definition | None = None
    above: Definition | None = None
    environments: tuple[str, ...] = ()
    environment: str | None = None
    words: frozenset[str] = frozenset()
    unread: frozenset[str] = frozenset()
    later: dict[tuple[str, str], list[Definition]] = field(default_factory=dict)

    @property
    def processes(self) -> list[Definition]:
        """The `runner` sections that count, the environment's own last."""
        return [each for each in (self.process, self.above) if each is not None]

    @property
    def settings(self) -> Process:
        """The settings of the process, as far as they can be read."""
        return merged_process(self.processes)

    def all(self) -> Iterator[Definition]:
        """Every definition, section by section."""
        for section in SECTIONS:
            yield from self.entries[section].values()


def build(
    files: Iterable[Specs], environments: tuple[str, ...] = ()
) -> tuple[SymbolTable, list[Diagnostic]]:
    """Gather the definitions of all files; what stands twice is told at each later place."""
    table, diagnostics, words = SymbolTable(environments=environments), [], set[str]()
    unread = set[str]()
    for specs in files:
        words |= specs.document.words | specs.words
        data = specs.document.data
        unread |= {s for s in SECTIONS if s in data and not isinstance(data[s], dict)}
        for section in {"agents", "external_agents"} & specs.document.data.keys():
            if not any(d.section == section for d in specs.definitions):
                words.add("agents")  # something was meant to stand there; what is wrong is told
        for definition in specs.definitions:
            if definition.spec is None and not definition.deferred:
                words |= definition.words() | {definition.name, meant(definition.name)}
            first = _first(table, definition)
            if first is not definition:
                key = (definition.section, definition.name)
                table.later.setdefault(key, []).append(definition)
                if not is_again(definition.location[-1]):
                    diagnostics.append(_twice(definition, first))
    table.words, table.unread = frozenset(words), frozenset(unread)
    return table, diagnostics


def _first(table: SymbolTable, definition: Definition) -> Definition:
    if definition.section == "runner":
        if belongs_to(definition.document.file, table.environments):
            table.above = table.above or definition
            return table.above
        table.process = table.process or definition
        return table.process
    return table.entries[definition.section].setdefault(definition.name, definition)


def name_span(definition: Definition) -> Span:
    """Where a definition's name stands."""
    return definition.document.key_span(definition.location)


def _twice(later: Definition, first: Definition) -> Diagnostic:
    span, related = name_span(later), (Related(name_span(first), "first defined here"),)
    if later.section == "runner":
        hint = "move its keys to the file that has it first"
        return Diagnostic(span, "E203", "'runner' stands in more than one file", hint, related)
    noun = SINGULAR[later.section]
    hint = "give one of them another name, or delete it"
    suffix = file_suffix(later.document.file) or file_suffix(first.document.file)
    if suffix:
        hint += (
            f"; if '{suffix}' is an environment, list it in the section runner, below environments:"
        )
    return Diagnostic(span, "E203", f"the {noun} '{later.name}' is defined twice", hint, related)
