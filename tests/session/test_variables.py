"""Variables of a call."""

from __future__ import annotations

import pytest

from runner.schema.fields import Field
from runner.session.errors import MisfitError
from runner.session.values.variables import Variables
from runner.template import EMPTY


@pytest.fixture
def variables():
    """Fixed ones and ones that change."""
    return Variables(
        {
            "house": "Sunrise",
            "days": ("monday", "tuesday"),
            "count": Field.model_validate({"type": "integer", "description": "How many"}),
            "note": Field.model_validate({"type": "text"}),
            "pin": Field.model_validate({"description": "x", "private": "yes"}),
            "lines": Field.model_validate({"type": "list", "of": {"a": {"optional": "yes"}}}),
        }
    )


def test_fixed_values_stay(variables):
    """A fixed text or list has its value from the start, and nothing changes it."""
    assert dict(variables) == {"house": "Sunrise", "days": ["monday", "tuesday"]}
    assert len(variables) == 2
    with pytest.raises(MisfitError, match="fixed value"):
        variables.set("house", "Sunset")


@pytest.mark.parametrize("nothing", [None, EMPTY, " "])
def test_nothing_takes_a_value_away(variables, nothing):
    """Nothing takes the value away; an empty text is a value of a text."""
    variables.set("count", "3")
    variables.set("count", nothing)
    assert "count" not in variables
    variables.set("count", nothing)
    variables.set("note", "")
    assert variables["note"] == ""


def test_changes_are_counted(variables):
    """Only real changes count, and each for its own variable."""
    stamp = variables.stamp
    variables.set("count", 3)
    assert variables.changed_since(stamp, ["count"])
    assert not variables.changed_since(stamp, ["note"])
    stamp = variables.stamp
    variables.set("count", "3")
    assert not variables.changed_since(stamp, ["count"])


def test_undeclared_values_are_kept_as_they_are(variables):
    """What a tool saves without a declaration keeps its type."""
    variables.set("raw", {"a": [1]})
    assert variables["raw"] == {"a": [1]}
    assert variables.sent()["raw"] == {"a": [1]}


def test_private_values_are_masked(variables):
    """Private values are masked where they are shown, and sent where they are needed."""
    variables.set("pin", "4711")
    assert variables.shown()["pin"] == "•••"
    assert variables.sent()["pin"] == "4711"


def test_lines_never_come_back(variables):
    """A new line's number is above all that there were, also those that came from elsewhere."""
    variables.set("lines", [{"line": 7, "a": "x"}])
    assert variables.next_line("lines") == 8
    variables.set("lines", [])
    assert variables.next_line("lines") == 9


def test_choices_of_a_variable(variables):
    """A list gives its texts to choose from; anything else gives nothing."""
    assert variables.choices("days") == ["monday", "tuesday"]
    assert variables.choices("house") == []
    assert variables.choices("unknown") == []
