"""Diagnostics as people and programs see them."""

from __future__ import annotations

import json

import pytest

from runner.diagnostics import Diagnostic, Related, Span, render


def shown(line, column, end, **more):
    """The source line and the carets below it."""
    span = Span("a.yaml", 1, column, more.pop("end_line", 1), end)
    rows = render.text([Diagnostic(span, "E101", "x")], {"a.yaml": [line, "next"]}, **more)
    return rows.splitlines()[1:3]


@pytest.mark.parametrize(
    ("line", "column", "end", "marked"),
    [
        ("start: hots", 8, 12, "hots"),
        ("say: \u4f60\u597d hots", 9, 13, "hots"),
        ("\u4f60\u597d: x", 1, 3, "\u4f60\u597d"),
        ("cafe\u0301: x", 8, 9, "x"),
        ("a\x1b[1m: x", 8, 9, "x"),
        ("ab", 3, 3, ""),
    ],
)
def test_carets_stand_below_what_they_mean(line, column, end, marked):
    """Wide, combining and control characters do not move the caret."""
    source, carets = shown(line, column, end)
    width = render.width
    before = "    1 | " + render.printable(line[: column - 1])
    assert source == "    1 | " + render.printable(line)
    assert width(carets[: carets.index("^")]) == width(before)
    assert carets.count("^") == max(width(marked), 1)


def test_a_stretch_of_several_lines_is_marked_to_the_end_of_the_first():
    """Of what goes on below only the first line is shown."""
    assert shown("say: hello", 6, 3, end_line=2) == ["    1 | say: hello", "      |      ^^^^^"]


def test_a_long_line_is_cut_around_the_place():
    """The place can be seen though the line is longer than any terminal."""
    source, carets = shown("x" * 500 + "HERE" + "y" * 500, 501, 505)
    assert len(source) == len("    1 | ") + 160
    begin = carets.index("^")
    assert source[begin : begin + carets.count("^")] == "HERE"


def test_what_is_not_there_is_not_shown():
    """A diagnostic of a folder, a missing line or a blank one has no source."""
    for span in (Span("."), Span("a.yaml", 9, 1, 9, 2), Span("a.yaml", 2, 1, 2, 2)):
        rendered = render.text([Diagnostic(span, "E201", "x")], {"a.yaml": ["a", "  "]})
        assert rendered.count("\n") == 1


def test_no_file_steers_the_terminal():
    """Control characters of names, messages and lines are written out; a tab is a space."""
    span = Span("\x1b[2J.yaml", 1, 1, 1, 2)
    mistake = Diagnostic(span, "E101", "unknown\u202ekey", "write\x07it", (Related(span, "\x9b"),))
    rendered = render.text([mistake], {"\x1b[2J.yaml": ["\tx\x00"]})
    assert rendered.isascii()
    assert {c for c in rendered if not c.isprintable()} == {"\n"}
    for written in ("\\x1b[2J.yaml", "\\u202e", "\\x07", "\\x9b", "|  x\\x00"):
        assert written in rendered


def test_colours_tell_errors_from_warnings():
    """An error and a warning have a colour of their own, and each is switched off again."""
    for code, colour in (("E101", render.BRIGHT.error), ("W201", render.BRIGHT.warning)):
        rendered = render.text([Diagnostic(Span("."), code, "x", "y")], {}, render.BRIGHT)
        assert f"{colour}{'error' if code[0] == 'E' else 'warning'}[{code}]\x1b[0m" in rendered
        assert rendered.count("\x1b[0m") == rendered.count("\x1b[") / 2
    assert "\x1b" not in render.text([Diagnostic(Span("."), "E101", "x")], {})


def test_a_flood_is_counted():
    """A hundred are shown, and how many more there are."""
    many = [Diagnostic(Span("."), "E101", str(n)) for n in range(103)]
    rendered = render.text(many, {})
    assert rendered.count("error[") == render.FLOOD == 100
    assert "and 3 more" in rendered


@pytest.mark.parametrize(
    ("codes", "files", "line"),
    [
        ("", 1, "1 file checked: no mistakes"),
        ("E", 2, "2 files checked: 1 error"),
        ("EEWW", 0, "0 files checked: 2 errors, 2 warnings"),
        ("W", 1, "1 file checked: 1 warning"),
    ],
)
def test_the_summary_counts(codes, files, line):
    """Files, errors and warnings are counted in plain English."""
    mistake = [Diagnostic(Span("."), f"{c}201", "x") for c in codes]
    assert render.summary(mistake, files) == line


def test_json_is_valid_for_any_name():
    """A file name that is no UTF-8 is written with backslashes, and the document can be sent."""
    span = Span("\udcff.yaml", 2, 3, 2, 5)
    mistake = Diagnostic(span, "W201", "m", None, (Related(span, "there"),))
    document = json.loads(render.json_text([mistake], 1).encode("utf-8"))
    assert document["ok"] is True
    (rendered,) = document["diagnostics"]
    assert rendered["file"] == rendered["related"][0]["file"] == "\\udcff.yaml"
    assert (rendered["severity"], rendered["end_column"], rendered["help"]) == ("warning", 5, None)


def test_github_commands_are_escaped():
    """What separates the parts of a workflow command is escaped in them."""
    span = Span("a,b:c%.yaml", 2, 3, 2, 5)
    rendered = render.github([Diagnostic(span, "E101", "50% of\nit: x", "do, it")], "agents.d")
    assert rendered == (
        "::error file=agents.d/a%2Cb%3Ac%25.yaml,line=2,endLine=2,col=3,endColumn=5,title=E101::"
        "50%25 of%0Ait: x%0Ahelp: do, it\n"
    )


def test_github_annotates_several_lines_without_an_end_column():
    """GitHub takes columns only on one line; a folder's own mistake is at the folder."""
    rendered = render.github([Diagnostic(Span("a.yaml", 2, 3, 4, 5), "W201", "x")], "d")
    assert rendered == "::warning file=d/a.yaml,line=2,endLine=4,col=3,title=W201::x\n"
    assert "file=d,line=1" in render.github([Diagnostic(Span("."), "E201", "x")], "d")


def coded(*codes):
    return [Diagnostic(Span("a.yaml"), code, "x") for code in codes]


@pytest.mark.parametrize(
    ("codes", "line"),
    [
        (["E101"], "more about E101: lkrun explain E101"),
        (["E101", "E101"], "more about E101: lkrun explain E101"),
        (["W201", "E101"], "more about E101: lkrun explain E101 (and so for W201)"),
        (
            ["E103", "E101", "E102"],
            "more about E101: lkrun explain E101 (and so for E102 and E103)",
        ),
        (
            ["E101", "E102", "E103", "E104", "E105"],
            "more about E101: lkrun explain E101 (and so for the 4 other codes)",
        ),
        ([], None),
    ],
)
def test_the_long_form_is_named_once(codes, line):
    """One line says how to read more, beginning with an error."""
    assert render.more(coded(*codes)) == line


WRITTEN = Diagnostic(
    Span("a.yaml", 2, 5, 2, 20),
    "E104",
    "x",
    "write it on two lines:",
    write=("    greeting:", "      say: Hello."),
)


def test_lines_to_write_are_shown_as_they_stand_in_the_file():
    """What to write is shown below the help, with its own indentation, beside the same bar."""
    rendered = render.text([WRITTEN], {"a.yaml": ["personas:", "    greeting: Hello."]})
    assert rendered.splitlines()[1:] == [
        "    2 |     greeting: Hello.",
        "      |     ^^^^^^^^^^^^^^^",
        "  help: write it on two lines:",
        "      |     greeting:",
        "      |       say: Hello.",
    ]


def test_programs_get_the_lines_to_write_as_part_of_the_help():
    """JSON and annotations have one text of advice."""
    help_ = "write it on two lines:\n    greeting:\n      say: Hello."
    assert WRITTEN.advice == help_
    assert render.as_json([WRITTEN], 1)["diagnostics"][0]["help"] == help_
    assert render.github([WRITTEN], "agents.d").endswith(
        "::x%0Ahelp: write it on two lines:%0A    greeting:%0A      say: Hello.\n"
    )


def test_no_advice_is_none():
    """A diagnostic without help has none in JSON either."""
    assert render.as_json(coded("E101"), 1)["diagnostics"][0]["help"] is None
