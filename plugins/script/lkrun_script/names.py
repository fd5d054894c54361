"""Names in rules that nothing has: slots in braces, slots of conditions."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from pydantic_core import InitErrorDetails, PydanticCustomError

from lkrun_script.words import SLOT, near

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Sequence

    from lkrun_script.rules import Rule

Location = tuple[str | int, ...]

SAID, AGENT_SAID = "said", "agent_said"
_OF_SLOTS = ("when_caller_names", "if_caller_names", "if_known", "if_not_known")


@dataclass(frozen=True, slots=True)
class _Known:
    """What may be named.

    Attributes:
        slots: those of `slots`.
        groups: named groups of patterns.
        tools: tools that a rule calls or answers.
    """

    slots: frozenset[str]
    groups: frozenset[str]
    tools: frozenset[str]


def unknown_names(
    rules: Sequence[Rule], slots: Collection[str], otherwise: Iterable[str]
) -> Iterator[InitErrorDetails]:
    """Tell each name that nothing has, at its place."""
    groups = (each.names for rule in rules for each in rule.patterns)
    tools = {name for rule in rules for _, name in rule.tool_names()}
    known = _Known(frozenset(slots), frozenset().union(*groups), frozenset(tools))
    for index, rule in enumerate(rules):
        for location, error in _of_rule(rule, known):
            yield InitErrorDetails(type=error, loc=("rules", index, *location), input=None)
    for location, name in _in_words("otherwise", otherwise):
        for error in _in_braces(name, known):
            yield InitErrorDetails(type=error, loc=location, input=name)


def _of_rule(rule: Rule, known: _Known) -> Iterator[tuple[Location, PydanticCustomError]]:
    for key in _OF_SLOTS:
        names = getattr(rule, key) or ()
        for index, name in enumerate(names):
            for error in _slot(name, known.slots | known.groups):
                yield (key, index), error
    for error in _slot(rule.for_each, known.slots) if rule.for_each is not None else ():
        yield ("for_each",), error
    if not rule.after_tool:
        for location, name in _braces(rule):
            for error in _in_braces(name, known):
                yield location, error


def _slot(name: str, known: frozenset[str]) -> Iterator[PydanticCustomError]:
    if name not in known:
        hint = f"did you mean '{close}'?" if (close := near(name, known)) else _DECLARE
        yield _unknown(f"there is no slot '{name}'", hint)


def _in_braces(name: str, known: _Known) -> Iterator[PydanticCustomError]:
    first, _, rest = name.partition(".")
    values = known.slots | known.groups
    names = known.tools if rest else values | {SAID, AGENT_SAID}
    if first not in names:
        what = "tool" if rest else "slot or named group" if known.slots else "named group"
        close = near(first, names)
        hint = f"did you mean '{close}'?" if close else _HOW[bool(rest)]
        yield _unknown(f"no rule has a {what} '{first}'", hint)


def _unknown(message: str, hint: str) -> PydanticCustomError:
    return PydanticCustomError("unknown_slot", "{text}", {"text": message, "help": hint})


def _braces(rule: Rule) -> Iterator[tuple[Location, str]]:
    yield from _in_words("say", rule.say or ())
    for call in rule.call:
        for path, name in _in_value(call.arguments):
            yield ("call", call.tool, *path), name


def _in_words(key: str, words: Iterable[str]) -> Iterator[tuple[Location, str]]:
    for index, text in enumerate(words):
        for match in SLOT.finditer(text):
            yield (key, index), match[1]


def _in_value(value: Any) -> Iterator[tuple[Location, str]]:
    if isinstance(value, str):
        for match in SLOT.finditer(value):
            yield (), match[1]
    pairs: Iterable[tuple[str | int, Any]] = ()
    if isinstance(value, dict):
        pairs = value.items()
    elif isinstance(value, list):
        pairs = enumerate(value)
    for key, item in pairs:
        for path, name in _in_value(item):
            yield (key, *path), name


_DECLARE = "write it below slots:, beside rules:, with the values that a caller may name"
_HOW = {
    False: "in braces stands a slot, a group (?P<name>…) of a when_caller_matches, or said",
    True: "in braces stands a tool of these rules and a field of its answer",
}
