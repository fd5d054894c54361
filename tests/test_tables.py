"""The tables that pages are made of are whole: each row is used, and nothing is missing in them."""

from __future__ import annotations

import ast
import inspect
import re
import runpy
from pathlib import Path

import pytest

from runner.cli.exit_codes import ExitCode
from runner.environment import ENVIRONMENT, INTERNAL
from runner.serve.log import Log
from runner.serve.log_events import EVENTS

ROOT = Path(__file__).parents[1]
MODULES = {
    path: ast.parse(path.read_text(encoding="utf-8"))
    for path in sorted((ROOT / "runner").rglob("*.py"))
}
VARIABLE = re.compile(r"(?:LKRUN|LIVEKIT|OTEL|XDG)_[A-Z_]+|NO_COLOR|TERM")
OF_THE_LOG = {None, *inspect.signature(Log.event).parameters}
"""Arguments of `Log.event` that are no fields of an event."""
OUTSIDE = {"runner/environment.py", "runner/promptfoo/files/lkrun.py"}


@pytest.fixture(scope="module")
def generate():
    """The script that writes the tables."""
    return runpy.run_path(str(ROOT / "docs" / "generate.py"))


def texts():
    for path, tree in MODULES.items():
        if path.relative_to(ROOT).as_posix() not in OUTSIDE:
            yield from (
                node.value
                for node in ast.walk(tree)
                if isinstance(node, ast.Constant) and isinstance(node.value, str)
            )


def test_every_environment_variable_is_in_the_table():
    """What the code names as a variable of lkrun or LiveKit is a row, and each row is named."""
    named = {text for text in texts() if VARIABLE.fullmatch(text)}
    rows = {each.name for each in ENVIRONMENT}
    assert named - {"TERM"} == (rows | INTERNAL) - {"TERM"}
    assert sorted(rows) == [each.name for each in ENVIRONMENT]


def logged():
    """Event → the fields that it is logged with, of all calls of `Log.event` with a fixed name."""
    by_table: dict[str, set[str]] = {}
    for tree in MODULES.values():
        for call in (node for node in ast.walk(tree) if isinstance(node, ast.Call)):
            name = call.args[0] if len(call.args) > 1 else None
            of_log = isinstance(call.func, ast.Attribute) and call.func.attr == "event"
            if of_log and isinstance(name, ast.Constant) and isinstance(name.value, str):
                fields = {k.arg for k in call.keywords if k.arg not in OF_THE_LOG}
                by_table.setdefault(name.value, set()).update(fields)
    return by_table


def test_every_event_of_the_log_is_in_the_table():
    """What is logged is a row with its fields; no row is of an event that nobody logs."""
    rows = {each.name: set(each.fields) for each in EVENTS}
    fields = logged()
    assert rows.keys() == fields.keys()
    assert {name: fields[name] - rows[name] for name in rows if fields[name] - rows[name]} == {}
    assert sorted(rows) == [each.name for each in EVENTS]


def test_every_exit_code_has_a_meaning():
    """A person can be told what each means."""
    assert all(code.meaning for code in ExitCode)


def test_pages_have_their_tables_as_the_code_has_them(generate, capsys):
    """`python docs/generate.py --check` finds nothing, and every table stands in a page."""
    assert generate["main"](["--check"]) == 0, capsys.readouterr().err
    pages = "".join(path.read_text(encoding="utf-8") for path in (ROOT / "docs").glob("*.md"))
    assert {name for name in generate["TABLES"] if f"<!-- table: {name} -->" not in pages} == set()


def test_a_page_that_is_out_of_date_is_told_and_written(generate, tmp_path, capsys):
    """With --check nothing is written and the page is named; else it is brought up to date."""
    page = tmp_path / "codes.md"
    page.write_text("A\n<!-- table: exit-codes -->\nold\n<!-- end -->\nB\n")
    assert generate["main"](["--check"], tmp_path) == 1
    assert "codes.md" in capsys.readouterr().err
    assert "old" in page.read_text()
    assert generate["main"]([], tmp_path) == 0
    assert "| `130` | it was interrupted with Ctrl-C |" in page.read_text()
    assert generate["main"](["--check"], tmp_path) == 0
