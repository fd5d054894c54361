"""How a value reads as text."""

from __future__ import annotations

import dataclasses
import json
import math
import unicodedata
from collections.abc import Callable, Mapping
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from enum import Enum
from typing import Any, Final

from runner.template import languages
from runner.template.empty import Empty
from runner.template.languages import PLAIN

_DAYS: Final = ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"]
_MONTHS: Final = [
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
]
_LISTS: Final = (list, tuple, set, frozenset)
_MAX_EXPONENT: Final = 400
_MAX_BITS: Final = 8_192  # Python itself refuses to write much longer ones
_DIGITS: Final = 15  # what a float holds for certain: 0.1 + 0.2 is 0.3


def as_text(value: Any, *, wire: bool = False, language: str = "") -> str:
    """Write a value as a caller should hear it, or a model read it.

    | value | text |
    |---|---|
    | nothing, `None` | nothing |
    | yes/no | `yes`, `no` |
    | a number | without exponent, and without `.0` where it is whole |
    | a date, a time | `Friday 4 December 2026`, `14:30` |
    | a moment | `Friday 4 December 2026, 14:30` |
    | a stretch of time | `1 hour 20 minutes` |
    | a list of such values | `a, b and c` |
    | a record, a list of records | compact JSON |

    Args:
        value: what an expression gave.
        wire: write for a service instead: `true`, `false`, dates as ISO 8601
            (`2026-12-04T14:30:00+07:00`), a stretch of time in seconds, and each list as JSON.
        language: a locale in which dates, numbers, lists and yes/no are written; English without
            it. On the wire it means nothing.

    Returns:
        The text. An object of any other class reads as nothing, never as its address.
    """
    if isinstance(value, str):
        return str(value)
    if language not in PLAIN and not wire:
        for kinds, write_in in _IN_LANGUAGE:
            if isinstance(value, kinds):
                return write_in(value, language)
    for kinds, write in _WIRE if wire else _SPEECH:
        if isinstance(value, kinds):
            return write(value)
    if isinstance(value, Enum):
        return as_text(value.value, wire=wire, language=language)
    if _is_record(value):
        return as_json(_fields(value))
    return ""


def as_data(value: Any) -> Any:
    """Turn a value into what JSON can hold.

    Dates become ISO 8601, decimals numbers, stretches of time seconds, what is missing `None`.
    """
    if _is_record(value):
        value = _fields(value)
    for kinds, write in _DATA:
        if isinstance(value, kinds):
            return write(value)
    return as_text(value, wire=True) or None


def as_json(value: Any) -> str:
    """Write compact JSON, letters of any language as they are."""
    return json.dumps(as_data(value), ensure_ascii=False, separators=(",", ":"))


def _finite(value: float | Decimal) -> bool:
    """Tell whether a number can be written: no infinity, no thousands of digits."""
    if isinstance(value, Decimal):
        return value.is_finite() and abs(value.adjusted()) <= _MAX_EXPONENT
    return math.isfinite(value)


def _whole(value: int) -> str:
    return str(int(value)) if value.bit_length() <= _MAX_BITS else ""


def _json_number(value: float | Decimal) -> float | int | None:
    if not _finite(value):
        return None
    if isinstance(value, Decimal) and value == value.to_integral_value():
        return int(value)
    return float(value)


def _number(value: float | Decimal) -> str:
    if not _finite(value):
        return ""
    exact = value if isinstance(value, Decimal) else Decimal(f"{value:.{_DIGITS}g}")
    text = format(exact, "f")
    if "." in text:
        text = text.rstrip("0").rstrip(".")
    return "0" if text == "-0" else text


def _date(value: date) -> str:
    return f"{_DAYS[value.weekday()]} {value.day} {_MONTHS[value.month - 1]} {value.year}"


def _moment(value: datetime) -> str:
    return f"{_date(value)}, {value:%H:%M}"


def _stretch(value: timedelta) -> str:
    left = abs(round(value.total_seconds()))
    words = []
    for unit, seconds in (("day", 86400), ("hour", 3600), ("minute", 60), ("second", 1)):
        number, left = divmod(left, seconds)
        if number:
            words.append(f"{number} {unit}{'' if number == 1 else 's'}")
    return " ".join(words) or "0 seconds"


def _list(value: Any, language: str = "") -> str:
    if any(isinstance(item, (Mapping, *_LISTS)) or _is_record(item) for item in value):
        return as_json(value)
    words = [text for item in value if (text := as_text(item, language=language))]
    if isinstance(value, (set, frozenset)):
        words.sort()
    if language not in PLAIN:
        return languages.listed(words, language)
    return " and ".join(filter(None, (", ".join(words[:-1]), *words[-1:])))


def _is_record(value: Any) -> bool:
    return dataclasses.is_dataclass(value) and not isinstance(value, type)


def _fields(value: Any) -> dict[str, Any]:
    return {each.name: getattr(value, each.name) for each in dataclasses.fields(value)}


_SPEECH: Final[tuple[tuple[Any, Callable[[Any], str]], ...]] = (
    ((Empty, type(None)), lambda _: ""),
    (bool, lambda value: "yes" if value else "no"),
    (int, _whole),
    ((float, Decimal), _number),
    (datetime, _moment),
    (date, _date),
    (time, lambda value: f"{value:%H:%M}"),
    (timedelta, _stretch),
    (_LISTS, _list),
    (Mapping, as_json),
    (bytes, lambda value: value.decode("utf-8", "replace")),
)
_IN_LANGUAGE: Final[tuple[tuple[Any, Callable[[Any, str], str]], ...]] = (
    (bool, languages.yes_no),
    (int, lambda value, _language: _whole(value)),
    ((float, Decimal), lambda value, language: languages.number(_number(value), language)),
    (datetime, languages.moment),
    (date, languages.day),
    (time, languages.clock),
    (timedelta, languages.stretch),
    (_LISTS, _list),
)
_WIRE: Final[tuple[tuple[Any, Callable[[Any], str]], ...]] = (
    (bool, lambda value: "true" if value else "false"),
    ((date, time), lambda value: value.isoformat()),
    (timedelta, lambda value: _number(value.total_seconds())),
    (_LISTS, as_json),
    *_SPEECH,
)
_DATA: Final[tuple[tuple[Any, Callable[[Any], Any]], ...]] = (
    ((Empty, type(None)), lambda _: None),
    (bool, bool),
    (str, str),
    (int, int),
    (
        Mapping,
        lambda value: {as_text(key, wire=True): as_data(item) for key, item in value.items()},
    ),
    (_LISTS, lambda value: [as_data(item) for item in value]),
    ((float, Decimal), _json_number),
    (timedelta, timedelta.total_seconds),
)


def spelled(text: str) -> str:
    """Write each letter and digit apart, so that `4711` is read as 4 7 1 1."""
    return " ".join("".join(unicodedata.normalize("NFC", text).split()))
