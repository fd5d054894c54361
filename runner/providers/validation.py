"""Options checked against their model, with what pydantic finds said in plain words."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from pydantic import BaseModel, ValidationError

from runner.diagnostics.nearest import did_you_mean
from runner.providers.conversion import Conversion
from runner.providers.problems import Location, OptionProblem, block_at

_SHOWN = 60


def validate(
    model: type[BaseModel], values: Any, subject: str, opaque: Sequence[Location] = ()
) -> tuple[BaseModel | None, list[OptionProblem]]:
    """Check options; the model is None when something is wrong.

    Args:
        model: what the plugin takes.
        values: plain data as YAML gives it.
        subject: who takes them, for messages: `llm 'openai'`.
        opaque: leaves that are templates still; a problem there is none.
    """
    conversion = Conversion(subject)
    converted = conversion.convert(model, {} if values is None else values, ())
    problems, options = list(conversion.problems), None
    try:
        options = model.model_validate(converted, by_alias=True, by_name=False)
    except ValidationError as error:
        said = {problem.location for problem in problems}
        for entry in error.errors(include_url=False):
            problem = _problem(entry, converted, subject)
            if problem.location not in said and not _follows(problem, conversion.problems):
                said.add(problem.location)
                problems.append(problem)
    problems = [problem for problem in problems if not _depends(problem, opaque)]
    return (None if problems else options), problems


def _follows(problem: OptionProblem, unknown: Sequence[OptionProblem]) -> bool:
    """Whether it only says that a block lacks what its misspelt key should have been."""
    return any(other.on_key and other.location[:-1] == problem.location for other in unknown)


def _depends(problem: OptionProblem, opaque: Sequence[Location]) -> bool:
    """Whether an unknown value may be the cause: at it, below it, or a rule over its block."""
    own = problem.location
    return any(own[: len(leaf)] == leaf for leaf in opaque) or (
        problem.code == "E403"
        and not problem.on_key
        and any(leaf[: len(own)] == own for leaf in opaque)
    )


def _problem(entry: Any, values: Any, subject: str) -> OptionProblem:
    kind, context = entry["type"], entry.get("ctx") or {}
    location, leftover = place(entry["loc"], values)
    name = str(entry["loc"][-1]) if entry["loc"] else ""
    if kind == "missing":
        whose = block_at(location, subject)
        line = f"add a line: {name}: …" if location else f"write below 'with':  {name}: …"
        return OptionProblem("E103", location, f"{whose} needs '{name}'", line)
    if kind == "extra_forbidden":
        message = f"{subject} has no option '{name}'"
        return OptionProblem("E403", (*location, *leftover), message, on_key=True)
    if kind in {"value_error", "assertion_error"}:
        error = context.get("error", "")
        notes = getattr(error, "__notes__", [])
        return OptionProblem("E403", location, _one_line(str(error)), " ".join(notes) or None)
    says = _WORDS.get(kind)
    if says is None:
        return OptionProblem("E403", location, _sentence(entry["msg"]), context.get("help"))
    message, hint = says(_shown(entry["input"]), context)
    return OptionProblem("E403", location, message, hint)


def place(path: Sequence[str | int], values: Any) -> tuple[Location, Location]:
    """Split pydantic's location: what stands in the data, and the rest (members of unions)."""
    location: list[str | int] = []
    leftover: list[str | int] = []
    for part in path:
        inside = isinstance(values, dict) and part in values
        listed = isinstance(values, list) and isinstance(part, int) and part < len(values)
        if inside or listed:
            values = values[part]
            location.append(part)
        else:
            leftover.append(part)
    return tuple(location), tuple(leftover[-1:])


def _shown(value: Any) -> str:
    if isinstance(value, dict):
        return "a block of keys"
    if isinstance(value, list):
        return "a list"
    if value is None:
        return "nothing"
    text = str(value)
    return f"'{text if len(text) <= _SHOWN else text[: _SHOWN - 1] + '…'}'"


def _sentence(text: str) -> str:
    words = _one_line(text).rstrip(".")
    return words[:1].lower() + words[1:]


def _one_line(text: str) -> str:
    return " ".join(text.split())


_Says = Callable[[str, dict[str, Any]], tuple[str, str | None]]


def _not(noun: str, hint: str | None = None) -> _Says:
    return lambda shown, _context: (f"{shown} is not {noun}", hint)


def _bound(words: str, key: str) -> _Says:
    return lambda shown, context: (f"{shown} must be {words} {context[key]}", None)


def _choice(shown: str, context: dict[str, Any]) -> tuple[str, str | None]:
    listed = str(context.get("expected", "")).replace(" or ", ", ").split(", ")
    names = [choice.strip("'") for choice in listed]
    hint = did_you_mean(shown.strip("'"), names, noun="write one of")
    return f"{shown} is not one of the choices here", hint


_A_LIST = _not("a list", "write one line for each entry, each beginning with '- '")
_A_BLOCK = _not("a block of keys", "write its keys below, one on a line")
_WHOLE = _not("a whole number", "write digits, such as 5")
_NUMBER = _not("a number", "write digits, such as 0.5")

_WORDS: dict[str, _Says] = {
    "bool_parsing": _not("yes or no", "write yes or no"),
    "bool_type": _not("yes or no", "write yes or no"),
    "dataclass_type": _A_BLOCK,
    "dict_type": _A_BLOCK,
    "enum": _choice,
    "finite_number": _NUMBER,
    "float_parsing": _NUMBER,
    "float_type": _NUMBER,
    "greater_than": _bound("more than", "gt"),
    "greater_than_equal": _bound("at least", "ge"),
    "int_from_float": _WHOLE,
    "int_parsing": _WHOLE,
    "int_type": _WHOLE,
    "less_than": _bound("less than", "lt"),
    "less_than_equal": _bound("at most", "le"),
    "list_type": _A_LIST,
    "literal_error": _choice,
    "model_attributes_type": _A_BLOCK,
    "model_type": _A_BLOCK,
    "set_type": _A_LIST,
    "string_pattern_mismatch": lambda shown, context: (
        f"{shown} does not have the form {context['pattern']}",
        None,
    ),
    "string_too_long": _bound("no longer than", "max_length"),
    "string_too_short": lambda shown, context: (
        ("there is no text here" if context["min_length"] == 1 else f"{shown} is too short"),
        None,
    ),
    "string_type": _not("text"),
    "time_delta_parsing": _not("a duration", "write it as 300ms, 1.5s or 2m"),
    "time_delta_type": _not("a duration", "write it as 300ms, 1.5s or 2m"),
    "too_long": lambda _shown, context: (f"more than {context['max_length']} entries", None),
    "too_short": lambda _shown, context: (
        f"needs at least {context['min_length']} of them",
        None,
    ),
    "tuple_type": _A_LIST,
}
"""Type of a pydantic error → how it is said."""
