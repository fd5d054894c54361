"""The types of the schema, followed along a location."""

from __future__ import annotations

import types
from collections.abc import Iterator
from typing import Annotated, Any, Union, get_args, get_origin

from pydantic.fields import FieldInfo

from runner.schema.types.blocks import Block
from runner.schema.types.by_language import LanguageKey, is_language


def arms(annotation: Any) -> Iterator[Any]:
    """The types that an annotation lets stand, without its marks."""
    origin = get_origin(annotation)
    if origin is Annotated:
        yield from arms(get_args(annotation)[0])
    elif origin in (Union, types.UnionType):
        for arm in get_args(annotation):
            yield from arms(arm)
    elif annotation is not None:
        yield annotation


def whole(info: FieldInfo) -> Any:
    """The annotation of a key with all its marks."""
    annotation: Any = info.annotation
    for mark in info.metadata:
        annotation = Annotated[annotation, mark]
    return annotation


def inside(annotation: Any, part: str | int) -> Any:
    """The annotation of an entry of a mapping or a list; None where there is no such entry."""
    for arm in arms(annotation):
        origin, args = get_origin(arm), get_args(arm)
        if origin is dict and isinstance(part, str):
            return args[1]
        if origin in (list, tuple) and isinstance(part, int):
            return args[0]
    return None


def takes(annotation: Any, name: str) -> bool:
    """Whether a value of this type may hold the key."""
    for arm in arms(annotation):
        if isinstance(arm, type) and issubclass(arm, Block):
            if name in arm.keys():  # noqa: SIM118 - the keys of the language, not of a mapping
                return True
        elif get_origin(arm) is dict:
            if get_args(arm)[0] != LanguageKey or is_language(name):
                return True
        elif get_origin(arm) is tuple and takes(get_args(arm)[0], name):
            return True
    return False
