"""Providers that are chosen by the call: `tts: "{{ voice }}"`."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from runner.late_pattern import late
from runner.link.scope import Scope, Variable
from runner.template import has_template

BY_THE_CALL = ("llm", "stt", "tts", "realtime")
"""Keys that a value of the call may choose for."""

_VARIABLE = late(r"\{\{\s*([a-z][a-z0-9_]*)\s*\}\}")


def variable_in(text: str) -> str | None:
    """The variable that chooses; None where more stands there."""
    match = _VARIABLE.fullmatch(text.strip())
    return match[1] if match else None


def choices_of(variable: Variable) -> tuple[str, ...]:
    """The names that a variable can hold; none where it can hold anything."""
    if isinstance(variable.fixed, str):
        return (str(variable.fixed),)
    field = variable.field
    if field is None or field.type != "choice" or field.choices_from is not None:
        return ()
    return tuple(map(str, field.choices or ()))


def named(scope: Scope, names: Iterable[str]) -> Iterator[str]:
    """Names of providers, and in place of a variable all that it can hold.

    Where that cannot be told, any of them may be meant: nobody is told that they are unused.
    """
    for name in names:
        if not has_template(name):
            yield name
            continue
        variable = scope.variables.get(variable_in(name) or "")
        choices = choices_of(variable) if variable is not None else ()
        yield from choices or scope.table.entries["providers"]
