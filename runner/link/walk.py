"""Every text and name of a spec, with its place.

Roles and names come from the schema's types, so no key is named here again.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cache
from typing import Any

from runner.diagnostics import Span
from runner.schema.types.blocks import Block
from runner.schema.types.names import Name
from runner.schema.types.texts import Text
from runner.syntax import Document, Location

_HOLDERS = (Block, dict, tuple)


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
    leaves: list[Leaf] = []
    _of_block(block, location, names, leaves)
    return iter(leaves)


def _of_block(block: Block, location: Location, names: tuple[str, ...], leaves: list[Leaf]) -> None:
    written = block.model_fields_set
    for alias, attribute, more in _plan(type(block)):
        if attribute in written:
            value = getattr(block, attribute)
            _of_value(value, (*location, alias), names + more, (block, alias), leaves)


# a list is filled instead of generators in each other: a leaf that stands deep costs no more
def _of_value(
    value: Any,
    location: Location,
    names: tuple[str, ...],
    held: tuple[Block, str],
    leaves: list[Leaf],
) -> None:
    if isinstance(value, Text | Name):
        leaves.append(Leaf(location, value, names, *held))
    elif isinstance(value, Block):
        _of_block(value, location, names, leaves)
    elif isinstance(value, dict):
        for name, inner in value.items():
            if isinstance(name, Name):
                leaves.append(Leaf((*location, str(name)), name, names, *held, is_key=True))
            _of_value(inner, (*location, str(name)), names, held, leaves)
    elif isinstance(value, tuple):
        for index, inner in enumerate(value):
            _of_value(inner, (*location, index), names, held, leaves)


class Walks:
    """What is written in definitions, walked once however many rules go through it."""

    def __init__(self) -> None:
        """Begin with none."""
        self._of: dict[int, tuple[Block, Document, tuple[tuple[Leaf, Span], ...]]] = {}

    def of(
        self, spec: Block, document: Document, location: Location
    ) -> Iterator[tuple[Leaf, Span]]:
        """Each text and name of a definition, and where its value stands."""
        known = self._of.get(id(spec))
        if known is None or known[0] is not spec or known[1] is not document:
            leaves = walk(spec, location)
            placed = tuple((leaf, document.value_span(leaf.location)) for leaf in leaves)
            # it holds what it knows, so that nothing else gets the same id
            known = self._of[id(spec)] = spec, document, placed
        return iter(known[2])

    def forget(self) -> None:
        """Let go of all: the folder is linked."""
        self._of.clear()


def blocks(block: Any) -> Iterator[Block]:
    """Go through a block and all blocks in it."""
    inside: list[Block] = []
    _gather(block, inside)
    return iter(inside)


def _gather(value: Any, inside: list[Block]) -> None:
    parts: Iterable[Any] = ()
    if isinstance(value, Block):
        inside.append(value)
        parts = [getattr(value, attribute) for attribute in value.model_fields_set]
    elif isinstance(value, dict):
        parts = value.values()
    elif isinstance(value, tuple):
        parts = value
    for part in parts:
        if isinstance(part, _HOLDERS):
            _gather(part, inside)
