"""YAML texts as the values that a type asks for.

`yes` for a bool, `300ms` for a number, `8000` for a choice of numbers. Only texts that say such a
value are changed; whatever else is wrong is left to pydantic, which checks the result.
"""

from __future__ import annotations

import enum
import math
import types
import typing
from collections.abc import Callable, Iterable, Mapping
from dataclasses import MISSING, dataclass, field, fields, is_dataclass
from datetime import timedelta
from typing import Any

from pydantic import BaseModel
from typing_extensions import is_typeddict

from runner.diagnostics.nearest import did_you_mean
from runner.late_pattern import late
from runner.providers.problems import Location, OptionProblem, block_at
from runner.providers.signature import SignatureOptions

_YES_NO = dict.fromkeys(("yes", "true", "on"), True) | dict.fromkeys(("no", "false", "off"), False)
_SECONDS = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0, "d": 86400.0}
_NUMBER = late(r"[+-]?\d{1,15}(\.\d{1,15})?([eE][+-]?\d{1,3})?")
_DURATION = late(r"(\d{1,12}(?:\.\d{1,9})?)(ms|s|m|h|d)")
_IN_MILLISECONDS = ("_ms", "_millis", "_milliseconds")
_LISTS = (list, tuple, set, frozenset)
_LINE = 500
"""Characters of a help that lists names."""


@dataclass(slots=True)
class Conversion:
    """The conversion of one provider's options.

    Attributes:
        subject: who takes the options, for messages: `llm 'openai'`.
        problems: what is wrong and pydantic would not say, or not in these words.
    """

    subject: str
    problems: list[OptionProblem] = field(default_factory=list)

    def convert(self, annotation: Any, value: Any, at: Location) -> Any:
        """Turn `value` into what `annotation` asks for; `at` is where it stands."""
        annotation = _bare(annotation)
        members = _members(annotation)
        if len(members) > 1:
            return self._convert_union(members, value, at)
        if isinstance(value, str):
            return self._convert_text(members[0], value, at)
        if isinstance(value, dict):
            return self._convert_block(members[0], value, at)
        if isinstance(value, list):
            return self._convert_list(members[0], value, at)
        return value

    def _convert_text(self, annotation: Any, text: str, at: Location) -> Any:
        if annotation is bool and text.strip().lower() not in _YES_NO:
            self._refuse(at, f"'{text}' is not yes or no", "write yes or no")
        for wanted, read in _READERS:
            if wanted(annotation):
                return read(annotation, text, str(at[-1]) if at else "")
        return text

    def _convert_union(self, members: tuple[Any, ...], value: Any, at: Location) -> Any:
        if isinstance(value, str):
            name = str(at[-1]) if at else ""
            for wanted, read in _READERS:
                for member in filter(wanted, members):
                    converted = read(member, value, name)
                    if not isinstance(converted, str) or _is_choice(member, converted):
                        return converted
            return value
        blocks = [member for member in members if keys_of(member) is not None]
        if isinstance(value, dict) and blocks:
            open_ended = dict in {typing.get_origin(m) or m for m in members}
            best = max(blocks, key=lambda block: len(value.keys() & (keys_of(block) or {}).keys()))
            return self._convert_block(best, value, at, open_ended=open_ended)
        for member in members:
            if isinstance(value, list) and is_list(member):
                return self._convert_list(member, value, at)
            if isinstance(value, dict) and (typing.get_origin(member) or member) is dict:
                return self._convert_block(member, value, at)
        return value

    def _convert_block(
        self, annotation: Any, value: dict[str, Any], at: Location, *, open_ended: bool = False
    ) -> Any:
        keys = keys_of(annotation)
        if keys is None:
            arguments = typing.get_args(annotation)
            inner = arguments[1] if len(arguments) == 2 else Any  # noqa: PLR2004 - key and value of a mapping
            return {key: self.convert(inner, item, (*at, key)) for key, item in value.items()}
        converted = {}
        for key, item in value.items():
            if key in keys:
                converted[key] = self.convert(keys[key], item, (*at, key))
            elif open_ended or takes_more(annotation):
                converted[key] = item
            else:
                self._unknown(key, keys, at)
        return converted

    def _convert_list(self, annotation: Any, value: list[Any], at: Location) -> Any:
        arguments = [item for item in typing.get_args(annotation) if item is not Ellipsis] or [Any]
        return [
            self.convert(arguments[min(index, len(arguments) - 1)], item, (*at, index))
            for index, item in enumerate(value)
        ]

    def _unknown(self, key: str, keys: Mapping[str, Any], at: Location) -> None:
        whose = f"{block_at(at, self.subject)} has no {'key' if at else 'option'}"
        deeper = (
            None if at else next((n for n, inner in keys.items() if key in _below(inner)), None)
        )
        hint = f"write {deeper}: and below it {key}:" if deeper is not None else None
        hint = hint or did_you_mean(key, keys, noun="there are") or _listed(keys)
        self.problems.append(
            OptionProblem("E403", (*at, key), f"{whose} '{key}'", hint, on_key=True)
        )

    def _refuse(self, at: Location, message: str, hint: str) -> None:
        self.problems.append(OptionProblem("E403", at, message, hint))


def _below(annotation: Any) -> set[str]:
    """The keys of the blocks that an option may be."""
    return set[str]().union(*(keys_of(each) or {} for each in (annotation, *_members(annotation))))


def _listed(keys: Iterable[str]) -> str | None:
    """All keys that there are, where a line holds them."""
    line = f"there are: {', '.join(sorted(keys))}"
    return line if len(line) <= _LINE else None


def _bare(annotation: Any) -> Any:
    while typing.get_origin(annotation) is typing.Annotated:
        annotation = typing.get_args(annotation)[0]
    return getattr(annotation, "__supertype__", annotation)


def _members(annotation: Any) -> tuple[Any, ...]:
    if typing.get_origin(annotation) not in {typing.Union, types.UnionType}:
        return (annotation,)
    inner = [_bare(member) for member in typing.get_args(annotation)]
    nested = [leaf for member in inner for leaf in _members(member) if leaf is not type(None)]
    return tuple(nested) or (Any,)


def keys_of(annotation: Any) -> Mapping[str, Any] | None:
    """The keys of a block of fixed shape, with their types; None for any other type."""
    if not isinstance(annotation, type):
        return None
    if issubclass(annotation, SignatureOptions):
        return annotation.option_types
    if issubclass(annotation, BaseModel):
        return {
            item.alias or name: item.annotation for name, item in annotation.model_fields.items()
        }
    if is_typeddict(annotation) or is_dataclass(annotation):
        return _hints(annotation)
    return None


def _hints(annotation: type) -> dict[str, Any]:
    try:
        hints = typing.get_type_hints(annotation)
    except Exception:  # noqa: BLE001 - names that a plugin imports for type checkers only
        hints = dict.fromkeys(annotation.__annotations__, Any)
    if is_dataclass(annotation):
        return {item.name: hints.get(item.name, Any) for item in fields(annotation) if item.init}
    return hints


def required_of(annotation: Any) -> frozenset[str]:
    """The keys that a block must have."""
    if is_typeddict(annotation):
        return frozenset(annotation.__required_keys__)
    if is_dataclass(annotation):
        absent = (item for item in fields(annotation) if item.default is MISSING)
        return frozenset(item.name for item in absent if item.default_factory is MISSING)
    declared = getattr(annotation, "model_fields", {}).items()
    return frozenset(item.alias or name for name, item in declared if item.is_required())


def takes_more(annotation: Any) -> bool:
    """Whether a block takes keys besides those that it declares."""
    config = getattr(annotation, "model_config", {})
    return bool(config.get("extra") == "allow")


def is_list(annotation: Any) -> bool:
    """Whether a type is a list, or taken from one."""
    origin = typing.get_origin(annotation) or annotation
    return isinstance(origin, type) and (
        origin in _LISTS or (origin.__module__ == "collections.abc" and hasattr(origin, "__iter__"))
    )


def _is_choice(annotation: Any, value: Any) -> bool:
    if typing.get_origin(annotation) is typing.Literal:
        return value in typing.get_args(annotation)
    return isinstance(annotation, type) and issubclass(annotation, enum.Enum)


def _read_choice(annotation: Any, text: str, _name: str) -> Any:
    choices = list(typing.get_args(annotation))
    for choice in choices:
        if choice == text or (isinstance(choice, (int, float)) and str(choice) == text.strip()):
            return choice
    word = _YES_NO.get(text.strip().lower())
    return word if word is not None and any(choice is word for choice in choices) else text


def _read_enum(annotation: Any, text: str, _name: str) -> Any:
    for member in annotation:
        if text.strip().lower() in {str(member.value).lower(), member.name.lower()}:
            return member.value
    return text


def _read_yes_no(_annotation: Any, text: str, _name: str) -> Any:
    return _YES_NO.get(text.strip().lower(), text)


def _read_number(annotation: Any, text: str, name: str) -> Any:
    word = text.strip()
    duration = _DURATION.fullmatch(word)
    if duration:
        number = float(duration[1]) * _SECONDS[duration[2]]
        number = round(number * 1000 if name.endswith(_IN_MILLISECONDS) else number, 9)
        return int(number) if annotation is int and number.is_integer() else number
    if not _NUMBER.fullmatch(word) or not math.isfinite(float(word)):
        return text
    if annotation is int:
        return int(word) if word.lstrip("+-").isdigit() else float(word)
    return float(word)


def _read_span(_annotation: Any, text: str, _name: str) -> Any:
    match = _DURATION.fullmatch(text.strip())
    return timedelta(seconds=float(match[1]) * _SECONDS[match[2]]) if match else text


_Reader = Callable[[Any, str, str], Any]

_READERS: tuple[tuple[Callable[[Any], bool], _Reader], ...] = (
    (lambda kind: typing.get_origin(kind) is typing.Literal, _read_choice),
    (lambda kind: isinstance(kind, type) and issubclass(kind, enum.Enum), _read_enum),
    (lambda kind: kind is bool, _read_yes_no),
    (lambda kind: kind is int, _read_number),
    (lambda kind: kind is float, _read_number),
    (lambda kind: kind is timedelta, _read_span),
)
"""Types that a text can stand for, the most exact first: the order in which a union is tried."""
