"""Levels that were left out: keys right below their section, or without any section at all."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import PurePosixPath
from typing import Any

from runner.diagnostics import Diagnostic
from runner.schema.file import SECTIONS, SINGULAR, File
from runner.schema.reading.annotations import arms, takes
from runner.schema.reading.written import scalar
from runner.schema.tools import BUILT_IN
from runner.schema.types.blocks import Block
from runner.schema.types.foreign import FOREIGN, fold
from runner.schema.types.later import LATER
from runner.schema.types.names import NAME, meant
from runner.syntax import Data, Document

_INDENT = 4
"""How far in the keys of a definition stand."""

_USED = {"personas": "start", "tools": "tools", "services": "service"}
"""Section → the key that names one of its definitions."""

_USUAL = {"agents": "desk", "personas": "host", "tools": "my_tool", "services": "my_service"}


@dataclass(frozen=True, slots=True)
class Nameless:
    """The mistake of such keys, and the name that their definition may have elsewhere."""

    diagnostic: Diagnostic
    name: str


def nameless(document: Document, section: str, definition: Any) -> Nameless | None:
    """Return the mistake of a section whose entries are keys of one definition."""
    entries = document.data[section]
    keys = _keys(entries, definition) if isinstance(entries, dict) else []
    if not isinstance(entries, dict) or 2 * len(keys) <= len(entries):
        return None
    if keys[0] != next(iter(entries)) or not any(isinstance(entries[k], str | list) for k in keys):
        return None
    noun, first, name = SINGULAR[section], next(iter(entries)), _name(document, section, entries)
    message = f"the name of {_article(noun)} {noun} is missing: '{first}' is one of its keys"
    help_, write = _above(document, (section,), entries, f"  {name}:", "a name of yours")
    begin = document.key_span((section, first))
    write = (f"{section}:", *write)
    return Nameless(Diagnostic(begin, "E103", message, f"{help_}:", (), write), name)


def sectionless(document: Document, definitions: dict[str, Any]) -> Diagnostic | None:
    """Return the mistake of a file that begins with the keys of a definition.

    Args:
        document: the file.
        definitions: section → the type of its definitions.
    """
    entries, known = document.data, {*File.keys(), *LATER[File.noun]}
    if known & entries.keys():
        return None
    section = max(SECTIONS, key=lambda s: _likely(entries, definitions[s]))
    keys = _keys(entries, definitions[section])
    if len(keys) < 2:  # noqa: PLR2004 - one word alone says little
        return None
    noun, first, name = SINGULAR[section], keys[0], _name(document, section, entries)
    message = f"this file has no section: '{first}' is a key of {_article(noun)} {noun}"
    what = f"{section}: and a name of yours"
    help_, write = _above(document, (), entries, f"  {name}:", what)
    begin = document.key_span((next(iter(entries)),))
    return Diagnostic(begin, "E103", message, f"{help_}:", (), (f"{section}:", *write))


def _above(
    document: Document, base: tuple[str, ...], entries: dict[str, Data], name: str, what: str
) -> tuple[str, tuple[str, ...]]:
    """What to write above the entries, and how they begin then."""
    first, last = next(iter(entries)), next(reversed(entries))
    begin, end = document.key_span((*base, first)), document.value_span((*base, last)).end_line
    move = max(_INDENT + 1 - begin.column, 0)
    lines = f"lines {begin.line} to {end}" if end > begin.line else f"line {begin.line}"
    also = f", and put {move} more spaces before {lines}" if move else ""
    value = entries[first]
    plain = isinstance(value, str) and "\n" not in value
    shown = f"{first}: {scalar(str(value))}" if plain else f"{first}:"
    return f"write {what} above line {begin.line}{also}", (name, " " * _INDENT + shown)


def _keys(entries: dict[str, Data], definition: Any) -> list[str]:
    """The entries that are keys of such a definition, or what other platforms call them."""
    known, words = _known(tuple(arms(definition)))
    return [name for name in entries if name in known or fold(name) in words]


@cache
def _known(blocks: tuple[type[Block], ...]) -> tuple[frozenset[str], Mapping[str, str]]:
    """The keys of some blocks or of what belongs beside them, and other platforms' words."""
    known = frozenset(name for block in blocks for name in (*block.keys(), *block.elsewhere))
    return known, FOREIGN.get(blocks[0].noun, {})


def _likely(entries: dict[str, Data], definition: Any) -> int:
    """How much speaks for this kind of definition: a key of its own counts twice."""
    block = next(arms(definition))
    return len(_keys(entries, definition)) + sum(takes(block, name) for name in entries)


def _name(document: Document, section: str, entries: dict[str, Data]) -> str:
    """A name that the definition could have: its own, one that is used, or a usual one."""
    written = entries.get("name")
    stem = PurePosixPath(document.file).name.partition(".")[0]
    kind = next((key for key in entries if section == "providers"), "")
    candidates = (
        meant(written) if isinstance(written, str) else "",
        meant(stem) if section == "agents" and stem not in (section, "agent") else "",
        *_used(document.data, _USED.get(section, kind)),
        _USUAL.get(section, f"my_{kind}"),
    )
    return next(name for name in candidates if NAME.fullmatch(name) and name not in BUILT_IN)


def _used(data: Data, key: str) -> Iterator[str]:
    """The names that a key names, anywhere in the file."""
    if isinstance(data, list):
        for entry in data:
            yield from _used(entry, key)
    elif isinstance(data, dict):
        for name, value in data.items():
            if name == key:
                named = value if isinstance(value, list) else [value]
                yield from (entry for entry in named if isinstance(entry, str))
            else:
                yield from _used(value, key)


def _article(noun: str) -> str:
    return "an" if noun[0] in "aeiou" else "a"
