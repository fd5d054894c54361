"""The reference of the language, generated from the models."""

from __future__ import annotations

import re

import pytest

from runner.schema.agents import Agent
from runner.schema.file import File
from runner.schema.output import reference
from runner.schema.types.blocks import Block


@pytest.fixture(scope="module")
def page():
    return reference.page()


def test_every_key_has_a_row(page):
    """Each key of an agent and of a file stands in the page with its meaning."""
    for model in (Agent, File):
        for key, name in model.keys().items():
            assert re.search(
                rf"`{key}`.*\| {re.escape(model.model_fields[name].description)} \|", page
            )


def test_every_link_leads_to_a_table(page):
    """What a row points to has a heading with that anchor."""
    titles = re.findall(r"^## (.+)$", page, re.MULTILINE)
    anchors = {
        "#" + "".join(c for c in t.lower().replace(" ", "-") if c.isalnum() or c in "-_")
        for t in titles
    }
    links = set(re.findall(r"\]\((#[^)]+)\)", page))
    assert links <= anchors
    assert len(titles) == len(set(titles))


@pytest.mark.parametrize(
    "row",
    [
        (
            "| **`answer`** | text | text for the model: opening hours, what a word means "
            "| must be there |"
        ),
        "| `enabled` | `yes` `no` | no: checked, but not served | `yes` |",
        "| `after` | duration | after so much silence | `15s` |",
        "| `max_tool_steps` | whole number | rounds of tools for one reply | `4` |",
        "| `language` | `1` | the version of this language | `1` |",
    ],
)
def test_rows_say_value_meaning_and_default(page, row):
    """A row has the key, what may stand there, its meaning, and what holds without it."""
    assert row in page.splitlines()


@pytest.mark.parametrize(
    ("begin", "turn", "handoff", "call"),
    [
        ("| [An agent]", "`reload`", "`nodes`", "`start`, `mode`, `avatar`, `room`"),
        ("| [A persona]", "`greeting`", "`turn_taking`", ""),
        ("| [interruptions]", "`min_words`", "`ignore_within`", "`how`"),
        ("| [A persona's turn_taking]", "", "`detection`", ""),
        ("| [The room]", "", "", "`audio_in`"),
        ("| [preemptive_generation]", "", "`speech`", ""),
    ],
)
def test_changes_of_each_key_count_from_a_moment(page, begin, turn, handoff, call):
    """The table of `reload: next_turn` has each key, once for each way that leads to it."""
    (row,) = [line for line in page.splitlines() if line.startswith(begin)][-1:]
    cells = [cell.strip() for cell in row.split("|")[2:5]]
    for cell, wanted in zip(cells, (turn, handoff, call), strict=True):
        assert wanted in cell if wanted else cell == ""


def test_an_unlisted_type_has_a_name():
    """A value of any other type is simply called a value."""
    assert reference._value(object) == "value"
    assert list(reference._inner(str)) == []
    assert reference.anchor(Block).startswith("#a-block")


def test_check_compares_with_the_page_that_is_kept(capsys):
    """`--check` is content with the page of this repository."""
    assert reference.main(["--check"]) == 0
    assert capsys.readouterr().err == ""


def test_a_page_that_is_old_is_told_and_written_anew(tmp_path, capsys):
    """`--check` fails on an old page; without it the page is written."""
    kept = tmp_path / "reference.md"
    assert reference.main(["--check"], kept) == 1
    assert "out of date" in capsys.readouterr().err
    assert reference.main([], kept) == 0
    assert reference.main(["--check"], kept) == 0


def test_titles_are_the_authors_words_and_differ():
    """Each block has a title of its own, by which its link finds it, and no name of a class."""
    titles = [line for line in reference.page().splitlines() if line.startswith("## ")]
    assert len(set(titles)) == len(titles)
    assert not [title for title in titles if re.search(r"[a-z][A-Z]|\(", title)]


def test_a_key_that_names_a_file_takes_a_path():
    """A file is no name in a section: the reference says what it is."""
    page = reference.page()
    assert "name in `files`" not in page
    assert "| `instructions_file` | path of a file, or a list |" in page
