"""What the model is told of parameters."""

from __future__ import annotations

import pytest

from runner.schema.fields import Field
from runner.session import CallFacts
from runner.session.values.parameters import Schema, uses
from runner.session.values.templates import TemplateContext, TemplateRenderer
from runner.session.values.variables import Variables


@pytest.fixture
def schema(load):
    """A schema writer with one variable that holds a list."""
    release = load(
        """
        agents:
          a:
            start: p
            mode: text
            llm: x/y
            variables:
              house: Sunrise
              dishes:
                type: list
        personas:
          p:
            instructions: x
        """
    )
    variables = Variables(release.agent.variables)
    variables.set("dishes", ["pho", 3])
    return Schema(
        TemplateRenderer(TemplateContext(release, CallFacts(), variables), {}), variables.choices
    )


FIELDS = [
    (
        {"type": "text", "min": "1", "max": "9", "pattern": "a+"},
        {"type": "string", "minLength": 1, "maxLength": 9, "pattern": "^(?:a+)$"},
    ),
    ({"type": "number", "min": "0.5"}, {"type": "number", "minimum": 0.5}),
    ({"type": "integer", "max": "4"}, {"type": "integer", "maximum": 4}),
    ({"type": "yes_no"}, {"type": "boolean"}),
    (
        {"type": "date", "min": "2026-01-01"},
        {"type": "string", "format": "date", "description": "a date such as 2026-12-04"},
    ),
    (
        {"type": "time", "description": "When in {{ house }}"},
        {
            "type": "string",
            "format": "time",
            "description": "When in Sunrise (a time such as 14:30)",
        },
    ),
    (
        {"type": "email", "description": "Mail"},
        {"type": "string", "format": "email", "description": "Mail"},
    ),
    ({"type": "url"}, {"type": "string", "format": "uri"}),
    ({"type": "choice", "choices": ["a", "b"]}, {"type": "string", "enum": ["a", "b"]}),
    ({"type": "choice", "choices_from": "dishes"}, {"type": "string", "enum": ["pho", "3"]}),
    ({"type": "list"}, {"type": "array", "items": {"type": "string"}}),
    ({"type": "list", "of": "integer"}, {"type": "array", "items": {"type": "integer"}}),
    (
        {"type": "list", "of": {"n": {"type": "integer"}}},
        {
            "type": "array",
            "items": {
                "type": "object",
                "properties": {"n": {"type": "integer"}},
                "required": ["n"],
                "additionalProperties": False,
            },
        },
    ),
    (
        {"type": "object", "fields": {"n": {"optional": "yes"}}, "description": "It"},
        {
            "type": "object",
            "properties": {"n": {"type": "string"}},
            "required": [],
            "additionalProperties": False,
            "description": "It",
        },
    ),
]


@pytest.mark.proves("Field.description")
@pytest.mark.parametrize(("field", "wanted"), FIELDS)
def test_fields_as_json_schema(schema, field, wanted):
    """Each type and bound has its JSON Schema."""
    assert schema.field(Field.model_validate(field)) == wanted


@pytest.mark.proves("Field.optional")
def test_required(schema):
    """A field with a default, or one that is optional, is not required."""
    fields = {
        "a": Field.model_validate({}),
        "b": Field.model_validate({"optional": "yes"}),
        "c": Field.model_validate({"default": "x"}),
    }
    assert schema.object(fields)["required"] == ["a"]


def test_uses():
    """The names that a schema depends on, however deep."""
    fields = {
        "a": Field.model_validate({"type": "choice", "choices_from": "dishes"}),
        "b": Field.model_validate({"type": "list", "of": {"c": {"description": "In {{ house }}"}}}),
    }
    assert uses(fields) == {"dishes", "house"}
