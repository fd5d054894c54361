"""Values as the types that fields declare."""

from __future__ import annotations

from datetime import UTC, date, datetime, time

import pytest

from runner.schema.fields import Field
from runner.schema.types.field_types import TYPES
from runner.session.errors import MisfitError
from runner.session.values.conversion import convert, missing
from runner.template import EMPTY

DISHES = {"dishes": ["Pho", "Com"]}


def read(value, **field):
    return convert(Field.model_validate(field), value, lambda name: DISHES.get(name, []))


GOOD = [
    ("text", "Hello", "Hello"),
    ("text", 12, "12"),
    ("text", True, "yes"),
    ("number", 1.5, 1.5),
    ("number", "1.5", 1.5),
    ("number", " 3 ", 3),
    ("integer", 3, 3),
    ("integer", 3.0, 3),
    ("integer", "3", 3),
    ("yes_no", True, True),
    ("yes_no", "No", False),
    ("yes_no", "on", True),
    ("date", "2026-12-04", date(2026, 12, 4)),
    ("date", date(2026, 12, 4), date(2026, 12, 4)),
    ("date", datetime(2026, 12, 4, 9, tzinfo=UTC), date(2026, 12, 4)),
    ("time", "14:30", time(14, 30)),
    ("time", time(14, 30), time(14, 30)),
    ("datetime", "2026-12-04T14:30", datetime(2026, 12, 4, 14, 30)),  # noqa: DTZ001 - as it was given
    ("datetime", datetime(2026, 12, 4, 14, tzinfo=UTC), datetime(2026, 12, 4, 14, tzinfo=UTC)),
    ("email", " an@example.com", "an@example.com"),
    ("phone", "+84 90 123 4567", "+84 90 123 4567"),
    ("phone", 84901234567, "84901234567"),
    ("url", "https://example.com/a", "https://example.com/a"),
    ("list", ["a", 1], ["a", 1]),
    ("list", '["a"]', ["a"]),
]


@pytest.mark.parametrize(("kind", "value", "wanted"), GOOD)
def test_values_are_read(kind, value, wanted):
    """Each type reads what models, services and people write for it."""
    value_read = read(value, type=kind)
    assert value_read == wanted
    assert type(value_read) is type(wanted)


BAD = [
    ("text", {"a": 1}, "must be a text"),
    ("number", True, "must be a number, not 'yes'"),
    ("number", float("nan"), "must be a number"),
    ("number", "1,5", "must be a number, not '1,5'"),
    ("integer", 3.5, "must be a whole number, not '3.5'"),
    ("integer", [3], "must be a whole number"),
    ("yes_no", "perhaps", "must be yes or no, not 'perhaps'"),
    ("yes_no", 1, "must be yes or no"),
    ("date", "tomorrow", "must be a date such as 2026-12-04, not 'tomorrow'"),
    ("date", 20261204, "must be a date"),
    ("time", "25:00", "must be a time such as 14:30"),
    ("datetime", "2026-12-04", "must be a moment such as 2026-12-04T14:30"),
    ("email", "an@", "must be an e-mail address"),
    ("phone", "call me", "must be a phone number"),
    ("url", "example.com", "must be an address"),
    ("list", "a, b", "must be a list"),
    ("list", {"a": 1}, "must be a list"),
    ("list", ["x"] * 1001, "must have at most 1000 entries"),
]


@pytest.mark.parametrize(("kind", "value", "message"), BAD)
def test_misfits_are_told(kind, value, message):
    """What does not fit is told in words that go on after the field's name."""
    with pytest.raises(MisfitError, match=f"^{message.replace('.', chr(92) + '.')}"):
        read(value, type=kind)


@pytest.mark.proves("Field.type")
def test_every_type_is_tried():
    """No type of the language is left out of these tables."""
    assert {kind for kind, *_ in GOOD} | {"choice", "object"} == set(TYPES)


@pytest.mark.proves("Field.min", "Field.max", "Field.pattern")
@pytest.mark.parametrize(
    ("field", "value", "message"),
    [
        ({"type": "text", "min": "3"}, "ab", "must be at least 3 characters, not 'ab'"),
        ({"type": "text", "max": "3"}, "abcd", "must be at most 3 characters"),
        ({"type": "text", "pattern": "[A-Z]{3}"}, "abc", "does not have the right form, not 'abc'"),
        (
            {"type": "text", "pattern": "[A-Z]{3}", "private": "yes"},
            "abc",
            "does not have the right form$",
        ),
        ({"type": "integer", "min": "1"}, 0, "must be at least 1, not '0'"),
        ({"type": "number", "max": "2.5"}, 3, "must be at most 2.5"),
        ({"type": "date", "min": "2026-01-01"}, "2025-12-31", "must be at least 2026-01-01"),
        ({"type": "time", "max": "18:00"}, "18:01", "must be at most 18:00"),
        (
            {"type": "datetime", "max": "2026-01-01T00:00"},
            "2026-01-01T00:01+07:00",
            "must be at most",
        ),
    ],
)
def test_bounds(field, value, message):
    """min, max and pattern hold."""
    with pytest.raises(MisfitError, match=message):
        read(value, **field)


def test_within_bounds():
    """What lies within bounds, the edges too, is taken."""
    assert read("abc", type="text", min="3", max="3", pattern="[a-z]+") == "abc"
    assert read("2026-01-01T00:00Z", type="datetime", min="2026-01-01T00:00").year == 2026


@pytest.mark.proves("Field.choices")
def test_choices():
    """A choice is found in any case, and otherwise the choices are told."""
    assert read("PHO", type="choice", choices_from="dishes") == "Pho"
    assert read("b", type="choice", choices=["a", "b"]) == "b"
    with pytest.raises(MisfitError, match="must be one of: Pho, Com, not 'tea'"):
        read("tea", type="choice", choices_from="dishes")
    with pytest.raises(MisfitError, match="nothing to choose from"):
        read("tea", type="choice", choices_from="drinks")


RECORD = {
    "dish": {"type": "choice", "choices_from": "dishes"},
    "quantity": {"type": "integer", "default": "1"},
    "note": {"optional": "yes"},
}


@pytest.mark.proves("Field.of")
def test_lists_of_types_and_records():
    """Entries of a list are read by their type or their fields; a record keeps its line."""
    assert read(["1", 2], type="list", of="integer") == [1, 2]
    lines = read([{"dish": "pho", "line": 3}], type="list", of=RECORD)
    assert lines == [{"line": 3, "dish": "Pho"}]


@pytest.mark.parametrize(
    ("field", "value", "message"),
    [
        ({"type": "list", "of": "integer"}, [1, "x"], "entry 2: it must be a whole number"),
        ({"type": "list", "of": RECORD}, [{}], "entry 1: it needs 'dish'"),
        ({"type": "list", "of": RECORD}, ["pho"], "entry 1: it must be a record"),
        (
            {"type": "list", "of": RECORD},
            [{"dish": "Pho", "size": 1}],
            "no field 'size'; its fields are: dish",
        ),
        ({"type": "object", "fields": RECORD}, {"dish": "x"}, "'dish' must be one of"),
        ({"type": "object", "fields": RECORD}, "nothing", "must be a record"),
    ],
)
def test_misfits_within(field, value, message):
    """A mistake within a list or an object is told with its place."""
    with pytest.raises(MisfitError, match=message):
        read(value, **field)


@pytest.mark.proves("Field.fields")
def test_objects():
    """An object is read by its fields, from JSON text too."""
    assert read('{"dish": "com", "note": null}', type="object", fields=RECORD) == {"dish": "Com"}


@pytest.mark.parametrize(
    ("value", "is_missing"),
    [(None, True), (EMPTY, True), (" ", True), (0, False), (False, False), ([], False)],
)
def test_missing(value, is_missing):
    """Nothing and empty texts are missing; zero, no and an empty list are values."""
    assert missing(value) is is_missing


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ({"type": "text", "pattern": "[0-9]+"}, "hush-hush"),
        ({"type": "list", "of": "integer"}, ["hush-hush"]),
        ({"type": "list", "of": {"pin": {"type": "integer"}}}, [{"pin": "hush-hush"}]),
        ({"type": "list", "of": {"pin": {"type": "text"}}}, [{"hush-hush": "1"}]),
        ({"type": "object", "fields": {"pin": {"type": "integer"}}}, {"pin": "hush-hush"}),
        ({"type": "object", "fields": {"pin": {"type": "text"}}}, {"hush-hush": "1"}),
    ],
)
def test_a_private_value_is_in_no_message(field, value):
    """What does not fit a private field is not repeated, however deep it stands."""
    with pytest.raises(MisfitError) as problem:
        convert(Field.model_validate({**field, "private": "yes"}), value, lambda _: [])
    assert "hush" not in str(problem.value)
