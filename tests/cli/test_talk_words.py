"""Values and lines as `lkrun chat` writes them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from prompt_toolkit.utils import get_cwidth

from runner.cli.talk.commands import command_of
from runner.cli.talk.words import one_line, wrapped, written


@pytest.mark.parametrize(
    ("value", "words"),
    [
        (None, "not known yet"),
        ("", "not known yet"),
        (True, "yes"),
        (False, "no"),
        (2.5, "2.5"),
        ("2026-12-07", "2026-12-07"),
        (["tea", "milk"], "tea, milk"),
        ([], "nothing yet"),
        ([{"dish": "soup", "hot": True}], "dish: soup, hot: yes"),
    ],
)
def test_values_are_written_as_people_write_them(value, words):
    """Yes and no, lists with commas, and words for what there is not."""
    assert written(value) == words


@given(st.text(), st.integers(20, 120))
def test_no_line_is_wider_than_the_terminal(text, width):
    """Whatever is said fits, in every script, and no letter is lost."""
    line = one_line(text)
    pieces = list(wrapped(line, width))
    assert all(get_cwidth(piece) <= width for piece in pieces)
    assert "".join("".join(pieces).split()) == "".join(line.split())


def test_chinese_wraps_where_it_must():
    """Letters of two columns, without a space between, go on in the next line."""
    pieces = list(wrapped("前台: " + "你好" * 20, 30))
    assert all(get_cwidth(piece) <= 30 for piece in pieces)
    assert len(pieces) == 4


@pytest.mark.parametrize(
    ("line", "command"),
    [("/vars", "vars"), ("/ quit ", "quit"), ("/", ""), (" /vars", None), ("1/2", None)],
)
def test_a_slash_at_the_beginning_is_for_lkrun(line, command):
    """A space before it says that it is for the agent."""
    assert command_of(line) == command
