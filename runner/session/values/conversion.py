"""Values from a model, a service or a command line as the types that fields declare."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Callable, Iterable, Mapping
from datetime import date, datetime, time
from typing import Any

from runner.patterns import compile_pattern
from runner.schema.fields import Field
from runner.schema.types.field_types import READERS
from runner.schema.types.values import NO, YES
from runner.session.errors import MisfitError
from runner.template import Empty, as_text

MOST = 1000
"""Entries of a list."""

_SHOWN = 60

Choices = Callable[[str], Iterable[str]]
"""The texts that a variable named by `choices_from` holds now."""


def convert(field: Field, value: Any, choices: Choices) -> Any:
    """Read a value as a field's type.

    Args:
        field: what it must fit.
        value: JSON-like data, or a Python date or time.
        choices: where `choices_from` looks.

    Raises:
        MisfitError: it does not fit; the message says what would.
    """
    if field.type == "choice":
        return _choice(field, value, choices)
    if field.type in ("list", "object"):
        return _NESTED[field.type](field, value, choices)
    noun = READERS[field.type][1]
    try:
        converted = _SIMPLE[field.type](value)
    except (ValueError, TypeError, OverflowError):
        raise MisfitError(f"must be {noun}{_not(field, value)}") from None
    _within(field, converted)
    return converted


def missing(value: Any) -> bool:
    """Whether a value is none at all: nothing, or an empty text."""
    return (
        value is None or isinstance(value, Empty) or (isinstance(value, str) and not value.strip())
    )


def _not(field: Field, value: Any) -> str:
    if field.private:
        return ""
    shown = value if isinstance(value, str) else as_text(value) or "nothing"
    return f", not '{shown[:_SHOWN]}'"


def _text(value: Any) -> str:
    if isinstance(value, Mapping | list | tuple):
        raise TypeError
    return as_text(value)


def _number(value: Any) -> float | int:
    if isinstance(value, bool):
        raise TypeError
    if isinstance(value, int | float):
        if not math.isfinite(value):
            raise ValueError
        return value
    number: float | int = READERS["number"][0](_stripped(value))
    return number


def _whole(value: Any) -> int:
    number = _number(value)
    if number != int(number):
        raise ValueError
    return int(number)


def _yes_no(value: Any) -> bool:
    if isinstance(value, bool):
        return value
    word = _stripped(value).casefold()
    if word not in YES | NO:
        raise ValueError
    return word in YES


def _stripped(value: Any) -> str:
    if not isinstance(value, str):
        raise TypeError
    return value.strip()


def _date(value: Any) -> date:
    if isinstance(value, datetime):
        return value.date()
    return value if isinstance(value, date) else date.fromisoformat(_stripped(value))


def _time(value: Any) -> time:
    return value if isinstance(value, time) else time.fromisoformat(_stripped(value))


def _datetime(value: Any) -> datetime:
    if isinstance(value, datetime):
        return value
    text = _stripped(value)
    if not re.match(r"\d{4}-\d\d-\d\d[T ]", text):
        raise ValueError
    return datetime.fromisoformat(text)


def _spelled(kind: str) -> Callable[[Any], Any]:
    def read(value: Any) -> Any:
        number = kind in _OF_DIGITS and isinstance(value, int) and not isinstance(value, bool)
        return READERS[kind][0](str(value) if number else _stripped(value))

    return read


_OF_DIGITS = ("phone", "digits", "card")
"""Types whose text is a number for some models."""


def _birthday(value: Any) -> date:
    born: date = READERS["date_of_birth"][0](_date(value).isoformat())
    return born


_SIMPLE: dict[str, Callable[[Any], Any]] = {
    "text": _text,
    "number": _number,
    "integer": _whole,
    "yes_no": _yes_no,
    "date": _date,
    "time": _time,
    "datetime": _datetime,
    "email": _spelled("email"),
    "phone": _spelled("phone"),
    "url": _spelled("url"),
    "name": _spelled("name"),
    "address": _spelled("address"),
    "date_of_birth": _birthday,
    "digits": _spelled("digits"),
    "card": _spelled("card"),
}


def _within(field: Field, value: Any) -> None:
    if field.pattern is not None and not compile_pattern(str(field.pattern)).matches(value):
        raise MisfitError(f"does not have the right form{_not(field, value)}")
    if field.length is not None and len(value) != field.bound("length"):
        unit = "digits" if field.type == "digits" else "characters"
        raise MisfitError(f"must have {field.length} {unit}{_not(field, value)}")
    if field.min is None and field.max is None:
        return
    counted = field.type in ("text", "digits")
    size = len(value) if counted else _comparable(value)
    unit = " characters" if counted else ""
    low, high = _comparable(field.bound("min")), _comparable(field.bound("max"))
    if low is not None and size < low:
        raise MisfitError(f"must be at least {field.min}{unit}{_not(field, value)}")
    if high is not None and size > high:
        raise MisfitError(f"must be at most {field.max}{unit}{_not(field, value)}")


def _comparable(value: Any) -> Any:
    """Bounds have no time zone, so a moment's own is left out."""
    return value.replace(tzinfo=None) if isinstance(value, datetime | time) else value


def offered(field: Field, choices: Choices) -> list[str]:
    """The texts that a choice may be now."""
    if field.choices is not None:
        return [str(each) for each in field.choices]
    return list(choices(str(field.choices_from)))


def _choice(field: Field, value: Any, choices: Choices) -> str:
    known = offered(field, choices)
    text = as_text(value).strip()
    by_fold = {each.casefold(): each for each in reversed(known)}
    if text in known:
        return text
    if text.casefold() in by_fold:
        return by_fold[text.casefold()]
    if not known:
        raise MisfitError("cannot be chosen yet: there is nothing to choose from")
    raise MisfitError(f"must be one of: {', '.join(known[:50])}{_not(field, value)}")


def _loaded(value: Any, kind: type | tuple[type, ...], noun: str) -> Any:
    """Take a list or record, or the JSON text of one, which some models send."""
    if isinstance(value, str):
        try:
            value = json.loads(value)
        except (ValueError, RecursionError):
            raise MisfitError(f"must be {noun}") from None
    if not isinstance(value, kind):
        raise MisfitError(f"must be {noun}")
    return value


def _list(field: Field, value: Any, choices: Choices) -> list[Any]:
    items = _loaded(value, (list, tuple), "a list")
    if len(items) > MOST:
        raise MisfitError(f"must have at most {MOST} entries")
    if field.of is None:
        return list(items)
    entries = []
    for place, item in enumerate(items, 1):
        try:
            entries.append(_entry(field.of, item, choices))
        except MisfitError as problem:
            # a private list shows nothing of what is in it
            why = "" if field.private else f": it {problem}"
            raise MisfitError(f"has a mistake in entry {place}{why}") from None
    return entries


def _entry(of: str | dict[str, Field], item: Any, choices: Choices) -> Any:
    if isinstance(of, dict):
        return record(of, item, choices)
    return convert(Field.model_construct(type=of), item, choices)


def record(fields: Mapping[str, Field], value: Any, choices: Choices) -> dict[str, Any]:
    """Read a record, which may carry the number of its line.

    Raises:
        MisfitError: it lacks a field, has one too many, or one does not fit.
    """
    data = _loaded(value, Mapping, "a record")
    unknown = [name for name in data if name not in fields and name != "line"]
    if unknown:
        raise MisfitError(
            f"has no field '{str(unknown[0])[:_SHOWN]}'; its fields are: {', '.join(fields)}"
        )
    values: dict[str, Any] = (
        {"line": data["line"]} if "line" in data and "line" not in fields else {}
    )
    for name, field in fields.items():
        given = data.get(name)
        if missing(given):
            if field.optional or field.default is not None:
                continue
            raise MisfitError(f"needs '{name}'")
        try:
            values[name] = convert(field, given, choices)
        except MisfitError as problem:
            raise MisfitError(f"has a mistake: '{name}' {problem}") from None
    return values


def _object(field: Field, value: Any, choices: Choices) -> dict[str, Any]:
    try:
        return record(field.fields or {}, value, choices)
    except MisfitError:
        if field.private:
            raise MisfitError("does not fit its fields") from None
        raise


_NESTED: dict[str, Callable[[Field, Any, Choices], Any]] = {"list": _list, "object": _object}
