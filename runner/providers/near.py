"""Options that a plugin takes, and that are probably misspelt all the same.

Many plugins take any text where they also list the names that they know, and some take options that
they do not declare. Whoever misses one of those by a letter should hear of it; a new model, whose
number differs, is nobody's mistake.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from runner.diagnostics.nearest import nearest
from runner.late_pattern import late
from runner.providers.problems import Location, OptionProblem

_DIGITS = late(r"\d")


def near_misses(
    recorded: Mapping[str, Any], values: Any, subject: str, opaque: Sequence[Location] = ()
) -> list[OptionProblem]:
    """Warn of what is close to a name that a plugin lists, and not it.

    Args:
        recorded: what the plugin takes (`record.record`).
        values: what stands under `with`, without mistakes.
        subject: who takes them, for messages.
        opaque: leaves that are templates still.
    """
    options = {option["name"]: option for option in recorded["options"]}
    warnings = []
    for name, value in (values or {}).items():
        if name not in options:
            near = _near(name, options)
            if near is not None:
                message = f"{subject} lists no option '{name}'"
                warnings.append(_warning((name,), message, near, on_key=True))
        elif isinstance(value, str) and (name,) not in opaque:
            near = _near_name(value, options[name])
            if near is not None:
                message = f"'{value}' is not one of the names that {subject} knows as '{name}'"
                warnings.append(_warning((name,), message, near))
    return warnings


def _warning(at: Location, message: str, near: str, *, on_key: bool = False) -> OptionProblem:
    return OptionProblem("W401", at, message, f"did you mean '{near}'?", on_key=on_key)


def _listed(recorded: Any) -> list[str]:
    """The names that a type lists where it takes any text."""
    if not isinstance(recorded, list) or recorded[0] != "union" or "text" not in recorded:
        return []
    choices = [each[1:] for each in recorded[1:] if isinstance(each, list) and each[0] == "choice"]
    return [str(name) for names in choices for name in names]


def _near_name(value: str, option: Mapping[str, Any]) -> str | None:
    """The listed name that was meant; where its own default is written otherwise, case is free."""
    listed, default = _listed(option["type"]), option.get("default")
    if isinstance(default, str) and default not in listed:
        folded = {name.casefold() for name in listed}
        if value == default or (default.casefold() in folded and value.casefold() in folded):
            return None
    return _near(value, listed)


def _near(word: str, known: Any) -> str | None:
    if word in known:
        return None
    same = [name for name in known if _DIGITS.findall(name) == _DIGITS.findall(word)]
    return nearest(word, same)
