"""Whether a value is as a test expects it."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any, Final

from runner.patterns import compile_pattern
from runner.schema.test_values import Match

_MISSING: Final = object()
_TRUE: Final = frozenset({"yes", "true", "on"})
_FALSE: Final = frozenset({"no", "false", "off"})


def fits(expected: Any, value: Any = _MISSING) -> bool:
    """Whether a value is as expected: numbers, yes/no and dates compare with their text.

    Args:
        expected: a text, a `Match`, or lists and keys of such; what is not listed is free.
        value: the value; nothing where there is none.
    """
    if isinstance(expected, Match):
        return _matches(expected, value)
    if value is _MISSING:
        return False
    if isinstance(expected, Mapping):
        return isinstance(value, Mapping) and all(
            fits(inner, value.get(name, _MISSING)) for name, inner in expected.items()
        )
    if isinstance(expected, tuple | list):
        return (
            isinstance(value, Sequence)
            and not isinstance(value, str)
            and len(value) == len(expected)
            and all(map(fits, expected, value))
        )
    return _same(str(expected), value)


def _matches(expected: Match, value: Any) -> bool:
    if expected.missing:
        return value is _MISSING or value is None or value == ""
    if value is _MISSING or expected.matches is None:
        return False
    return compile_pattern(str(expected.matches)).search(as_text(value)) is not None


def _same(expected: str, value: Any) -> bool:
    wanted = expected.strip()
    if isinstance(value, bool):
        return wanted.casefold() in (_TRUE if value else _FALSE)
    if isinstance(value, int | float):
        try:
            return float(wanted) == float(value)
        except (ValueError, OverflowError):
            return False
    return wanted.casefold() == as_text(value).strip().casefold()


def as_text(value: Any) -> str:
    """A value as a person would write it."""
    if isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "yes" if value else "no"
    if value is None or value is _MISSING:
        return ""
    return json.dumps(value, ensure_ascii=False, default=str)
