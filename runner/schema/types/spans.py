"""Times of a day, in which something is open: `08:00-12:00, 13:30-17:30`."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from itertools import pairwise
from typing import Annotated, Any

from pydantic import GetCoreSchemaHandler
from pydantic_core import CoreSchema, core_schema

from runner.late_pattern import late
from runner.schema.types.blocks import Before
from runner.schema.types.meant import advice, meant_time
from runner.schema.types.mistake import mistake
from runner.schema.types.settings import Setting

DAY = 24 * 60
"""Minutes of a day."""

_NOON, _EARLY, _NIGHT = 12 * 60, 6 * 60, 16 * 60


@dataclass(frozen=True, slots=True)
class Spans:
    """What of a day is open; a span that ends before it begins goes on into the next day.

    Attributes:
        minutes: the first minute of each span, and the one that is no more in it, from midnight.
    """

    minutes: tuple[tuple[int, int], ...]

    @classmethod
    def __get_pydantic_core_schema__(
        cls, source: object, handler: GetCoreSchemaHandler
    ) -> CoreSchema:
        return core_schema.is_instance_schema(
            cls, serialization=core_schema.plain_serializer_function_ser_schema(str)
        )

    def __str__(self) -> str:
        return ", ".join(f"{_clock(begin)}-{_clock(end)}" for begin, end in self.minutes)

    def on(self, day: date) -> Iterator[tuple[datetime, datetime]]:
        """What the clocks on the wall show when each span of this day begins and ends."""
        midnight = datetime.combine(day, time())
        for begin, end in self.minutes:
            over = DAY if end <= begin else 0
            yield midnight + timedelta(minutes=begin), midnight + timedelta(minutes=end + over)


def _clock(minutes: int) -> str:
    return f"{minutes // 60:02}:{minutes % 60:02}"


_ONE = late(r"(\d\d?):(\d\d)\s*[-\u2013]\s*(\d\d?):(\d\d)")
_BETWEEN = late(
    r"\s*(?:[-\u2013\u2014~/]|\b(?:to|bis|until|till|jusqu'\u00e0|\u0111\u1ebfn)\b)\s*",
    re.IGNORECASE,
)
_AND = late(r"\s*(?:[;&+]|\b(?:and|und|et|y|v\u00e0)\b)\s*", re.IGNORECASE)
_ALL_DAY = frozenset(
    {"24/7", "24h", "24 hours", "all day", "always", "open", "yes", "true", "on", "0-24"}
)
_NEVER = frozenset(
    {
        *("closed", "no", "none", "false", "off", "never", "-", "geschlossen", "zu", "ferm\u00e9"),
        *("cerrado", "chiuso", "fechado", "gesloten", "ngh\u1ec9", "\u0111\u00f3ng c\u1eeda"),
    }
)
_HOW = "write when it opens and when it closes: 08:00-17:00, or 08:00-12:00, 13:30-17:30"


def parse_spans(text: str) -> Spans:
    """Read the spans of a day.

    Raises:
        PydanticCustomError: E117 for what is no span, E112 for spans that do not go together.
    """
    if text.casefold() in _NEVER:
        hint = "delete the line: a day that is not listed is closed"
        raise mistake("E117", f"'{text}' is not a time from when to when", hint)
    if text.casefold() in _ALL_DAY:
        hint = "write 00:00-24:00, which is the whole day"
        raise mistake("E117", f"'{text}' is not a time from when to when", hint)
    spans = tuple(sorted(_span(part.strip()) for part in text.split(",")))
    for (begin, end), (following, after) in pairwise(spans):
        if end > following or end <= begin:
            message = (
                f"{_clock(begin)}-{_clock(end)} and {_clock(following)}-{_clock(after)} overlap"
            )
            raise mistake("E112", message, _joined(begin, end, following, after))
    return Spans(spans)


def _joined(begin: int, end: int, following: int, after: int) -> str:
    """What to write instead of two spans that overlap."""
    ends = [minute + (DAY if minute <= first else 0) for first, minute in
            ((begin, end), (following, after))]  # fmt: skip
    last = max(ends)
    return f"write one span instead: {_clock(begin)}-{_clock(last - DAY if last > DAY else last)}"


def _span(text: str) -> tuple[int, int]:
    written = _ONE.fullmatch(text)
    if written is None:
        raise mistake("E117", f"'{text}' is not a time from when to when", _meant(text))
    begin, end = (_minutes(*written.group(at, at + 1), ends=at > 1) for at in (1, 3))
    if begin == end:
        hint = "write 00:00-24:00 for the whole day, or when it closes"
        raise mistake("E117", f"'{text}' ends when it begins", hint)
    night = end <= _NOON and (DAY - begin + end <= _NIGHT or end <= _EARLY)
    if end < begin and not night:
        swapped = f"{_clock(end)}-{_clock(begin)}"
        hint = (
            f"write {swapped}; or, if it goes on through the night, {_clock(begin)}-24:00 here "
            f"and 00:00-{_clock(end)} on the next day"
        )
        raise mistake("E117", f"'{text}' ends before it begins", hint)
    return begin, end


def _minutes(hour: str, minute: str, *, ends: bool) -> int:
    whole = int(hour) * 60 + int(minute)
    if int(minute) >= 60 or whole > DAY - (not ends):  # noqa: PLR2004 - minutes of an hour
        hint = "write hours from 00 to 23 and minutes from 00 to 59; midnight, as an end, is 24:00"
        raise mistake("E117", f"'{hour}:{minute}' is not a time of the day", hint)
    return whole


def _meant(text: str) -> str:
    """`8-12`, `8am to 5pm`, `8.30-12` as the spans that were meant."""
    several = [part for part in _AND.split(text) if part.strip()]
    if len(several) > 1:
        each = [_meant(part.strip()) for part in several]
        joined = ", ".join(part.removeprefix("write ") for part in each)
        return _HOW if _HOW in each else f"write {joined}"
    parts = _BETWEEN.split(re.sub(r"^(?:from|von|de|t\u1eeb)\s+", "", text, flags=re.IGNORECASE))
    if len(parts) != 2:  # noqa: PLR2004 - a beginning and an end
        return _HOW
    times = [_time(part) for part in parts]
    if None in times:
        return _HOW
    meant = "-".join(map(str, times))
    try:
        _span(meant)
    except Exception:  # noqa: BLE001 - what would be refused is not proposed
        return _HOW
    return f"write {meant}"


def _time(text: str) -> str | None:
    if match := re.fullmatch(r"(\d\d?)(?:\.(\d\d))?", text):
        text = f"{match[1]}:{match[2] or '00'}"
    return "24:00" if text == "24:00" else meant_time(text)


class _OnOneLine(Before):
    """Says how several spans of a day are written, where they stand as a list or as keys."""

    def read(self, value: Any) -> Any:
        """Give a text."""
        if isinstance(value, list) and value and all(isinstance(v, str) for v in value):
            hint = f"write them on one line, with commas between them: {', '.join(value)}"
            raise mistake("E104", "a list stands here, where the times of a day belong", hint)
        if isinstance(value, list | dict):
            raise mistake("E104", "the times of a day stand on one line, behind the colon", _HOW)
        return value


_SPAN = r"\d\d?:[0-5]\d\s*[-\u2013]\s*\d\d?:[0-5]\d"
DaySpans = Annotated[
    Spans,
    Setting(
        parse_spans,
        {"type": "string", "pattern": rf"^\s*{_SPAN}(\s*,\s*{_SPAN})*\s*$"},
        "times of a day, such as 08:00-12:00, 13:30-17:30",
    ),
    _OnOneLine(),
]
"""When a day is open."""


def _day(text: str) -> date:
    try:
        return datetime.strptime(text, "%Y-%m-%d").date()  # noqa: DTZ007 - a date alone has no zone
    except ValueError:
        hint = advice("date", text) or "write year-month-day: 2026-12-04"
        raise mistake("E117", f"'{text}' is not a date", hint) from None


Day = Annotated[
    date, Setting(_day, {"type": "string", "pattern": r"^\s*\d{4}-\d\d-\d\d\s*$"}, "date")
]
"""A date, such as 2026-12-25."""
