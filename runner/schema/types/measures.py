"""Amounts with their unit: durations, sizes, rates."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Annotated

from pydantic import GetCoreSchemaHandler
from pydantic_core import CoreSchema, core_schema

from runner.late_pattern import late
from runner.schema.types.meant import meant_duration, meant_unit
from runner.schema.types.mistake import mistake
from runner.schema.types.settings import Setting

UNITS = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0, "d": 86400.0}
_DURATION = late(r"(\d{1,9}(?:\.\d{1,9})?)(ms|s|m|h|d)")
_PROBABLY_THOUSANDTHS = 100


def parse_duration(text: str) -> float:
    """Read `300ms`, `1.5s`, `2m`, `1h`, `30d` as seconds.

    Raises:
        PydanticCustomError: E108, with the duration that was probably meant.
    """
    match = _DURATION.fullmatch(text)
    if match:
        return float(match[1]) * UNITS[match[2]]
    raise mistake("E108", f"'{text}' is not a duration", _meant_duration(text))


def _meant_duration(text: str) -> str:
    meant = meant_duration(text)
    if meant is not None:
        return f"write {meant}" if _DURATION.fullmatch(meant) else "write at most nine digits"
    bare = re.fullmatch(r"(\d+(?:[.,]\d+)?)", text.strip())
    if bare is None:
        return "write a number and its unit without a space: 300ms, 1.5s, 2m, 1h or 30d"
    amount = bare[1].replace(",", ".")
    units = "ms for milliseconds, {}s for seconds"
    if float(amount) < _PROBABLY_THOUSANDTHS:
        units = "s for seconds, {}m for minutes"
    return f"add the unit: {amount}{units.format(amount)}"


Duration = Annotated[
    float,
    Setting(
        parse_duration,
        {"type": "string", "pattern": r"^\s*\d{1,9}(\.\d{1,9})?(ms|s|m|h|d)\s*$"},
    ),
]
"""Seconds."""


def _parse_some_time(text: str) -> float:
    seconds = parse_duration(text)
    if not seconds:
        raise mistake("E109", f"{text} leaves no time at all", "write more than that, such as 5s")
    return seconds


SomeTime = Annotated[
    float,
    Setting(
        _parse_some_time,
        {
            "type": "string",
            "pattern": r"^\s*(?=[0.]*[1-9])\d{1,9}(\.\d{1,9})?(ms|s|m|h|d)\s*$",
        },
    ),
]
"""Seconds, more than none."""


def _parse_long_time(text: str) -> float:
    if text.strip().isdecimal():  # seconds would be guessed wrongly: what is kept would be gone
        hint = f"write {text.strip()}d for days, or {text.strip()}h for hours"
        raise mistake("E108", f"'{text}' is not a duration", hint)
    return _parse_some_time(text)


LongTime = Annotated[
    float,
    Setting(
        _parse_long_time,
        {
            "type": "string",
            "pattern": r"^\s*(?=[0.]*[1-9])\d{1,9}(\.\d{1,9})?(ms|s|m|h|d)\s*$",
        },
    ),
]
"""Seconds, more than none; mostly days."""


BYTES = {"KB": 1024, "MB": 1024**2, "GB": 1024**3}
_SIZE = late(r"(\d{1,9}(?:\.\d{1,9})?)(KB|MB|GB)")
_LOOSE_SIZE = late(
    r"(\d{1,9}(?:[.,]\d{1,9})?)\s*(k|m|g)?(?:ilo|ega|iga)?i?"
    r"(?:b|o|bytes?|octets?|char(?:acter)?s?|letters?|zeichen|caract\u00e8res?)?",
    re.IGNORECASE,
)


def parse_size(text: str) -> int:
    """Read `64KB`, `1.5MB`, `1GB` as bytes; a KB is 1024 of them.

    Raises:
        PydanticCustomError: E108, with the size that was probably meant, or E109.
    """
    written = _SIZE.fullmatch(text)
    if not written:
        raise mistake("E108", f"'{text}' is not a size", _meant_size(text))
    size = round(float(written[1]) * BYTES[written[2]])
    if not size:
        raise mistake("E109", f"{text} leaves no room at all", "write more than that, such as 4KB")
    return size


def _meant_size(text: str) -> str:
    loose = _LOOSE_SIZE.fullmatch(text)
    if loose is None:
        return "write a number and its unit without a space: 64KB, 2MB or 1GB"
    amount = loose[1].replace(",", ".")
    if loose[2]:
        return f"write {amount}{loose[2].upper()}B"
    kilobytes = max(1, round(float(amount) / BYTES["KB"]))
    if float(amount) < BYTES["KB"]:
        return f"add the unit: {amount}KB, or {amount}MB"
    return f"write it in KB or MB: {amount} bytes are about {kilobytes}KB"


Size = Annotated[
    int,
    Setting(
        parse_size,
        {"type": "string", "pattern": r"^\s*(?=[0.]*[1-9])\d{1,9}(\.\d{1,9})?(KB|MB|GB)\s*$"},
        "size",
    ),
]
"""Bytes, more than none."""


@dataclass(frozen=True, slots=True)
class RateLimit:
    """At most so many in a stretch of time.

    Attributes:
        count: how many.
        seconds: the length of the stretch.
    """

    count: int
    seconds: float

    @classmethod
    def __get_pydantic_core_schema__(
        cls, source: object, handler: GetCoreSchemaHandler
    ) -> CoreSchema:
        return core_schema.is_instance_schema(
            cls, serialization=core_schema.plain_serializer_function_ser_schema(str)
        )

    def __str__(self) -> str:
        per = next(word for word, seconds in PERIODS.items() if seconds == self.seconds)
        return f"{self.count} per {per}"


PERIODS = {"second": 1.0, "minute": 60.0, "hour": 3600.0}
_RATE = late(r"(\d{1,9}) per (second|minute|hour)")
_LOOSE_RATE = late(
    r"(\d{1,9})\s*(?:(?:times|calls|requests|mal|fois|veces)\s*)?"
    r"(?:/|per|an?|each|every|pro|par|por|je|m\u1ed7i)\s*([^\W\d]+)\.?"
    r"|(\d{1,9})\s*(rps|rpm|rph|qps)",
    re.IGNORECASE,
)
_PER = {"s": "second", "m": "minute", "h": "hour"}


def parse_rate(text: str) -> RateLimit:
    """Read `10 per second`, `600 per minute`, `50 per hour`.

    Raises:
        PydanticCustomError: E108, with the rate that was probably meant, or E109.
    """
    written = _RATE.fullmatch(text)
    if not written:
        raise mistake("E108", f"'{text}' is not a rate", _meant_rate(text))
    if not int(written[1]):
        raise mistake("E109", f"'{text}' lets nothing through", "write 1 or more")
    return RateLimit(int(written[1]), PERIODS[written[2]])


def _meant_rate(text: str) -> str:
    loose = _LOOSE_RATE.fullmatch(text)
    period = _PER.get(meant_unit(loose[2] or "") or "") if loose else None
    if loose and period:
        return f"write {loose[1]} per {period}"
    if loose and loose[3]:
        return f"write {loose[3]} per {_PER[loose[4][-1].casefold()]}"
    if re.fullmatch(r"\d{1,9}", text):
        return f"say in which time: {text} per second, {text} per minute or {text} per hour"
    return "write a number and the time: 10 per second, 600 per minute or 50 per hour"


Rate = Annotated[
    RateLimit,
    Setting(
        parse_rate,
        {"type": "string", "pattern": r"^\s*0*[1-9]\d* per (second|minute|hour)\s*$"},
        "rate",
    ),
]
"""So many per second, minute or hour."""


_DECIMAL = late(r"[+-]?(\d{1,9}(\.\d{0,9})?|\.\d{1,9})")


def decimal(low: float, high: float) -> Setting:
    """A number with or without a fraction, within bounds."""

    def parse(text: str) -> float:
        bounds = f"write a number from {low:g} to {high:g}"
        if not _DECIMAL.fullmatch(text):
            raise mistake("E109", f"'{text}' is not a number", bounds)
        if not low <= float(text) <= high:
            raise mistake("E109", f"{text} is out of bounds", bounds)
        return float(text)

    return Setting(parse, {"type": "number", "minimum": low, "maximum": high}, "number")
