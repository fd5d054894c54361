"""A tool's parameters: what the model is told of them, and what it gave."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from runner.diagnostics.nearest import nearest
from runner.schema.fields import Field
from runner.schema.types.field_types import READERS
from runner.session.errors import ArgumentsError, MisfitError
from runner.session.values.bounds import Bounds, bound_names
from runner.session.values.conversion import Choices, convert, missing, offered
from runner.session.values.templates import TemplateRenderer
from runner.template import analyse

Fields = Mapping[str, Field]


def uses(fields: Fields) -> set[str]:
    """The variables and other names that the model's view of these fields depends on."""
    names: set[str] = set()
    for field in fields.values():
        if field.choices_from is not None:
            names.add(str(field.choices_from))
        names |= {use.path[0] for use in analyse(field.description or "").uses}
        names |= bound_names(field)
        inner = field.of if isinstance(field.of, dict) else field.fields
        names |= uses(inner or {})
    return names


@dataclass(frozen=True, slots=True)
class Schema:
    """Writes fields as JSON Schema (https://json-schema.org/draft/2020-12)."""

    renderer: TemplateRenderer
    choices: Choices

    def object(self, fields: Fields) -> dict[str, Any]:
        """The schema of an object with these fields."""
        return {
            "type": "object",
            "properties": {name: self.field(field) for name, field in fields.items()},
            "required": [n for n, f in fields.items() if not f.optional and f.default is None],
            "additionalProperties": False,
        }

    def field(self, field: Field) -> dict[str, Any]:
        """The schema of one field."""
        field = Bounds(self.renderer, lenient=True).of(field)
        shape = {**_SHAPES.get(field.type, {"type": "string"})}
        _BOUNDS.get(field.type, _no_bounds)(field, shape)
        if field.type == "choice" and (known := offered(field, self.choices)):
            shape["enum"] = known
        elif field.type == "list":
            shape["items"] = self._entries(field)
        elif field.type == "object":
            shape = self.object(field.fields or {})
        if field.pattern is not None:
            shape["pattern"] = f"^(?:{field.pattern})$"
        description = self.renderer.text(field.description).strip() if field.description else ""
        hint = READERS[field.type][1] if field.type in _HINTED else ""
        if description or hint:
            shape["description"] = (
                f"{description} ({hint})" if description and hint else description or hint
            )
        return shape

    def _entries(self, field: Field) -> dict[str, Any]:
        if isinstance(field.of, dict):
            return self.object(field.of)
        return self.field(Field.model_construct(type=field.of or "text"))


_SHAPES: dict[str, dict[str, Any]] = {
    "number": {"type": "number"},
    "integer": {"type": "integer"},
    "yes_no": {"type": "boolean"},
    "date": {"type": "string", "format": "date"},
    "time": {"type": "string", "format": "time"},
    "datetime": {"type": "string", "format": "date-time"},
    "email": {"type": "string", "format": "email"},
    "url": {"type": "string", "format": "uri"},
    "list": {"type": "array"},
    "date_of_birth": {"type": "string", "format": "date"},
}
_HINTED = frozenset({"date", "time", "datetime", "phone", "date_of_birth", "digits", "card"})


def _no_bounds(field: Field, shape: dict[str, Any]) -> None:
    """Leave bounds out where JSON Schema has no word for them; the check has them all the same."""


def _bounded(low: str, high: str) -> Any:
    def write(field: Field, shape: dict[str, Any]) -> None:
        for key, names in ((low, ("min", "length")), (high, ("max", "length"))):
            for name in names:
                if getattr(field, name) is not None:
                    shape[key] = field.bound(name)

    return write


_BOUNDS: dict[str, Any] = {
    "integer": _bounded("minimum", "maximum"),
    "number": _bounded("minimum", "maximum"),
    "text": _bounded("minLength", "maxLength"),
}


def read(
    fields: Fields, given: Mapping[str, Any], renderer: TemplateRenderer, choices: Choices
) -> dict[str, Any]:
    """Check and convert all arguments of a call, before anything runs.

    Returns:
        Name → typed value; an optional one that was left out is not in it.

    Raises:
        ArgumentsError: with every mistake in one message, for whoever called.
    """
    problems = [_unknown(name, fields) for name in given if name not in fields]
    values: dict[str, Any] = {}
    bounds = Bounds(renderer)
    for name, field in fields.items():
        value = given.get(name)
        if missing(value) and field.default is not None:
            value = renderer.value(field.default)
        if missing(value):
            if not field.optional and field.default is None:
                problems.append(f"'{name}' is missing: {_noun(field, choices)} is needed")
            continue
        try:
            values[name] = convert(bounds.of(field), value, choices)
        except MisfitError as problem:
            problems.append(f"'{name}' {problem}")
    if problems:
        raise ArgumentsError("; ".join(problems))
    return values


def _unknown(name: str, fields: Fields) -> str:
    shown = str(name)[:60]
    near = nearest(shown, fields)
    if near:
        return f"there is no parameter '{shown}', did you mean '{near}'?"
    names = ", ".join(fields) or "none"
    return f"there is no parameter '{shown}'; parameters: {names}"


def _noun(field: Field, choices: Choices) -> str:
    if field.type == "choice":
        return f"one of {', '.join(offered(field, choices)[:50])}"
    return (
        READERS[field.type][1]
        if field.type in READERS
        else f"a {field.type}".replace("a object", "an object")
    )
