"""How far a template may go, and the two ways in which it is stopped."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final

MAX_SOURCE: Final = 64 * 1024
"""Characters of a text with braces."""

MAX_OUTPUT: Final = 64 * 1024
"""Bytes that a rendering may give."""

MAX_TEXT: Final = 256 * 1024
"""Characters of one text within an expression."""

MAX_WEIGHT: Final = 100_000
"""Items of one list or mapping within an expression, with all that is inside it."""

MAX_RANGE: Final = 10_000
MAX_WIDTH: Final = 1_000
MAX_BITS: Final = 2_048
MAX_DEPTH: Final = 60
MAX_BRACKETS: Final = 40
MAX_STEPS: Final = 100_000
MAX_SECONDS: Final = 1.0

_CHARACTERS_PER_ITEM: Final = 32


@dataclass(frozen=True, slots=True)
class Manner:
    """How a text is rendered.

    Attributes:
        wire: for a service: dates as ISO 8601, `true` and `false`.
        language: the locale of dates, numbers, lists and yes/no.
        output: bytes of the text at most.
        seconds: that it may take at most.
    """

    wire: bool = False
    language: str = ""
    output: int = MAX_OUTPUT
    seconds: float = MAX_SECONDS


class RefusedOperation(Exception):  # noqa: N818  (it is an answer, not a fault)
    """One part of an expression cannot be worked out; says why, without any value in it."""


class Exhausted(Exception):  # noqa: N818  (as above)
    """The whole rendering ends here."""


def weigh(value: Any, most: int = MAX_WEIGHT) -> int:
    """Count the items of a value and of all inside it, each time that it stands there.

    A list of two equal lists, eight deep, weighs 256: what writing or comparing it would cost.

    Raises:
        Refused: it is heavier than `most`.
    """
    weight = 0
    waiting = [value]
    while waiting:
        item = waiting.pop()
        weight += 1
        if isinstance(item, str):
            weight += len(item) // _CHARACTERS_PER_ITEM
        elif isinstance(item, Mapping):
            waiting.extend(item.keys())
            waiting.extend(item.values())
        elif isinstance(item, (list, tuple, set, frozenset)):
            waiting.extend(item)
        if weight + len(waiting) > most:
            raise RefusedOperation("a list became too long")
    return weight


def gather(items: Iterable[Any]) -> list[Any]:
    """Make a list of what a filter yields, and stop one that yields too much.

    Raises:
        Refused: the list would be heavier than `MAX_WEIGHT`.
    """
    gathered: list[Any] = []
    weight = 0
    for item in items:
        weight += weigh(item)
        if weight > MAX_WEIGHT:
            raise RefusedOperation("a list became too long")
        gathered.append(item)
    return gathered


def fits(length: int, most: int = MAX_TEXT) -> None:
    """Allow a text of this length.

    Raises:
        Refused: it is longer than `most`.
    """
    if length > most:
        raise RefusedOperation("a text became too long")


def width(value: Any) -> int:
    """Read a width, a count or a precision that a filter was given.

    Raises:
        Refused: it is no whole number, or a large one.
    """
    if not isinstance(value, int) or abs(value) > MAX_WIDTH:
        raise RefusedOperation(f"a filter takes whole numbers up to {MAX_WIDTH} here")
    return value


def count_range(*bounds: Any) -> list[int]:
    """Count as Python's `range` does.

    Raises:
        Refused: it would be longer than `MAX_RANGE`, or the bounds are no whole numbers.
    """
    try:
        numbers = range(*bounds)
        if len(numbers) <= MAX_RANGE:
            return list(numbers)
    except (TypeError, ValueError):
        raise RefusedOperation("'range' takes whole numbers") from None
    except OverflowError:
        pass
    raise RefusedOperation(f"'range' counts to {MAX_RANGE} at most")
