"""From a place in a value to the place in the file."""

from __future__ import annotations

import pytest

from runner.diagnostics import Span
from runner.link.pinpoint import Pinpoint


def found(lines, place, text, at):
    """The stretch of the file that is shown, and where it begins."""
    span = Pinpoint({"a": lines}).at(place, text, *at)
    if span == place:
        return None
    shown = lines[span.line - 1][span.column - 1 : span.end_column - 1]
    return span.line, span.column, shown


@pytest.mark.parametrize(
    ("lines", "place", "value", "at", "expected"),
    [
        (["say: Hi {{ name }}"], (1, 6, 1, 19), "Hi {{ name }}", (1, 7, "name"), (1, 12, "name")),
        (["say: {{ a }} {{ a }}"], (1, 6, 1, 21), "{{ a }} {{ a }}", (1, 12, "a"), (1, 17, "a")),
        (
            ["say: \u4f60\u597d {{ \u540d }}"],
            (1, 6, 1, 16),
            "\u4f60\u597d {{ \u540d }}",
            (1, 7, "\u540d"),
            (1, 12, "\u540d"),
        ),
        (
            ["say: |", "  Hi", "  {{ b }}!"],
            (1, 6, 3, 11),
            "Hi\n{{ b }}!\n",
            (2, 4, "b"),
            (3, 6, "b"),
        ),
        (['say: "{{ x.y }} x"'], (1, 6, 1, 19), "{{ x.y }} x", (1, 11, "x"), (1, 17, "x")),
        (["say: Hi {{ name"], (1, 6, 1, 16), "Hi {{ name", (1, 4, ""), (1, 9, "{{")),
    ],
)
def test_words_are_found_in_the_file(lines, place, value, at, expected):
    """Plain, quoted and block texts, later occurrences and any script: the word itself is shown."""
    assert found(lines, Span("a", *place), value, at) == expected


def test_an_escape_hides_the_word():
    """A word that the file writes with escapes is shown as the whole value."""
    place = Span("a", 1, 6, 1, 25)
    assert found(['say: "{{ n\\u0061me }}"'], place, "{{ name }}", (1, 4, "name")) is None


def test_without_a_word_the_whole_value_is_shown():
    """At the end of a text, and in a file whose lines are not known, the value is all there is."""
    place = Span("a", 1, 6, 1, 8)
    assert found(["say: Hi"], place, "Hi", (1, 3, "")) is None
    assert Pinpoint({}).at(place, "Hi", 1, 1, "Hi") == place
