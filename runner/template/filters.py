"""The filters and tests of a template: Jinja's own, made bounded, and lkrun's."""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any, Final

from jinja2.filters import FILTERS as JINJA_FILTERS
from jinja2.tests import TESTS as JINJA_TESTS
from markupsafe import escape

from runner.late_pattern import late
from runner.template.empty import EMPTY, Empty
from runner.template.limits import MAX_TEXT, RefusedOperation, fits, weigh, width
from runner.template.operators import compare, equal, formatted, kind, number
from runner.template.times import moment_of, plus
from runner.template.words import as_json, spelled

Function = Callable[..., Any]
Read = Callable[[Any], str]

_NOTHING: Final = (Empty, type(None))
_TAG: Final = late(r"<[^<>]*>")
_AS_THEY_ARE: Final = [
    "dictsort",
    "filesizeformat",
    "first",
    "float",
    "groupby",
    "int",
    "items",
    "last",
    "list",
    "map",
    "max",
    "min",
    "random",
    "reject",
    "rejectattr",
    "reverse",
    "select",
    "selectattr",
    "unique",
]
_COUNTING: Final = frozenset({"batch", "indent", "round", "slice", "truncate"})
_OF_NUMBERS: Final = frozenset({"abs", "filesizeformat", "round"})
_OF_TEXT: Final = frozenset({"indent", "title", "truncate"})
_DEFAULTING: Final = frozenset({"d", "default"})
COUNTED: Final = frozenset({"count", "length", "sum"})
"""Filters that give 0 for what is empty."""

UNWANTED: Final[dict[str, str]] = {
    "attr": "write the name after a dot instead, as in {{ order.total }}",
    "center": "leave it out: speech has no columns",
    "forceescape": "write 'escape' instead",
    "pprint": "write 'tojson' instead",
    "safe": "leave it out: nothing is escaped",
    "urlize": "leave it out: speech has no links",
    "wordwrap": "leave it out: speech has no lines",
    "xmlattr": "write the attributes one by one, with 'escape'",
}
"""Jinja's filters that are left out, and what to write instead."""


def _default(value: Any, default_value: Any = "", boolean: bool = False) -> Any:
    return default_value if isinstance(value, Empty) or (boolean and not value) else value


def _length(value: Any) -> int:
    if not hasattr(value, "__len__"):
        raise RefusedOperation(f"{kind(value)} has no length")
    return len(value)


def _sum(items: Any, attribute: Any = None, start: Any = 0) -> Any:
    known = (each for each in _parts(items, attribute) if not isinstance(each, _NOTHING))
    return sum(map(number, known), start)


def _parts(items: Any, attribute: Any) -> list[Any]:
    """Take one attribute of each item, `guest.name` as deep as it says."""
    path = [] if attribute is None else str(attribute).split(".")
    return [functools.reduce(_part, path, each) for each in items]


def _part(value: Any, name: str) -> Any:
    return value.get(name, EMPTY) if isinstance(value, Mapping) else EMPTY


def _rename(value: Any, **names: str) -> Any:
    """Spell keys as a service does, in records at any depth: a name → its spelling there."""
    if isinstance(value, Mapping):
        return {names.get(str(k), k): _rename(each, **names) for k, each in value.items()}
    if isinstance(value, list | tuple):
        return [_rename(each, **names) for each in value]
    return value


def _renamed(value: Any, *wrong: Any, **names: Any) -> Any:
    weigh(value)
    if wrong or not all(isinstance(each, str) for each in names.values()):
        raise RefusedOperation("'rename' takes names and texts, as in rename(zip_code='zipCode')")
    return _rename(value, **names)


def _strip_tags(text: str) -> str:
    return " ".join(_TAG.sub("", text).split())


def _escape(text: str) -> str:
    return str(escape(text))


_TEXTS: Final[dict[str, Function]] = {
    "capitalize": str.capitalize,
    "e": _escape,
    "escape": _escape,
    "lower": str.lower,
    "spell": spelled,
    "string": str,
    "striptags": _strip_tags,
    "trim": str.strip,
    "upper": str.upper,
    "wordcount": lambda text: len(text.split()),
}


@dataclass(frozen=True)
class _Reader:
    """The filters that write text, in one manner of reading values."""

    read: Read
    language: str = ""

    def lines(self, records: Any) -> str:
        """Number the records of a list, by their own `line` if they have one: `1. dish: tea`."""
        if isinstance(records, str):
            return records
        if isinstance(records, Mapping) or not isinstance(records, Iterable):
            records = [records]
        return "\n".join(self._line(place, each) for place, each in enumerate(records, 1))

    def _line(self, place: int, record: Any) -> str:
        if not isinstance(record, Mapping):
            return f"{place}. {self.read(record)}"
        known = ((key, self.read(value)) for key, value in record.items() if key != "line")
        fields = ", ".join(f"{key}: {text}" for key, text in known if text)
        return f"{self.read(record.get('line')) or place}. {fields}"

    def join(self, items: Any, d: Any = "", attribute: Any = None) -> str:
        words = [text for each in _parts(items, attribute) if (text := self.read(each))]
        separator = self.read(d)
        fits(len(separator) * len(words) + sum(map(len, words)))
        return separator.join(words)

    def replace(self, value: Any, old: Any, new: Any, count: Any = None) -> str:
        text, old, new = self.read(value), self.read(old), self.read(new)
        fits(len(text) + (text.count(old) if old else len(text) + 1) * len(new))
        return text.replace(old, new, -1 if count is None else count)

    def urlencode(self, value: Any) -> Any:
        as_it_is = isinstance(value, (Mapping, list))
        return JINJA_FILTERS["urlencode"](value if as_it_is else self.read(value))

    def format(self, pattern: Any, *values: Any) -> str:
        return formatted(self.read(pattern), *values, language=self.language)

    def day(self, value: Any) -> str:
        """Say the day of a date or moment, as `today` does."""
        moment = moment_of(value)
        return self.read(moment.date() if isinstance(moment, datetime) else moment)

    def of_text(self, work: Function) -> Function:
        """Let a filter of texts take any value, read as text."""

        def apply(value: Any, *args: Any, **kwargs: Any) -> Any:
            return work(self.read(value)[:MAX_TEXT], *args, **kwargs)

        return apply

    def table(self) -> dict[str, Function]:
        """Give them by name."""
        return {
            **{name: self.of_text(work) for name, work in _TEXTS.items()},
            "day": self.day,
            "format": self.format,
            "join": self.join,
            "lines": self.lines,
            "replace": self.replace,
            "urlencode": self.urlencode,
        }


def _bounded(name: str, work: Function, read: Read) -> Function:
    """Make one of Jinja's filters read values as lkrun does, and keep its widths small."""
    place = 1 if hasattr(work, "jinja_pass_arg") else 0

    @functools.wraps(work)
    def apply(*args: Any, **kwargs: Any) -> Any:
        before, value, rest = args[:place], args[place], args[place + 1 :]
        if name in _COUNTING:
            for each in (*rest, *kwargs.values()):
                if isinstance(each, int):
                    width(each)
                elif isinstance(each, str):
                    fits(len(each), 100)
        if name in _OF_NUMBERS or isinstance(value, Decimal):
            value = number(value)
        elif name in _OF_TEXT:
            value = read(value)[:MAX_TEXT]
        elif isinstance(value, (list, tuple)):
            value = [EMPTY if each is None else each for each in value]
        return work(*before, value, *rest, **kwargs)

    return apply


def _sort(work: Function) -> Function:
    @functools.wraps(work)
    def apply(environment: Any, value: Any, *args: Any, **kwargs: Any) -> Any:
        weigh(value)
        return work(environment, value, *args, **kwargs)

    return apply


def _may_be_empty(name: str, work: Function) -> Function:
    """Give what is empty back for what is empty; what a counting filter gives is 0."""
    place = 1 if hasattr(work, "jinja_pass_arg") else 0

    @functools.wraps(work)
    def apply(*args: Any, **kwargs: Any) -> Any:
        value = args[place]
        if name in _DEFAULTING:
            return work(EMPTY if value is None else value, *args[1:], **kwargs)
        if value is None or isinstance(value, Empty):
            return _from_nothing(name, value, args[place + 1 :], kwargs)
        return work(*args, **kwargs)

    return apply


def _from_nothing(name: str, value: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
    if name in COUNTED:
        return 0
    if name == "tojson":
        return "null"
    if name in {"float", "int"} and (args or "default" in kwargs):
        return kwargs.get("default", args[0] if args else 0)
    return EMPTY if value is None else value


def filters(read: Read, language: str = "") -> dict[str, Function]:
    """Build the table of filters for one way of reading values as text."""
    table = {
        name: _bounded(name, JINJA_FILTERS[name], read)
        for name in (*_AS_THEY_ARE, *_COUNTING, *_OF_NUMBERS, *_OF_TEXT)
    }
    table |= {
        "count": _length,
        "d": _default,
        "default": _default,
        "length": _length,
        "sort": _sort(_bounded("sort", JINJA_FILTERS["sort"], read)),
        "sum": _sum,
        "tojson": lambda value, indent=None: _to_json(value, indent),
        "plus": plus,
        "rename": _renamed,
        **_Reader(read, language).table(),
    }
    return {name: _may_be_empty(name, work) for name, work in table.items()}


def _to_json(value: Any, indent: Any) -> str:
    weigh(value)
    if indent is not None:
        raise RefusedOperation("'tojson' takes nothing here")
    return as_json(value)


_EMPTINESS: Final[dict[str, bool]] = {
    "defined": False,
    "known": False,
    "none": True,
    "undefined": True,
}
_LEFT_OUT: Final = frozenset({"callable", "escaped", "filter", "test"})
_COMPARING: Final[dict[str, str]] = {
    "!=": "ne",
    "<": "lt",
    "<=": "lteq",
    "==": "eq",
    ">": "gt",
    ">=": "gteq",
    "eq": "eq",
    "equalto": "eq",
    "ge": "gteq",
    "greaterthan": "gt",
    "gt": "gt",
    "in": "in",
    "le": "lteq",
    "lessthan": "lt",
    "lt": "lt",
    "ne": "ne",
}


def _test(name: str, work: Function) -> Function:
    """Make a test false for what is empty, except those that ask for emptiness."""

    def apply(value: Any, *args: Any) -> bool:
        if value is None or isinstance(value, Empty):
            return _EMPTINESS.get(name, False)
        return bool(work(value, *args))

    return apply


def _constantly(answer: bool) -> Function:
    return lambda _: answer


def tests() -> dict[str, Any]:
    """Build the table of tests: `is known`, and Jinja's own that mean something here."""
    table: dict[str, Any] = {**JINJA_TESTS}
    for name in _LEFT_OUT:
        del table[name]
    table |= {name: functools.partial(compare, sign) for name, sign in _COMPARING.items()}
    table |= {name: _constantly(not empty) for name, empty in _EMPTINESS.items()}
    table |= {"sameas": equal}
    return {name: _test(name, work) for name, work in table.items()}
