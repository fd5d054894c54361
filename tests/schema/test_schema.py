"""The JSON Schema for editors and `check` refuse the same shapes."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import jsonschema
import pytest
from support.editor import typed

from runner.schema.output.json_schema import json_schema
from runner.schema.reading.load import load
from runner.syntax import parse

ROOT = Path(__file__).parents[2]
FILES = sorted(
    p
    for folder in ("tests/bad", "tests/good", "agents.d", "examples")
    for p in (ROOT / folder).rglob("*.yaml")
    if p.is_file()
)

BEYOND_SHAPE = {
    "E117": "whether a text can be read as a date or a number of its own field is no shape",
    "E113": "which time zones there are is no shape",
    "E115": "the grammar of regular expressions is no shape",
    "E116": "the grammar of JMESPath is no shape",
    "E204": "reserved words of templates",
    "E301": "templates in settings", "E302": "as E301", "E303": "as E301",
    "E305": "as E301", "E306": "as E301", "E307": "as E301", "E308": "as E301",
}  # fmt: skip
"""Codes of the spec stage that a JSON Schema cannot tell, and why."""


@cache
def validator():
    return jsonschema.Draft202012Validator(json_schema())


def cases():
    for path in FILES:
        name = path.name if path.parent.name == "bad" else f"{path.parent.name}/{path.name}"
        document = parse(name, path.read_bytes())
        if not any(d.severity == "error" for d in document.diagnostics) and document.data:
            yield pytest.param(document, id=str(path.relative_to(ROOT)))


BEYOND_CASES = {
    "E103-http-model-without-messages.yaml": "what a template among many names is no shape",
    "E103-http-voice-without-braces.yaml": "as above",
    "E103-http-voice-without-words.yaml": "as above",
    "E103-other-machines-without-tokens.yaml": "one key's value against another's is no shape",
    "E109-answer-too-large.yaml": "an amount in any unit against another is no shape",
    "E109-min-above-max.yaml": "one key's value against another's is no shape",
    "E112-attempt-longer-than-the-budget.yaml": "one key's value against another's is no shape",
    "E112-attempt-longer-than-the-deadline.yaml": "as above",
    "E112-waits-of-an-external-agent.yaml": "as above",
    "E112-external-agent-token-too-short.yaml": "as above",
    "E112-external-agent-signs-by-header.yaml": "which names of headers are taken is no shape",
    "E112-hours-that-overlap.yaml": "one time of a text against another is no shape",
    "E112-nobody-hears-it.yaml": "which actions are heard is no shape",
    "E112-parts-of-a-text.yaml": "one key's value against another's is no shape",
    "E119-number-of-a-variable.yaml": "what a variable holds is no shape",
    "E112-mcp-tool-that-is-not-allowed.yaml": "one key's value against another's is no shape",
    "E202-campaign-of-unknown-names/agents.yaml": "what an expression compares is no shape",
}


def test_the_schema_is_a_schema():
    """The printed schema is itself valid (draft 2020-12)."""
    jsonschema.Draft202012Validator.check_schema(json_schema())


@pytest.mark.parametrize("document", list(cases()))
def test_schema_and_check_refuse_the_same_shapes(document):
    """What check refuses by shape the schema refuses, and what check accepts the schema accepts."""
    keys = {
        d.code
        for d in load(document, {"CLINIC_BRANCH": "hanoi"}).diagnostics
        if d.severity == "error"
    }
    refused = [e.message for e in validator().iter_errors(typed(document))]
    if document.file in BEYOND_CASES:
        assert keys
    elif keys - BEYOND_SHAPE.keys():
        assert refused, f"check says {keys}, the schema accepts"
    elif not keys:
        assert not refused, f"check accepts, the schema says {refused}"
