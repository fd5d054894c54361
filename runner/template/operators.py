"""Comparisons and arithmetic, as a person who never programmed expects them."""

from __future__ import annotations

import functools
import operator
import re
from collections.abc import Callable, Mapping
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import Any, Final

from runner.late_pattern import late
from runner.template import languages
from runner.template.empty import Empty
from runner.template.languages import PLAIN
from runner.template.limits import MAX_BITS, MAX_WIDTH, RefusedOperation, fits, weigh
from runner.template.words import as_text

_NUMBERS: Final = (int, float, Decimal)
_NUMERAL: Final = late(r"\s*[+-]?\d{1,40}(\.\d{1,40})?\s*", re.ASCII)
_YES_NO: Final = {"yes": True, "true": True, "on": True, "no": False, "false": False, "off": False}
_KINDS: Final[tuple[tuple[Any, str], ...]] = (
    (bool, "a yes/no value"),
    (_NUMBERS, "a number"),
    (str, "a text"),
    (Mapping, "a record"),
    ((list, tuple, set, frozenset), "a list"),
    (date, "a date"),
    (time, "a time"),
)


def kind(value: Any) -> str:
    """Name the sort of a value in plain words, never the value."""
    return next((name for types, name in _KINDS if isinstance(value, types)), "this value")


def number(value: Any) -> Any:
    """Read a text that is a number as that number; anything else stays what it is.

    Raises:
        Refused: it is a decimal whose digits would fill the memory.
    """
    if isinstance(value, Decimal) and value.is_finite() and value.adjusted() > MAX_WIDTH:
        raise RefusedOperation("a number is too large")
    if isinstance(value, str) and _NUMERAL.fullmatch(value):
        return float(value) if "." in value else int(value)
    return value


def _moment(value: Any, like: Any) -> Any:
    if isinstance(value, str):
        for each in (type(like), datetime):
            try:
                value = each.fromisoformat(value)
            except ValueError:
                continue
            break
    if isinstance(value, datetime) and not isinstance(like, datetime):
        return value.time() if isinstance(like, time) else value.date()
    if isinstance(value, datetime) and value.tzinfo is None:
        return value.replace(tzinfo=like.tzinfo)
    return value


def _alike(left: Any, right: Any) -> tuple[Any, Any]:
    """Bring two values to one kind: `3` and `'3'`, yes and `'yes'`, a date and `'2026-12-04'`."""
    for this, other, swapped in ((left, right, False), (right, left, True)):
        if isinstance(this, bool):
            if isinstance(other, str):
                other = _YES_NO.get(other.strip().lower(), other)  # noqa: PLW2901  (the other side, read anew)
        elif isinstance(this, _NUMBERS):
            other = number(other) if isinstance(other, str) else other  # noqa: PLW2901  (as above)
        elif isinstance(this, (date, time)) and isinstance(other, (str, datetime)):
            other = _moment(other, this)  # noqa: PLW2901  (as above)
        else:
            continue
        return (other, this) if swapped else (this, other)
    return left, right


def equal(left: Any, right: Any) -> bool:
    """Compare two values after they are brought to one kind. What is empty equals nothing."""
    if isinstance(left, Empty) or isinstance(right, Empty):
        return False
    if not isinstance(left, str) and hasattr(left, "__len__"):
        weigh(left)
        weigh(right)
    left, right = _alike(left, right)
    try:
        return bool(left == right)
    except (ArithmeticError, RecursionError):  # a signalling NaN, a list that holds itself
        return False


def contains(item: Any, container: Any) -> bool:
    """Tell whether a list has an item, a record a key or a text a piece."""
    if isinstance(container, str):
        return as_text(item) in container
    if isinstance(container, Mapping):
        return item in container
    if isinstance(container, (list, tuple, set, frozenset)):
        return any(equal(item, each) for each in container)
    raise RefusedOperation(f"{kind(container)} holds nothing that 'in' could look for")


def _ordered(compare: Callable[[Any, Any], bool]) -> Callable[[Any, Any], bool]:
    def apply(left: Any, right: Any) -> bool:
        weigh(left)
        weigh(right)
        this, other = _alike(left, right)
        try:
            return bool(compare(this, other))
        except TypeError:
            raise RefusedOperation(f"{kind(left)} cannot be compared with {kind(right)}") from None

    return apply


_COMPARE: Final[dict[str, Callable[[Any, Any], bool]]] = {
    "eq": equal,
    "gt": _ordered(operator.gt),
    "gteq": _ordered(operator.ge),
    "in": contains,
    "lt": _ordered(operator.lt),
    "lteq": _ordered(operator.le),
    "ne": lambda left, right: not equal(left, right),
    "notin": lambda item, container: not contains(item, container),
}


def compare(sign: str, left: Any, right: Any) -> bool:
    """Compare by Jinja's name of the sign.

    Every comparison with what is empty is false, `!=` and `not in` too.

    Raises:
        Refused: the two cannot be compared.
    """
    if isinstance(left, Empty) or isinstance(right, Empty):
        return False
    return _COMPARE[sign](left, right)


def _bits(value: Any) -> int:
    return value.bit_length() if isinstance(value, int) else 0


def _add(left: Any, right: Any) -> Any:
    if isinstance(left, str) and isinstance(right, str):
        fits(len(left) + len(right))
    elif isinstance(left, list) and isinstance(right, list):
        weigh([left, right])
    else:
        _measures(left, right)
    return left + right


def _of_measures(work: Callable[[Any, Any], Any]) -> Callable[[Any, Any], Any]:
    def apply(left: Any, right: Any) -> Any:
        _measures(left, right)
        return work(left, right)

    return apply


FORMAT: Final = late(r"%(?:%|[-+ 0#]{0,5}\d{0,3}(?:\.\d{0,3})?[sdfgeixX])|[^%]+")


def formatted(pattern: str, *values: Any, language: str = "") -> str:
    """Write values as a pattern says: `'%.2f'`, and no wider than anybody reads.

    Raises:
        Refused: the pattern is of another sort.
    """
    parts = FORMAT.findall(pattern)
    if "".join(parts) != pattern:
        raise RefusedOperation("this pattern of 'format' cannot be used")
    numbers = list(map(number, values))  # refuses one whose digits would fill the memory
    given, texts = iter(zip(values, numbers, strict=True)), []
    for part in parts:
        if not part.startswith("%") or part == "%%":
            texts.append(part.replace("%%", "%"))
        elif part[-1] == "s":
            texts.append(part % as_text(next(given, (None,))[0], language=language))
        else:
            text = part % next(given, ("", ""))[1]
            texts.append(text if language in PLAIN else languages.number(text, language))
    if next(given, None) is not None:
        raise TypeError
    return "".join(texts)


def _modulo(left: Any, right: Any, language: str) -> Any:
    """What is left of a division; after a text, the text with values in it."""
    if isinstance(left, str):
        values = right if isinstance(right, list) else (right,)
        return formatted(left, *values, language=language)
    _measures(left, right)
    return left % right


def _power(left: Any, right: Any) -> Any:
    _measures(left, right)
    if isinstance(left, int) and isinstance(right, int) and _bits(left) * abs(right) > MAX_BITS:
        raise OverflowError
    return left**right


def _measures(*values: Any) -> None:
    """Allow numbers and times; a text or list would be repeated by `*`."""
    if not all(isinstance(value, (*_NUMBERS, date, time, timedelta)) for value in values):
        raise TypeError


_ARITHMETIC: Final[dict[str, tuple[str, Callable[[Any, Any], Any]]]] = {
    "Add": ("+", _add),
    "Div": ("/", _of_measures(operator.truediv)),
    "FloorDiv": ("//", _of_measures(operator.floordiv)),
    "Mul": ("*", _of_measures(operator.mul)),
    "Pow": ("**", _power),
    "Sub": ("-", _of_measures(operator.sub)),
}


def _operands(left: Any, right: Any) -> tuple[Any, Any]:
    """Read a text as a number where the other side is no text."""
    if isinstance(left, str) and isinstance(right, str):
        return left, right
    left, right = number(left), number(right)
    if _bits(left) > MAX_BITS or _bits(right) > MAX_BITS:
        raise OverflowError
    if isinstance(left, Decimal) and isinstance(right, float):
        return float(left), right
    if isinstance(left, float) and isinstance(right, Decimal):
        return left, float(right)
    return left, right


def calculate(name: str, left: Any, right: Any, language: str = "") -> Any:
    """Work out a sum by the name of Jinja's node. With what is empty, the result is empty.

    Raises:
        Refused: it cannot be done with these two, or the result would be too large.
    """
    sign, work = _ARITHMETIC.get(name) or ("%", functools.partial(_modulo, language=language))
    for operand in (left, right):
        if isinstance(operand, Empty):
            return operand
    try:
        result = work(*_operands(left, right))
    except ZeroDivisionError:
        raise RefusedOperation("a number was divided by zero") from None
    except ArithmeticError:
        raise RefusedOperation("a number became too large") from None
    except TypeError:
        raise RefusedOperation(
            f"'{sign}' cannot be used with {kind(left)} and {kind(right)}"
        ) from None
    if isinstance(result, complex):
        raise RefusedOperation("a number has no such root")
    return result


def signed(minus: bool, value: Any) -> Any:
    """Put a sign before a number.

    Raises:
        Refused: it is no number.
    """
    value = number(value)
    if isinstance(value, Empty):
        return value
    if not isinstance(value, (*_NUMBERS, timedelta)):
        raise RefusedOperation(f"'{'-' if minus else '+'}' cannot stand before {kind(value)}")
    return -value if minus else +value
