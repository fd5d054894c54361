"""Files whose values have other shapes than belong there, as beginners write them."""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterator
from random import Random
from typing import Any

import yaml

SHAPES: tuple[Callable[[Any], Any], ...] = (
    lambda v: [v],
    lambda v: [v, v],
    lambda v: [[v]],
    lambda v: {"say": v},
    lambda _: {"x": {"y": "z"}},
    lambda _: {"a": ["b", {"c": "d"}]},
    lambda v: {str(n): v for n in range(3)},
    lambda _: [{"set": {"a": "b"}}],
    lambda _: [{"say": "Hello."}, "end_call"],
    lambda _: [["a"], {"b": "c"}],
    lambda _: ["a", "b"],
    lambda _: [{}],
    lambda _: [],
    lambda _: {},
    lambda _: None,
    lambda _: "",
    lambda _: "5",
    lambda _: "yes",
    lambda _: "a: b",
    lambda _: "- a\n- b",
    lambda _: "one\ntwo\n",
    lambda _: "{{ x }}",
    lambda _: "long " * 60,
)
"""What stands in the place of a value."""


def reshaped(text: str, random: Random) -> str:
    """A file with one value of another shape, or one key in another block."""
    data = copy.deepcopy(yaml.load(text, Loader=yaml.BaseLoader))  # noqa: S506 - texts alone
    *above, last = random.choice(list(_places(data)))
    block = _at(data, above)
    if random.random() < 0.8 or not isinstance(block, dict):
        block[last] = random.choice(SHAPES)(block[last])
    else:
        beside = [v for k, v in block.items() if k != last and isinstance(v, dict)]
        others = [*beside, *([_at(data, above[:-1])] if above else [])]
        other = random.choice([o for o in others if isinstance(o, dict)] or [block])
        other[last] = block.pop(last)
    return str(yaml.safe_dump(data, sort_keys=False, allow_unicode=True))


def _places(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    below = value.items() if isinstance(value, dict) else ()
    for key, each in enumerate(value) if isinstance(value, list) else below:
        yield (*path, key)
        yield from _places(each, (*path, key))


def _at(value: Any, path: list[Any]) -> Any:
    for key in path:
        value = value[key]
    return value
