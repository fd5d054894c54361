"""Attributes, subscripts and methods: a closed list of what a template may reach."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from datetime import date, datetime, time, timedelta
from typing import Any, Final

from jinja2.runtime import LoopContext

from runner.template import languages
from runner.template.empty import EMPTY, Empty
from runner.template.languages import PLAIN
from runner.template.limits import RefusedOperation, fits, gather
from runner.template.operators import kind
from runner.template.words import as_text

_ATTRIBUTES: Final[tuple[tuple[type, frozenset[str]], ...]] = (
    (datetime, frozenset(["year", "month", "day", "hour", "minute", "second", "microsecond"])),
    (date, frozenset(["year", "month", "day"])),
    (time, frozenset(["hour", "minute", "second", "microsecond"])),
    (timedelta, frozenset(["days", "seconds"])),
    (
        LoopContext,
        frozenset(
            [
                "first",
                "last",
                "length",
                "index",
                "index0",
                "revindex",
                "revindex0",
                "depth",
                "depth0",
                "previtem",
                "nextitem",
            ]
        ),
    ),
)
_STRFTIME_LENGTH: Final = 200
_MOST_DOTTED: Final = 200


def attribute(value: Any, name: str) -> Any:
    """Take an attribute: a key of a record, or a part of a date, a loop or a plain data class.

    Names that begin with `_`, and the attributes of any other object, are empty.
    """
    if isinstance(value, Mapping):
        member = value.get(name, EMPTY)
        return _dotted(value, name) if isinstance(member, Empty) else member
    if name.startswith("_"):
        return EMPTY
    for kinds, names in _ATTRIBUTES:
        if isinstance(value, kinds) and name in names:
            return getattr(value, name)
    if name in _fields(value):
        return getattr(value, name)
    return EMPTY


def _dotted(value: Mapping[Any, Any], name: str) -> Any:
    """Take the keys that begin with a name and a dot: LiveKit's `sip.callID` is one flat name."""
    begin = f"{name}."
    if len(value) > _MOST_DOTTED:
        return EMPTY
    inner = {
        key.removeprefix(begin): item
        for key, item in value.items()
        if isinstance(key, str) and key.startswith(begin)
    }
    return inner or EMPTY


def _fields(value: Any) -> tuple[str, ...]:
    if isinstance(value, type):
        return ()
    if isinstance(value, tuple):
        return tuple(getattr(value, "_fields", ()))
    if dataclasses.is_dataclass(value):
        return tuple(each.name for each in dataclasses.fields(value))
    return ()


def item(value: Any, key: Any) -> Any:
    """Take what stands at a key of a record or a place of a list or text.

    Raises:
        Refused: this sort of value has no places, or the key is of a strange sort.
    """
    if isinstance(value, Empty) or isinstance(key, Empty):
        return EMPTY
    if isinstance(value, Mapping):
        member = value.get(key, EMPTY)
        return attribute(value, as_text(key)) if isinstance(member, Empty) else member
    if isinstance(key, str) and not key.lstrip("-").isdecimal():
        return attribute(value, key)
    if isinstance(value, (list, tuple, str)):
        place = key if isinstance(key, slice) else int(key)
        try:
            return value[place]
        except IndexError:
            return EMPTY
    raise RefusedOperation(f"{kind(value)} has no numbered places")


def _replace(text: str, old: Any, new: Any, count: int = -1) -> str:
    old, new = as_text(old), as_text(new)
    fits(len(text) + (text.count(old) if old else len(text) + 1) * len(new))
    return text.replace(old, new, count)


def _join(separator: str, items: Any) -> str:
    words = [as_text(each) for each in gather(items)]
    fits(len(separator) * len(words) + sum(map(len, words)))
    return separator.join(words)


def _strftime(value: Any, pattern: str, language: str = "") -> str:
    if len(pattern) > _STRFTIME_LENGTH or any(
        part[:1].isdigit() for part in pattern.split("%")[1:]
    ):
        raise RefusedOperation("this way to write a date cannot be used")
    if language in PLAIN:
        return str(value.strftime(pattern))
    return languages.strftime(value, pattern, language)


def _named(*names: str) -> dict[str, Any]:
    return dict.fromkeys(names)


_METHODS: Final[tuple[tuple[type, dict[str, Any]], ...]] = (
    (
        str,
        {
            **_named("capitalize", "casefold", "count", "endswith", "find", "index", "isalnum"),
            **_named("isalpha", "isascii", "isdecimal", "isdigit", "islower", "isnumeric"),
            **_named("isspace", "istitle", "isupper", "lower", "lstrip", "partition"),
            **_named("removeprefix", "removesuffix", "rfind", "rpartition", "rsplit", "rstrip"),
            **_named("split", "splitlines", "startswith", "strip", "swapcase", "title", "upper"),
            "join": _join,
            "replace": _replace,
        },
    ),
    (Mapping, _named("get", "items", "keys", "values")),
    (
        list,
        {**_named("count", "index"), "join": lambda items, separator="": _join(separator, items)},
    ),
    (
        datetime,
        {
            **_named("date", "time", "timestamp", "isoformat", "isoweekday", "weekday"),
            "strftime": _strftime,
        },
    ),
    (date, {**_named("isoformat", "isoweekday", "weekday"), "strftime": _strftime}),
    (time, {**_named("isoformat"), "strftime": _strftime}),
    (timedelta, _named("total_seconds")),
    (LoopContext, _named("changed", "cycle")),
)

METHODS: Final = frozenset(name for _, methods in _METHODS for name in methods)
"""Every method that any value has."""


def call(value: Any, name: str, args: list[Any], kwargs: dict[str, Any], language: str = "") -> Any:
    """Call one of the harmless methods of a value.

    Raises:
        Refused: this sort of value does not have it, or it failed.
    """
    for kinds, methods in _METHODS:
        if isinstance(value, kinds) and name in methods:
            own = methods[name]
            try:
                if own is _strftime:
                    return _strftime(value, *args, language=language)
                return own(value, *args, **kwargs) if own else getattr(value, name)(*args, **kwargs)
            except RefusedOperation:
                raise
            except Exception:  # noqa: BLE001  (whatever a value does, it ends in one plain sentence)
                raise RefusedOperation(
                    f"'{name}' of {kind(value)} could not be worked out"
                ) from None
    raise RefusedOperation(f"{kind(value)} has no '{name}'")
