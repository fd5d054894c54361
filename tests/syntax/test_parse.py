"""What is kept of a file with mistakes, and what holds for any file at all."""

from __future__ import annotations

import time

import pytest
import strictyaml
from hypothesis import example, given, settings
from hypothesis import strategies as st

from runner.syntax import parse

TWO = """\
agents:
  first:
    start: {{ x }}
    llm: fast
  second:
    start: desk
tools:
  find:
    description: note: this
  say_it:
    say: hello
"""


def codes(document):
    return [(item.span.line, item.code) for item in document.diagnostics]


def test_mistakes_of_several_definitions_are_found_at_once():
    """Each definition with a mistake is left out, and the others stay usable."""
    document = parse("a.yaml", TWO.encode())

    assert codes(document) == [(3, "E014"), (9, "E015")]
    assert document.data == {
        "agents": {"second": {"start": "desk"}},
        "tools": {"say_it": {"say": "hello"}},
    }
    assert {"first", "fast", "find", "llm"} <= document.words
    assert "second" not in document.words


def test_a_section_of_which_nothing_is_left_is_empty():
    """It is not mistaken for a section without definitions."""
    assert parse("a.yaml", b"agents:\n  desk: [\ntools:\n").data == {"agents": {}, "tools": None}


def test_nothing_is_read_after_a_quote_that_is_not_closed():
    """What follows could be anything, so its names are only remembered."""
    document = parse("a.yaml", b'a:\n  x: 1\nb:\n  y: "z\n  w: [\nc:\n  v: [\n')

    assert codes(document) == [(4, "E017")]
    assert document.data == {"a": {"x": "1"}, "b": {}}
    assert {"y", "w", "v", "c"} <= document.words


def test_a_section_that_cannot_be_read_is_left_out_whole():
    """A mistake in a section's own line costs the section."""
    document = parse("a.yaml", b"agents\n  desk:\n    start: x\ntools:\n  x: 1\n")

    assert document.data == {"tools": {"x": "1"}}
    assert {"agents", "desk"} <= document.words


def test_mistakes_end_at_twenty():
    """A file of rubbish does not flood its author."""
    text = "a:\n" + "".join(f"  b{i}:\n    x: [\n" for i in range(50))
    document = parse("a.yaml", text.encode())

    assert len(document.diagnostics) == 20
    assert "b49" in document.words


def test_mistakes_that_let_the_file_parse_end_too():
    """Nor does a file that was pasted over and over."""
    assert len(parse("a.yaml", b"a: 1\n" * 1000).diagnostics) == 200


@pytest.mark.parametrize(
    ("encoding", "name"),
    [("utf-16", "UTF-16"), ("utf-16-le", "UTF-16"), ("utf-16-be", "UTF-16"), ("utf-32", "UTF-32")],
)
def test_other_encodings_are_named_and_read_all_the_same(encoding, name):
    """One message about the encoding, and none about what it would do to the rest."""
    document = parse("a.yaml", "a:\n  x: ü\n".encode(encoding))

    (span,) = document.diagnostics
    assert span.message == f"this file is saved as {name}, not as UTF-8"
    assert span.help == "save the file again as UTF-8 (most editors: Save as, Encoding: UTF-8)"
    assert document.data == {"a": {"x": "ü"}}


def test_a_byte_that_is_not_utf8_is_shown_at_its_place():
    """Windows-1252 is guessed, and the rest of the file is still checked."""
    document = parse("a.yaml", "a:\r\n  x: \u00fc\u00e9\n  y: [\n".encode("cp1252"))

    first, second = document.diagnostics
    assert (first.span.line, first.span.column, first.code) == (2, 6, "E010")
    assert first.message == (
        "this character is not UTF-8 (byte 0xFC); "
        "the file is probably saved as Windows-1252 (Latin-1), where it is 'ü'"
    )
    assert second.code == "E019"


ALLOWS = """\
a:
  x: text  # lkrun: allow W203
  y: "# lkrun: allow W204"
  z: |  # lkrun: allow W205, W201
    # lkrun: allow W206
  # lkrun:allow W207
  w: "q" # lkrun: allow W208 please
  v: q  # lkrun: allow
"""


def test_allow_comments_are_found_outside_of_texts():
    """Codes by line; a comment inside a text is text, and words behind the codes make it none."""
    assert parse("a.yaml", ALLOWS.encode()).allows == {
        2: frozenset({"W203"}),
        4: frozenset({"W205", "W201"}),
        6: frozenset({"W207"}),
    }


@settings(max_examples=300, deadline=None)
@given(st.binary(max_size=300))
@example(b"\xff\xfe\x00")
@example(b"\x00\x00\x00a")
@example(b'a: "\\')
@example(b"\xef\xbb\xbf")
def test_no_bytes_can_make_parse_raise(data):
    """Any content gives a document whose every place can be asked for."""
    document = parse("a.yaml", data)
    lines = len(data) + 1
    for location, _ in _values((), document.data):
        for span in (document.value_span(location), document.key_span(location)):
            assert 1 <= span.line <= span.end_line <= lines


WORDS = st.text(alphabet="abc :#-'\"|>{}[]\\\né\t&*!%@`,?", max_size=12)


@settings(max_examples=400, deadline=None)
@given(st.lists(st.tuples(st.sampled_from(["a: ", "  b: ", "  - ", "    c: ", ""]), WORDS)))
def test_no_lines_can_make_parse_raise(rows):
    """Nor can any lines, and all spans of diagnostics lie in the file."""
    text = "\n".join(lead + words for lead, words in rows)
    document = parse("a.yaml", text.encode())
    lines = text.split("\n")
    for item in document.diagnostics:
        assert 1 <= item.span.line <= len(lines)
        assert 1 <= item.span.column <= len(lines[item.span.line - 1]) + 1
        assert item.span.end_column >= item.span.column


NAMES = st.sampled_from(["alpha", "beta", "gamma_1", "delta-2"])
TEXTS = st.sampled_from(
    ["plain", "two words", "10:30", "https://x.example/a?b=c", "no", "1.0", "it's", "a - b", "ü é"]
)


def _blocks(children):
    return st.dictionaries(NAMES, children, min_size=1, max_size=4) | st.lists(
        children, min_size=1, max_size=3
    )


TREES = st.dictionaries(NAMES, st.recursive(TEXTS, _blocks, max_leaves=12), min_size=1, max_size=4)


def _written(value, indent=0):
    pad = " " * indent
    if isinstance(value, str):
        return f" {value}\n"
    lines = [
        (f"{pad}{key}:" if key is not None else f"{pad}-") + _written_below(item, indent + 2)
        for key, item in (
            value.items() if isinstance(value, dict) else ((None, item) for item in value)
        )
    ]
    return "\n" + "".join(lines)


def _written_below(value, indent):
    return _written(value, indent)


@settings(max_examples=200, deadline=None)
@given(TREES)
def test_data_is_what_strictyaml_loads_and_spans_slice_it(tree):
    """For a file that both accept: the same data, and the place of each plain text holds it."""
    text = _written(tree).lstrip("\n")
    document = parse("a.yaml", text.encode())
    if not document.diagnostics:  # strictyaml indents blocks side by side alike, and so do we
        assert document.data == strictyaml.load(text).data == tree
    lines = text.split("\n")
    for location, value in _values((), document.data):
        if isinstance(value, str):
            span = document.value_span(location)
            assert lines[span.line - 1][span.column - 1 : span.end_column - 1] == value


def _values(location, value):
    yield location, value
    if isinstance(value, dict):
        for key, below in value.items():
            yield from _values((*location, key), below)
    elif isinstance(value, list):
        for index, below in enumerate(value):
            yield from _values((*location, index), below)


NASTY = [
    *("- ", "[", '"', "'", "a:\n", "a: b\n", "a ", "#", " ", "\n", "\\", "?", ": ", "-\n", "|\n"),
    *("a: |\n", "- |\n ", 'a: "\n', "a: 'b'c\n", "\t", "&a ", "a:b\n", "---\n", "'\n", '"a\n'),
    *(
        "a: x # y\n",
        "a # b\n",
        "- a\n - b\n",
        "\u200b\n",
        "  \u200bx\n",
        "\r",
        "<<: a\n",
        "\0",
        "a: b\n  c\n",
    ),
]


@pytest.mark.parametrize("piece", NASTY, ids=repr)
def test_a_large_file_of_anything_takes_bounded_time(piece):
    """Nothing is quadratic: 64 KB of anything, a quarter of what is read, takes seconds at most."""
    started = time.process_time()
    parse("a.yaml", (piece * (64 * 1024 // len(piece))).encode())

    assert time.process_time() - started < 5
