"""What a LiveKit plugin takes, as plain data that is kept: no package is imported to read it.

The child process of `probe` records a class once for each version of its package; from then on its
options are checked here, as the call itself will.
"""

from __future__ import annotations

import enum
import inspect
import json
import types
import typing
from collections.abc import Iterable, Mapping
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Literal, cast

from pydantic import BaseModel, Field, create_model

from runner.late_pattern import late
from runner.providers.conversion import is_list, keys_of, required_of, takes_more
from runner.providers.samples import sample
from runner.providers.signature import SignatureOptions, base_of

if TYPE_CHECKING:
    from pydantic.fields import FieldInfo

_PLAIN: dict[Any, str] = {
    bool: "yes_no",
    bytes: "text",
    float: "number",
    int: "whole",
    str: "text",
    timedelta: "duration",
}
_TYPES: dict[str, Any] = {
    "any": Any,
    "duration": timedelta,
    "none": type(None),
    "number": float,
    "text": str,
    "whole": int,
    "yes_no": bool,
}
_DEEPEST = 6
"""Blocks within each other whose keys are recorded; what stands deeper may be anything."""

_LARGEST = 200
"""Characters of a default that is shown."""


def record(options: type[BaseModel], maker: Any) -> dict[str, Any]:
    """Record the options of a class or function.

    Args:
        options: the model that was made of its signature.
        maker: the class or function itself, for what its docstring says.

    Returns:
        `options`, a list of `name`, `type`, `required`, `default` and `description`, with the
        `bounds` of a number where it has some; `open`: whether it takes others as well; and
        `sample`, values that it takes.
    """
    about = _described(maker)
    annotations = keys_of(options) or {}
    listed = []
    for name, field in options.model_fields.items():
        key = field.alias or name
        default = None if field.is_required() else _shown(field.default)
        listed.append(
            {
                "name": key,
                "type": _type(annotations.get(key, Any), _DEEPEST),
                "required": field.is_required(),
                "default": default,
                "description": field.description or about.get(key, ""),
                **_bounds(field),
            }
        )
    return {
        "options": listed, "open": takes_more(options), "sample": sample(options, listed),
    }  # fmt: skip


def _bounds(field: FieldInfo) -> dict[str, Any]:
    """Between what a number must lie, in words, and the least that it may be."""
    limits: dict[str, Any] = {}
    for mark in field.metadata:
        for name in ("ge", "gt", "le", "lt"):
            if isinstance(limit := getattr(mark, name, None), int | float):
                limits[name] = limit
    if not limits:
        return {}
    if limits.keys() == {"ge", "le"}:
        words = f"{limits['ge']} to {limits['le']}"
    else:
        words = ", ".join(f"{_LIMITS[name]} {limit}" for name, limit in limits.items())
    least = limits.get("ge", limits["gt"] + 1 if "gt" in limits else None)
    return {"bounds": words, "least": least}


_LIMITS = {"ge": "at least", "gt": "more than", "le": "at most", "lt": "less than"}


def _shown(default: Any) -> Any:
    try:
        text = json.dumps(default)
    except (TypeError, ValueError):
        return None
    return default if len(text) <= _LARGEST else None


def _type(annotation: Any, depth: int) -> Any:
    """A type as plain data: a word, or a list of a word and what belongs to it."""
    while typing.get_origin(annotation) is typing.Annotated:
        annotation = typing.get_args(annotation)[0]
    annotation = getattr(annotation, "__supertype__", annotation)
    if annotation in (None, type(None)):
        return "none"
    if typing.get_origin(annotation) in {typing.Union, types.UnionType}:
        return ["union", *(_type(member, depth) for member in typing.get_args(annotation))]
    if typing.get_origin(annotation) is Literal:
        return ["choice", *_values(typing.get_args(annotation))]
    if isinstance(annotation, type) and annotation in _PLAIN:
        return _PLAIN[annotation]
    if isinstance(annotation, type) and issubclass(annotation, enum.Enum):
        return ["choice", *_values(member.value for member in annotation)]
    return _composed(annotation, depth)


def _composed(annotation: Any, depth: int) -> Any:
    blocks = keys_of(annotation)
    if blocks is not None:
        if not depth:
            return "any"
        needed = required_of(annotation)
        about = _about(annotation)
        inner = {
            n: [_type(kind, depth - 1), n in needed, about.get(n, "")] for n, kind in blocks.items()
        }
        return ["block", inner, takes_more(annotation)]
    arguments = [item for item in typing.get_args(annotation) if item is not Ellipsis]
    if is_list(annotation):
        return ["list", _type(arguments[0], depth) if len(set(arguments)) == 1 else "any"]
    origin = typing.get_origin(annotation) or annotation
    if isinstance(origin, type) and issubclass(origin, Mapping):
        return ["mapping", _type(arguments[1], depth) if len(arguments) > 1 else "any"]
    if isinstance(annotation, type) and issubclass(annotation, str):
        return "text"
    return "any"


def _about(annotation: Any) -> dict[str, str]:
    """What the keys of a block are for."""
    declared = getattr(annotation, "model_fields", {}).items()
    return {info.alias or name: info.description or "" for name, info in declared}


def _values(choices: Iterable[Any]) -> list[Any]:
    return [each for each in choices if isinstance(each, (str, int, float, bool))]


_ENTRY = late(r"^\s*(\w+)\s*(?:\([^)]*\))?\s*:\s*(.*)$")


def _described(maker: Any) -> dict[str, str]:
    """Option → its line in the `Args:` of the docstring (Google's style, as LiveKit has it)."""
    initial = getattr(maker, "__init__", None) if isinstance(maker, type) else maker
    texts = (inspect.getdoc(each) or "" for each in (maker, initial) if each is not None)
    return {name: line for text in texts for name, line in _arguments(text)}


def _arguments(text: str) -> Iterable[tuple[str, str]]:
    _, begun, rest = text.partition("Args:")
    arguments: dict[str, str] = {}
    indent, name = None, ""
    for line in rest.splitlines()[1:] if begun else ():
        if not line.strip():
            continue
        depth = len(line) - len(line.lstrip())
        indent = depth if indent is None else indent
        entry = _ENTRY.match(line) if depth == indent else None
        if entry is not None:
            name, arguments[entry[1]] = entry[1], entry[2].strip()
        elif depth > indent and name:
            arguments[name] = f"{arguments[name]} {line.strip()}".strip()
        else:
            break
    return arguments.items()


def model_of(recorded: Mapping[str, Any]) -> type[SignatureOptions]:
    """The model of what was recorded."""
    declared: dict[str, Any] = {}
    known: dict[str, Any] = {}
    for number, option in enumerate(recorded["options"]):
        name = option["name"]
        known[name] = annotation_of(option["type"])
        field: Any = (
            Field(alias=name)
            if option["required"]
            else Field(default_factory=lambda: None, alias=name)
        )
        declared[f"option_{number}"] = (known[name], field)
    base = base_of(open_ended=bool(recorded["open"]))
    model = cast("type[SignatureOptions]", create_model("Options", __base__=base, **declared))
    model.option_types = known
    return model


def annotation_of(recorded: Any) -> Any:
    """The type that was recorded."""
    if isinstance(recorded, str):
        return _TYPES[recorded]
    word, *inner = recorded
    return _COMPOSED[word](inner)


def _block(inner: list[Any]) -> Any:
    keys, more = inner
    options = [
        {"name": name, "type": kind, "required": needed}
        for name, (kind, needed, *_) in keys.items()
    ]
    return model_of({"options": options, "open": more})


_COMPOSED: dict[str, Any] = {
    "block": _block,
    "choice": lambda values: Literal[tuple(values)] if values else Any,
    "list": lambda inner: list[annotation_of(inner[0])],  # type: ignore[misc]  # a type made at run time
    "mapping": lambda inner: dict[str, annotation_of(inner[0])],  # type: ignore[misc]  # as above
    "union": lambda inner: typing.Union[tuple(annotation_of(each) for each in inner)],  # noqa: UP007 - the members are values here
}


def words_of(recorded: Any, *, keys: bool = True) -> str:
    """A type in words for people.

    Args:
        recorded: the type.
        keys: whether the keys of a block are named.
    """
    if isinstance(recorded, str):
        return _WORDS[recorded]
    word, *inner = recorded
    match word:
        case "choice":
            return "one of " + ", ".join(map(str, inner))
        case "list":
            return f"a list, each entry {words_of(inner[0], keys=keys)}"
        case "block":
            names = ", ".join(f"{name}:" for name in inner[0])
            return f"a block of keys: {names}" if keys else "a block of keys"
        case "union":
            kinds = [words_of(each, keys=keys) for each in inner if each != "none"]
            return ", or ".join(dict.fromkeys(kinds)) or "nothing"
        case _:
            return f"a block: names of your own, each with {words_of(inner[0], keys=keys)}"


_WORDS = {
    "any": "any value",
    "duration": "a duration",
    "none": "nothing",
    "number": "a number",
    "text": "text",
    "whole": "a whole number",
    "yes_no": "yes or no",
}
