"""Values as people say them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import date
from types import UnionType
from typing import Any

from runner.link.differences import plan
from runner.schema.types.blocks import Block
from runner.schema.types.measures import RateLimit
from runner.schema.types.names import Name
from runner.schema.types.spans import Spans
from runner.schema.types.texts import Condition, Spoken

_LONGEST = 120
_MANY = 6

_UNITS = ((86400, "day"), (3600, "hour"), (60, "minute"))


def lasting(seconds: float) -> str:
    """A duration: `300 ms`, `8 s`, `90 s`, `30 minutes`, `1 hour 5 minutes`."""
    if 0 < seconds < 0.1:  # noqa: PLR2004 - below it a decimal of a second reads badly
        return f"{seconds * 1000:g} ms"
    if seconds < 60 or (seconds < 120 and seconds != 60):  # noqa: PLR2004 - as people say 90 s
        return f"{seconds:g} s"
    parts = []
    for size, unit in _UNITS:
        count, seconds = divmod(seconds, size)
        if count:
            parts.append(counted(int(count), unit))
    return " ".join([*parts, f"{seconds:g} s"] if seconds or not parts else parts)


def counted(number: int, noun: str) -> str:
    """`1 word`, `2 words`."""
    return f"{number} {noun}{'' if number == 1 else 's'}"


def listed(parts: Iterable[str]) -> str:
    """`a`, `a and b`, `a, b and c`; of many the first and how many more."""
    shown = list(parts)
    if len(shown) > _MANY:
        shown = [*shown[: _MANY - 1], f"{len(shown) - _MANY + 1} more"]
    return " and ".join([", ".join(shown[:-1]), shown[-1]]) if len(shown) > 1 else "".join(shown)


def quoted(text: str) -> str:
    """A text in quotation marks, on one line, cut where it is long."""
    line = " ".join(text.split())
    if len(line) > _LONGEST:
        line = line[:_LONGEST].rsplit(" ", 1)[0].rstrip(",;:") + " …"
    return f"\u201c{line}\u201d"


def said(value: Any, *, lasts: bool = False) -> str:
    """Any value of the models, in a few words."""
    if lasts and isinstance(value, float):
        return lasting(value)
    return next(tell(value) for kind, tell in _KINDS if isinstance(value, kind))


def _mapping(value: dict[str, Any]) -> str:
    return listed(f"{k} {_inner(v)}" for k, v in value.items()) or "nothing"


def _inner(value: Any, *, lasts: bool = False) -> str:
    """A value in a block or mapping: of a mapping only the names, so that a sentence stays one."""
    return (
        listed(map(str, value)) if isinstance(value, dict) and value else said(value, lasts=lasts)
    )


def _list(value: tuple[Any, ...]) -> str:
    if value and all(isinstance(v, Spoken) for v in value):
        return words(value)
    if any(isinstance(v, dict | tuple) for v in value):
        return "1 entry" if len(value) == 1 else f"{len(value)} entries"
    return listed(map(said, value)) or "nothing"


def _plain(text: str) -> bool:
    """Whether a text is a name, a number or an address, which needs no quotation marks."""
    one = isinstance(text, Name | Condition) or " " not in text
    return one and 0 < len(text) <= _LONGEST and text.isprintable()


def block(value: Block) -> str:
    """A block: what an action does, else its keys with their values."""
    tell = _ACTIONS.get(value.kind) if value.noun in ("an action", "a greeting") else None
    if tell is not None:
        condition = getattr(value, "condition", None)
        return tell(value) + (f" if {condition}" if condition else "")
    shown = [
        f"{key} {_inner(getattr(value, name), lasts=lasts)}"
        for key, name, _, lasts in plan(type(value))
        if name in value.model_fields_set
    ]
    return listed(shown) or "its defaults"


def words(value: tuple[str, ...] | Mapping[str, tuple[str, ...]]) -> str:
    """Words for the caller: `“a”`, or `“a” or “b”` where they are used in turn.

    Those that are given by language have its name before them.
    """
    if isinstance(value, Mapping):
        return listed(f"{language} {words(each)}" for language, each in value.items())
    return " or ".join(map(quoted, value))


def _ending(action: Any) -> str:
    return (
        f"says {words(action.end_call)} and ends the call" if action.end_call else "ends the call"
    )


_ACTIONS: dict[str, Callable[[Any], str]] = {
    "end_call": _ending,
    "handoff": lambda a: f"hands over to {a.handoff}",
    "instructions": lambda a: f"says in its own words: {quoted(a.instructions)}",
    "say": lambda a: f"says {words(a.say)}",
    "set": lambda a: f"sets {listed(f'{k} to {said(v)}' for k, v in a.set.items())}",
    "tool": lambda a: f"runs {a.tool}",
    "transfer_call": lambda a: f"puts the caller through to {a.transfer_call.to}",
}
"""Kind of action → what it does."""

_KINDS: tuple[tuple[type | UnionType, Callable[[Any], str]], ...] = (
    (bool, lambda v: "yes" if v else "no"),
    (int, str),
    (float, lambda v: f"{v:g}"),
    (RateLimit, str),
    (str, lambda v: str(v) if _plain(v) else quoted(v)),
    (tuple, _list),
    (date | Spans | RateLimit, str),
    (dict, _mapping),
    (Block, block),
    (object, lambda _: "nothing"),
)
"""Type of value → how it is said, in the order in which they must be asked."""
