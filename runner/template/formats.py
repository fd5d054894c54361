"""Patterns of `format` and of `%`: what cannot be filled in is told when a folder is read."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from jinja2 import nodes

from runner.late_pattern import late
from runner.template.chains import source
from runner.template.operators import FORMAT
from runner.template.ways import written

Mistake = tuple[str, str]
"""A message, and its help."""

_BRACES: Final = late(r"\{\w*(?::[ ,<>^]*\d*((?:\.\d{1,3})?[sdfegxX])?)?\}")
"""A place of Python's `'{}'.format(…)`."""


def wrong_format(
    pattern: nodes.Node | None, given: Sequence[nodes.Node] | None, *, braces: bool
) -> Mistake | None:
    """Say why values cannot be written by a pattern, as far as it can be told without them.

    Args:
        pattern: what stands before `format`, or before `%`.
        given: the values; None where only the call knows how many there are.
        braces: whether it stands in a text, and not in a condition.
    """
    if not isinstance(pattern, nodes.Const) or not isinstance(pattern.value, str):
        return _swapped(pattern, given or (), braces=braces)
    parts = FORMAT.findall(pattern.value)
    if "".join(parts) != pattern.value:
        message = f"'{pattern.value}' is not a pattern of 'format'"
        return message, "write %.2f for a number with two digits, %s for a text, %% for a '%'"
    places = sum(part.startswith("%") and part != "%%" for part in parts)
    if given is None or places == len(given):
        return None
    counts = f"{_of(places, 'place')} for {_of(len(given), 'value')}"
    help_ = "write one value for each %s or %.2f, and %% for the sign itself"
    return f"the pattern '{pattern.value}' has {counts}", help_


def _swapped(
    pattern: nodes.Node | None, given: Sequence[nodes.Node], *, braces: bool
) -> Mistake | None:
    """The value before `format`, and the pattern in its brackets."""
    if pattern is None or len(given) != 1 or not isinstance(given[0], nodes.Const):
        return None
    if not isinstance(given[0].value, str) or "%" not in given[0].value:
        return None
    better = written(f"{given[0].value!r} | format({{v}})", source(pattern), braces=braces)
    return "the pattern stands before 'format', and the value in its brackets", f"write {better}"


def with_percent(pattern: nodes.Node, given: Sequence[nodes.Node]) -> str | None:
    """Write `'{:.2f} euros'.format(price)` as it is written here."""
    if not isinstance(pattern, nodes.Const) or not isinstance(pattern.value, str):
        return None
    text, places = _BRACES.subn(lambda m: f"%{m[1] or 's'}", pattern.value.replace("%", "%%"))
    if not places or places != len(given) or "{" in text:
        return None
    values = ", ".join(map(source, given))
    return values if text == "%s" else f"{text!r} | format({values})"


def _of(count: int, noun: str) -> str:
    return f"{count} {noun}" if count == 1 else f"{count} {noun}s"
