"""Days and moments that are worked out: in two weeks, half an hour ago."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Any, Final

from runner.late_pattern import late
from runner.template.limits import RefusedOperation
from runner.template.operators import kind

_STEP: Final = late(r"\s*([+-]?)\s*(\d{1,9}(?:\.\d{1,9})?)\s*(ms|s|m|h|d|w)\s*")
_SECONDS: Final = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0, "d": 86400.0, "w": 604800.0}


def moment_of(value: Any) -> date:
    """Read a date or moment, also one that is written as services write it (ISO 8601).

    Raises:
        Refused: it is something else.
    """
    if isinstance(value, date):
        return value
    if isinstance(value, str):
        for read in (date.fromisoformat, datetime.fromisoformat):
            try:
                return read(value.strip())
            except ValueError:
                continue
    raise RefusedOperation(f"{kind(value)} is no date")


def plus(value: Any, step: Any = "") -> date:
    """Go on from a date or moment: `'14d'`, `'-2h'`, `'1w'`.

    Whole days keep the time of day, also over a change of summer time.

    Raises:
        Refused: it is no date, or no duration; or a date alone is moved by less than a day.
    """
    moment, match = moment_of(value), _STEP.fullmatch(step) if isinstance(step, str) else None
    if match is None:
        raise RefusedOperation("'plus' takes a duration, such as plus('14d') or plus('-2h')")
    seconds = float(match[2]) * _SECONDS[match[3]] * (-1 if match[1] == "-" else 1)
    days = match[3] in ("d", "w") and seconds % 86400 == 0
    try:
        if days:
            return moment + timedelta(days=seconds // 86400)
        if not isinstance(moment, datetime):
            raise RefusedOperation("a date has no hours: 'plus' takes whole days here")
        if moment.tzinfo is None:
            return moment + timedelta(seconds=seconds)
        return datetime.fromtimestamp(moment.timestamp() + seconds, moment.tzinfo)
    except (OverflowError, ValueError, OSError):
        raise RefusedOperation("that date is too far away") from None
