"""Tests that were linked: definitions with the files and the voice that they name."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from runner.link.attached import located
from runner.link.reach import speaking_in
from runner.link.surroundings import LinkContext
from runner.link.table import SymbolTable
from runner.link.walk import walk
from runner.schema.reading.load import Definition
from runner.schema.types.blocks import Block
from runner.schema.types.files import AttachedFile, DataFile


@dataclass(frozen=True, slots=True)
class LinkedTest:
    """A test without mistakes.

    Attributes:
        files: name as written → the text of the file.
        sounds: name as written → the path of a sound below the folder.
        voice: section → name → definition: the providers that speak for the caller, and the
            services that they ask.
    """

    definition: Definition
    files: Mapping[str, str]
    sounds: Mapping[str, str] = field(default_factory=dict)
    voice: Mapping[str, Mapping[str, Block]] = field(default_factory=dict)


def linked_tests(table: SymbolTable, around: LinkContext) -> Iterator[LinkedTest]:
    """The tests of a folder; those with mistakes are left out."""
    for definition in table.entries["tests"].values():
        if definition.spec is None:
            continue
        file = definition.document.file
        named = [leaf.value for leaf in walk(definition.spec, definition.location)]
        texts = {str(each) for each in named if isinstance(each, DataFile)}
        sounds = {str(each) for each in named if isinstance(each, AttachedFile)}
        yield LinkedTest(
            definition,
            {name: around.prompts[file, name].text for name in sorted(texts)},
            {name: around.prompts[file, name].path for name in sorted(sounds)},
            _voice(definition.spec, table, around),
        )


def _voice(test: Block, table: SymbolTable, around: LinkContext) -> dict[str, dict[str, Block]]:
    def take(section: str, wanted: str) -> Block | None:
        entry = table.entries[section].get(wanted)
        return located(entry, entry.spec, around) if entry is not None and entry.spec else None

    return speaking_in(test, take)
