"""What may stand under `with` of a provider, as an example that its check accepts."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from runner.providers.validation import validate

if TYPE_CHECKING:
    from pydantic import BaseModel

_PLAIN = re.compile(r"[A-Za-z0-9][\w ,.!?'-]*")
_SPECIAL = frozenset({"null", "~"})
_TEXTS = {
    "any": "text",
    "duration": "1s",
    "none": "text",
    "number": "1",
    "text": "text",
    "whole": "1",
    "yes_no": "yes",
}


def sample(options: type[BaseModel], listed: list[dict[str, Any]]) -> dict[str, Any]:
    """Values that a plugin takes: its author's example, or what must be there.

    An author gives them as pydantic has it: `json_schema_extra={"examples": [{…}]}` in the config
    of the model, or `examples=[…]` of a field.

    Args:
        options: the model.
        listed: its options (`record.record`).
    """
    fields = {info.alias or name: info for name, info in options.model_fields.items()}
    needed: dict[str, Any] = {}
    for option in listed:
        own = fields[option["name"]].examples
        if option["required"] or own:
            value = own[0] if own else value_of(option["type"], option.get("least"))
            needed[option["name"]] = _as_texts(value)
    candidates = [*_of_author(options), needed]
    return next((each for each in candidates if not validate(options, each, "")[1]), needed)


def _of_author(options: type[BaseModel]) -> Iterator[dict[str, Any]]:
    extra = options.model_config.get("json_schema_extra")
    examples = extra.get("examples") if isinstance(extra, dict) else None
    for example in examples if isinstance(examples, list) else ():
        if isinstance(example, dict):
            yield _as_texts(example)


def _as_texts(value: Any) -> Any:
    """A value as YAML gives it."""
    if isinstance(value, Mapping):
        return {str(key): _as_texts(inner) for key, inner in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [_as_texts(inner) for inner in value]
    if isinstance(value, bool):
        return "yes" if value else "no"
    return str(value)


def value_of(recorded: Any, least: float | None = None) -> Any:
    """A value that a recorded type takes."""
    if isinstance(recorded, str):
        number = recorded in {"number", "whole"} and least is not None
        return f"{least:g}" if number else _TEXTS[recorded]
    word, *inner = recorded
    match word:
        case "choice":
            return _as_texts(inner[0]) if inner else "text"
        case "list":
            return [value_of(inner[0])]
        case "block":
            needed = [(name, kind) for name, (kind, must, *_) in inner[0].items() if must]
            some = needed or [(name, kind) for name, (kind, *_) in inner[0].items()][:1]
            return {name: value_of(kind) for name, kind in some}
        case "union":
            return value_of(next((each for each in inner if each != "none"), "text"), least)
        case _:
            return {"name": value_of(inner[0])}


def lines(values: Mapping[str, Any], indent: int) -> Iterator[str]:
    """Values as lines of YAML."""
    space = " " * indent
    for name, value in values.items():
        if isinstance(value, Mapping) and value:
            yield f"{space}{name}:"
            yield from lines(value, indent + 2)
        elif isinstance(value, list) and value:
            yield f"{space}{name}:"
            yield from (line for entry in value for line in _entry(entry, indent + 2))
        else:
            yield f"{space}{name}: {_scalar(value)}"


def _entry(value: Any, indent: int) -> Iterator[str]:
    """An entry of a list, behind its dash."""
    space = " " * indent
    if isinstance(value, Mapping) and value:
        first, *rest = lines(value, indent + 2)
        yield f"{space}- {first.lstrip()}"
        yield from rest
    elif isinstance(value, list) and value:
        yield f"{space}-"
        yield from (line for entry in value for line in _entry(entry, indent + 2))
    else:
        yield f"{space}- {_scalar(value)}"


def _scalar(value: Any) -> str:
    if isinstance(value, str):
        plain = _PLAIN.fullmatch(value) and value not in _SPECIAL and not value.endswith(" ")
        return value if plain else json.dumps(value, ensure_ascii=False)
    return "[]" if isinstance(value, list) else "{}"
