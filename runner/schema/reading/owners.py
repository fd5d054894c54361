"""Where a key belongs that stands in the wrong block, by what the schema says of all blocks."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, get_args, get_origin

from runner.schema.file import SECTIONS, SINGULAR, File
from runner.schema.reading.annotations import arms, takes
from runner.schema.reading.error import Error
from runner.schema.types.blocks import Block
from runner.syntax import Document, Location


def below(document: Document, error: Error, model: type[Block]) -> str | None:
    """Say so of a key of a block one level below."""
    del document
    owners: dict[str, None] = {}
    for key, name in model.keys().items():
        for arm in arms(model.model_fields[name].annotation):
            if isinstance(arm, type) and issubclass(arm, Block):
                if any(takes(cls, error.key) for cls in (arm, *arm.kinds)):
                    owners[f"{key}:"] = None
            elif get_origin(arm) is dict and takes(get_args(arm)[1], error.key):
                owners[f"{key}: and a name"] = None
    if not 0 < len(owners) <= _FEW or model is File:
        return None
    return f"write it below {' or '.join(owners)}"


_FEW = 3


def above(document: Document, error: Error, model: type[Block]) -> str | None:
    """Say so of a key of a block further out: it is indented too far."""
    for depth, block in reversed(list(_around(error.location))):
        if block is model or not takes(block, error.key):
            continue
        column = document.key_span(error.location[: depth + 1]).column
        return (
            f"it belongs to {block.noun}: start it after {column - 1} spaces, "
            f"like '{error.location[depth]}'"
        )
    return None


def around(location: Location, key: str) -> bool:
    """Whether the block that the one of a location stands in has a key."""
    depth = len(location) - 2
    return any(
        takes(block, str(location[depth])) and takes(block, key)
        for at, block in _around(location)
        if at == depth
    )


def _around(location: Location) -> Iterator[tuple[int, type[Block]]]:
    """The blocks that a location passes through, each with its depth."""
    current: list[Any] = [File]
    for depth, part in enumerate(location[:-1]):
        inner: list[Any] = []
        for arm in current:
            if isinstance(arm, type) and issubclass(arm, Block):
                yield depth, arm
                field = arm.model_fields.get(arm.keys().get(str(part), ""))
                inner += arms(field.annotation) if field is not None else ()
            elif get_origin(arm) is dict:
                inner += arms(get_args(arm)[1])
            elif get_origin(arm) in (list, tuple):
                inner += arms(get_args(arm)[0])
        current = inner


_TALKING = tuple(section for section in SECTIONS if section != "services")


def beside(document: Document, error: Error, model: type[Block]) -> str | None:
    """Say so of a key of another section's definitions."""
    del document
    if model is not File and len(error.location) != 3:  # noqa: PLR2004 - section, name, key
        return None
    for section in _TALKING:
        definition = get_args(File.model_fields[section].annotation)[1]
        if any(takes(arm, error.key) for arm in arms(definition)):
            article = "an" if section[0] in "aeiou" else "a"
            where = f", below {section}: and its name" if model is File else ""
            return f"it belongs to {article} {SINGULAR[section]}{where}"
    return None
