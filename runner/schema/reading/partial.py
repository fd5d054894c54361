"""What of a broken definition can be read: so that a mistake in one key hides none in another."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from copy import deepcopy
from typing import Any

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from runner.syntax import Data, Location

_ROUNDS = 5


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
        whole, so that what stays is found where it stands.
    """
    rest, lost = deepcopy(data), list[Data]()
    for _ in range(_ROUNDS):
        for location in {_place(rest, error["loc"]) for error in errors}:
            if not location:
                return None, [data]
            lost += _without(rest, location)
        try:
            return validate(rest), lost
        except ValidationError as error:
            errors = error.errors(include_url=False)
    return None, [data]


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
