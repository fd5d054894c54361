"""Where things stand."""

from __future__ import annotations

import pytest

from runner.diagnostics import Span
from runner.syntax import Document, parse

TEXT = """\
agents:
  desk:
    start: "front"
    instructions: |
      Be kind.
      Be brief.

    tools:
      - find
      -
      - say: hi  # short
        if: x
    llm:
personas:
"""


@pytest.fixture
def document():
    return parse("a.yaml", TEXT.encode())


def span(line, column, end_line, end_column):
    return Span("a.yaml", line, column, end_line, end_column)


VALUES = {
    ("agents",): (span(2, 3, 13, 8), "mapping"),
    ("agents", "desk"): (span(3, 5, 13, 8), "mapping"),
    ("agents", "desk", "start"): (span(3, 12, 3, 19), "quoted"),
    ("agents", "desk", "instructions"): (span(4, 19, 6, 16), "block"),
    ("agents", "desk", "tools"): (span(9, 7, 12, 14), "sequence"),
    ("agents", "desk", "tools", 0): (span(9, 9, 9, 13), "plain"),
    ("agents", "desk", "tools", 1): (span(10, 7, 10, 8), "plain"),
    ("agents", "desk", "tools", 2): (span(11, 9, 12, 14), "mapping"),
    ("agents", "desk", "tools", 2, "say"): (span(11, 14, 11, 16), "plain"),
    ("agents", "desk", "llm"): (span(13, 5, 13, 8), "plain"),
}


@pytest.mark.parametrize("location", VALUES, ids=str)
def test_a_value_knows_its_stretch_and_style(document, location):
    """Quotes, the `|` and the dash belong to it; blank last lines and comments do not."""
    assert (document.value_span(location), document.style(location)) == VALUES[location]


KEYS = {
    ("agents",): span(1, 1, 1, 7),
    ("agents", "desk"): span(2, 3, 2, 7),
    ("agents", "desk", "llm"): span(13, 5, 13, 8),
    ("agents", "desk", "tools", 0): span(9, 9, 9, 13),
    ("agents", "desk", "tools", 2): span(11, 9, 11, 12),
    (): span(1, 1, 1, 1),
}


@pytest.mark.parametrize("location", KEYS, ids=str)
def test_a_key_knows_its_stretch(document, location):
    """An item of a list, which has no key, is shown by its first key or its value."""
    assert document.key_span(location) == KEYS[location]


def test_parts_that_are_not_in_the_file_are_passed_over(document):
    """A union's tag in pydantic's location leads to what stands below it all the same."""
    location = ("agents", "desk", "some-tag", "tools", 2, "SayAction", "say")

    assert document.value_span(location) == span(11, 14, 11, 16)


@pytest.mark.parametrize(
    ("location", "expected"),
    [
        (("agents", "desk", "stt"), span(2, 3, 2, 7)),
        (("agents", "desk", "tools", 7), span(8, 5, 8, 10)),
        (("tools", "x"), span(1, 1, 1, 1)),
    ],
)
def test_what_is_missing_is_shown_at_the_name_above(document, location, expected):
    """A missing key is told at its definition's name, or at line 1."""
    assert document.value_span(location) == expected


def test_a_key_without_a_value_is_none_and_quotes_are_empty_text():
    """`x:` and `x: ""` differ."""
    assert parse("a.yaml", b'a:\n  x:\n  y: ""\n').data == {"a": {"x": None, "y": ""}}


def test_line_breaks_of_every_system_give_the_same_places():
    """CRLF and lone CR count as one line break, and a byte order mark as nothing."""
    for end in ("\r\n", "\r"):
        document = parse("a.yaml", b"\xef\xbb\xbf" + TEXT.replace("\n", end).encode())
        assert document.data == parse("a.yaml", TEXT.encode()).data
        assert document.value_span(("agents", "desk", "llm")) == span(13, 5, 13, 8)


def test_a_document_survives_packing():
    """Packed and unpacked under another name, it says the same of that file."""
    broken = parse("a.yaml", TEXT.encode() + b"  x: [\n  y: 1  # lkrun: allow W203\n  y: 2\n")
    again = Document.unpack("b.yaml", broken.pack())

    assert again.data == broken.data
    assert again.words == broken.words
    assert again.allows == broken.allows == {16: frozenset({"W203"})}
    assert [item.message for item in again.diagnostics] == [
        item.message for item in broken.diagnostics
    ]
    assert {item.span.file for item in again.diagnostics} == {"b.yaml"}
    assert again.diagnostics[1].related[0].span.file == "b.yaml"
    assert again.value_span(("agents", "desk", "start")).file == "b.yaml"


@pytest.mark.parametrize("packed", [[], None, [1, 2, 3, 4, 5, 6], [{}, [], [], [], b"", None]])
def test_what_was_never_packed_is_refused(packed):
    """A cache that holds something else raises what the cache expects."""
    with pytest.raises((TypeError, ValueError)):
        Document.unpack("a.yaml", packed)
