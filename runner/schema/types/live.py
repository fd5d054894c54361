"""From when a changed key counts in a call that runs already (`reload: next_turn`).

Each key says so itself where it is declared (`key(…, live=…)`); a key below another counts no
sooner than that.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from typing import Any, Final

from runner.schema.types.blocks import Block, Live

_ORDER: Final[tuple[Live, ...]] = ("now", "visit", "call", "start")


def latest(*marks: Live) -> Live:
    """The one of them that counts last."""
    return max(marks, key=_ORDER.index)


@cache
def marks(model: type[Block]) -> dict[str, Live]:
    """Attribute → mark, for the keys of a block."""
    live: dict[str, Live] = {}
    for name, info in model.model_fields.items():
        extra = info.json_schema_extra
        live[name] = extra.get("x-lkrun-live", "now") if isinstance(extra, dict) else "now"  # type: ignore[assignment]  # `key` writes it
    return live


def within(value: Any) -> Live:
    """When all that is written in a value counts."""
    return latest("now", *_marked(value))


def _marked(value: Any) -> Iterator[Live]:
    if isinstance(value, Block):
        for name in value.model_fields_set:
            yield marks(type(value))[name]
            yield from _marked(getattr(value, name))
    elif isinstance(value, dict | tuple):
        for inner in value.values() if isinstance(value, dict) else value:
            yield from _marked(inner)
