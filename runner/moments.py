"""Moments as people and programs write them."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta


def read_moment(text: str | None, *, last: bool = False) -> float | None:
    """A date or a moment in seconds since 1970; of a date its beginning, or as the last its end.

    Raises:
        ValueError: it is neither.
    """
    if text is None:
        return None
    if len(text) == len("2026-03-02"):
        day = date.fromisoformat(text) + timedelta(days=int(last))
        return datetime.combine(day, time(), UTC).timestamp()
    when = datetime.fromisoformat(text)
    return when.replace(tzinfo=when.tzinfo or UTC).timestamp()


def moment(seconds: float) -> str:
    """As people and programs read it."""
    when = datetime.fromtimestamp(seconds, UTC)
    return when.isoformat(timespec="milliseconds").replace("+00:00", "Z")
