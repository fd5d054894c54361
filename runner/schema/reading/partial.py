"""What of a broken definition can be read: so that a mistake in one key hides none in another."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from copy import deepcopy
from typing import Any

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from runner.schema.types.blocks import Block
from runner.syntax import Data, Location

_ROUNDS = 5

_ANYTHING = "x"
"""Stands for a key that is lacking while the others are read."""


def partial(
    data: Data, errors: Sequence[ErrorDetails], validate: Callable[[Data], Any]
) -> tuple[Any, list[Data]]:
    """Leave out what is wrong, and read the rest.

    Args:
        data: what is written.
        errors: what is wrong with it.
        validate: reads it; raises pydantic's ValidationError.

    Returns:
        The model, or None where too much is wrong, and what was left out. A list is left out as a
        whole, so that what stays is found where it stands. A key that is lacking hides no other:
        its value is anything, and the model does not tell that it was written.
    """
    rest, lost, filled = deepcopy(data), list[Data](), set[Location]()
    for _ in range(_ROUNDS):
        for lacked, value, place in [(*_lacked(rest, e), _place(rest, e["loc"])) for e in errors]:
            if lacked and lacked not in filled:
                _at(rest, lacked[:-1])[lacked[-1]] = value
                filled.add(lacked)
            elif place:
                lost += _without(rest, place)
            else:
                return None, [data]
        try:
            model = validate(rest)
        except ValidationError as error:
            errors = error.errors(include_url=False)
        else:
            for location in filled:
                _unwrite(model, location)
            return model, lost
    return None, [data]


def _lacked(data: Data, error: ErrorDetails) -> tuple[Location, str]:
    """Where a key would stand that is lacking, and a value for it."""
    lacks = error.get("ctx", {}).get("lacks")
    key, value = lacks or (error["loc"][-1] if error["type"] == "missing" else "", _ANYTHING)
    place = _place(data, error["loc"])
    block = _at(data, place)
    lacking = key and isinstance(block, dict) and key not in block
    return ((*place, key), value) if lacking else ((), "")


def _at(data: Data, location: Location) -> Any:
    for part in location:
        data = data[str(part)]  # type: ignore[index,call-overload]  # `_place` follows blocks alone
    return data


def _unwrite(model: Any, location: Location) -> None:
    """Let a key that only filled a gap not have been written: nothing is told of it."""
    for part in location[:-1]:
        if isinstance(model, Block):
            model = getattr(model, model.keys().get(str(part), ""), None)
        else:
            model = model.get(str(part)) if isinstance(model, dict) else None
    if isinstance(model, Block):
        model.model_fields_set.discard(model.keys().get(str(location[-1]), ""))


def _place(data: Data, path: Sequence[int | str]) -> Location:
    """How far the data goes along pydantic's path, which names kinds and missing keys too."""
    location: list[int | str] = []
    for part in path:
        if isinstance(data, dict) and part in data:
            data = data[str(part)]
            location.append(part)
        elif isinstance(data, list):
            break
    return tuple(location)


def _without(data: Data, location: Location) -> list[Data]:
    for part in location[:-1]:
        if not isinstance(data, dict) or part not in data:
            return []
        data = data[str(part)]
    key = str(location[-1])
    return [{key: data.pop(key)}] if isinstance(data, dict) and key in data else []
