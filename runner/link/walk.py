"""Every text and name of a spec, with its place.

Roles and names come from the schema's types, so no key is named here again.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from typing import Any

from runner.diagnostics import Span
from runner.schema.types.blocks import Block
from runner.schema.types.names import Name
from runner.schema.types.texts import Text
from runner.syntax import Document, Location


@dataclass(frozen=True, slots=True)
class Leaf:
    """A text or a name.

    Attributes:
        location: where it stands in its document.
        value: a `Text` or a `Name`; its type is its role.
        names: names that templates may use here besides those of the whole agent.
        owner: the block that holds it.
        key: the key of the block that it stands under.
        is_key: whether it is itself a key.
    """

    location: Location
    value: Text | Name
    names: tuple[str, ...]
    owner: Block
    key: str
    is_key: bool = False

    def span(self, document: Document) -> Span:
        """Where it stands in its file."""
        if self.is_key:
            return document.key_span(self.location)
        return document.value_span(self.location)


@cache
def _plan(model: type[Block]) -> tuple[tuple[str, str, tuple[str, ...]], ...]:
    rows = []
    for alias, name in model.keys().items():
        extra = model.model_fields[name].json_schema_extra
        names = tuple(map(str, extra.get("x-lkrun-names", ()))) if isinstance(extra, dict) else ()  # type: ignore[arg-type]  # `key` writes a list
        rows.append((alias, name, names))
    return tuple(rows)


def walk(block: Block, location: Location, names: tuple[str, ...] = ()) -> Iterator[Leaf]:
    """Go through all that was written in a block, in the order of the schema."""
    written = block.model_fields_set
    for alias, attribute, more in _plan(type(block)):
        if attribute in written:
            value = getattr(block, attribute)
            yield from _values(value, (*location, alias), names + more, block, alias)


def _values(
    value: Any, location: Location, names: tuple[str, ...], owner: Block, key: str
) -> Iterator[Leaf]:
    if isinstance(value, Text | Name):
        yield Leaf(location, value, names, owner, key)
    elif isinstance(value, Block):
        yield from walk(value, location, names)
    elif isinstance(value, dict):
        for name, inner in value.items():
            if isinstance(name, Name):
                yield Leaf((*location, str(name)), name, names, owner, key, is_key=True)
            yield from _values(inner, (*location, str(name)), names, owner, key)
    elif isinstance(value, tuple):
        for index, inner in enumerate(value):
            yield from _values(inner, (*location, index), names, owner, key)


def blocks(block: Any) -> Iterator[Block]:
    """Go through a block and all blocks in it."""
    if isinstance(block, Block):
        yield block
        for attribute in block.model_fields_set:
            yield from blocks(getattr(block, attribute))
    elif isinstance(block, dict):
        for inner in block.values():
            yield from blocks(inner)
    elif isinstance(block, tuple):
        for inner in block:
            yield from blocks(inner)
