"""Tests that were linked: definitions with the files that they name."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from runner.link.surroundings import LinkContext
from runner.link.table import SymbolTable
from runner.link.walk import walk
from runner.schema.reading.load import Definition
from runner.schema.types.names import DataFile


@dataclass(frozen=True, slots=True)
class LinkedTest:
    """A test without mistakes.

    Attributes:
        files: name as written → the text of the file.
    """

    definition: Definition
    files: Mapping[str, str]


def linked_tests(table: SymbolTable, around: LinkContext) -> Iterator[LinkedTest]:
    """The tests of a folder; those with mistakes are left out."""
    for definition in table.entries["tests"].values():
        if definition.spec is None:
            continue
        names = (
            str(leaf.value)
            for leaf in walk(definition.spec, definition.location)
            if isinstance(leaf.value, DataFile)
        )
        file = definition.document.file
        yield LinkedTest(definition, {n: around.prompts[file, n].text for n in names})
