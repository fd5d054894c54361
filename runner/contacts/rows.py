"""The lines of a table: what parts its columns, and what stands in each."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

_SEPARATORS: Final = (";", ",", "\t", "|")
_SAID: Final = "sep="
"""How Excel says in a first line of its own what parts the columns."""

_LONGEST: Final = 64 * 1024
"""Characters of one value."""


@dataclass(frozen=True, slots=True)
class Row:
    """A line that is not empty.

    Attributes:
        line: where it begins, from 1.
        values: without the space around them.
        problem: why it cannot be read; the lines below cannot be either.
    """

    line: int
    values: tuple[str, ...]
    problem: str | None = None


def rows(text: str) -> Iterator[Row]:
    """Yield the lines of a table in their order; empty ones are left out."""
    skipped, separator = _separator(text)
    csv.field_size_limit(_LONGEST)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=separator, strict=True)
    line = 1
    while True:
        try:
            values = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            yield Row(line, (), _in_words(str(error)))
            return
        stripped = tuple(value.strip().strip("\ufeff\u200b\u00a0").strip() for value in values)
        if any(stripped) and line > skipped:
            yield Row(line, stripped)
        line = reader.line_num + 1


def _separator(text: str) -> tuple[int, str]:
    """Up to which line the table says how it is written, and what parts its columns."""
    number = 0
    for number, line in enumerate(io.StringIO(text), start=1):
        said = line.strip("\n\"' ")
        if said.casefold().startswith(_SAID) and len(said) == len(_SAID) + 1:
            return number, said[-1]
        if line.strip():
            counts = {each: line.count(each) for each in _SEPARATORS}
            best = max(_SEPARATORS, key=counts.__getitem__)
            return 0, best if counts[best] else ","
    return number, ","


def _in_words(error: str) -> str:
    if "larger than field limit" in error or "unexpected end" in error:
        return 'a quote (") begins here and does not end'
    return 'a quote (") stands in the middle of a value'
