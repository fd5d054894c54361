"""Each code has a page, and its examples are true."""

from __future__ import annotations

import json
import os
import re
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest
from click.testing import CliRunner
from support import golden

from runner.cache import Cache
from runner.cli.check import missing_secrets
from runner.cli.explain import explanation
from runner.cli.main import lkrun
from runner.cli.servers import down
from runner.diagnostics.codes import CODES

SHOP = Path(__file__).parent / "support" / "mcp_shop.py"
PAGES = Path(__file__).parents[1] / "runner" / "diagnostics" / "explanations"

WITHOUT_EXAMPLE = {
    "E001": "rights are no text",
    "E002": "too large for a page",
    "E003": "links are no text",
    "E005": "the name of a file is meant",
    "E011": "the character cannot be seen in a page either",
    "E023": "64 levels are too wide for a page",
    "E118": "64 KB are too long for a page",
    "E404": "a broken plugin would have to be installed",
    "E502": "a test would have to take minutes",
}
"""Codes that YAML in a page cannot show, and why."""

SHOWN = sorted(CODES.keys() - WITHOUT_EXAMPLE.keys())


def examples(code, heading):
    """Return file → text of the blocks below a heading; a comment `# file: name` names the file."""
    text = (PAGES / f"{code}.md").read_text(encoding="utf-8")
    below = re.search(rf"^{heading}:\n(.*?)(?=^Right:\n|\Z)", text, re.MULTILINE | re.DOTALL)
    files = {}
    for block in re.findall(r"^```\w+\n(.*?)^```$", below[1], re.MULTILINE | re.DOTALL):
        named = re.match(r"# file: (\S+)\n", block)
        files[named[1] if named else "agents.yaml"] = block[named.end() :] if named else block
    return files


UNREADABLE = "\ufffd".encode()
"""What an editor shows where a letter is no UTF-8."""


def failing(folder):
    """Run the tests of a folder as the gate does; what it says of those that fail."""
    words = ["test", str(folder), "--format", "json", "--color", "never"]
    told = CliRunner().invoke(lkrun, words, standalone_mode=False)
    return [SimpleNamespace(code="E501")] * json.loads(told.stdout)["failed"]


ASKED = {
    "E405": lambda result, _: missing_secrets(result),
    "E406": down,
    "E501": lambda _, folder: failing(folder),
    "W406": down,
}
"""What is told besides, where more is asked for than `lkrun check`."""


def codes_of(code, heading, folder, cache):
    """Return the codes of what is said about an example."""
    for name, text in examples(code, heading).items():
        path = folder / name
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(text.encode().replace(UNREADABLE, "\u00e9".encode("latin-1")))
    result = golden.compiled(folder, cache)
    more = ASKED[code](result, folder) if code in ASKED else ()
    return [d.code for d in [*result.diagnostics, *more]]


@pytest.fixture(autouse=True)
def shop_server(tmp_path_factory, monkeypatch):
    """The program of the examples with a server: it speaks MCP where it is asked to."""
    folder = tmp_path_factory.mktemp("programs")
    program = folder / "shop-server"
    program.write_text(
        f'#!/bin/sh\n[ "$1" = --stdio ] && exec {sys.executable} {SHOP} stdio\nexit 2\n'
    )
    program.chmod(0o755)
    monkeypatch.setenv("PATH", str(folder), prepend=os.pathsep)


@pytest.fixture(scope="module")
def cache(tmp_path_factory):
    return Cache(tmp_path_factory.mktemp("cache"))


def test_each_code_has_its_page_and_no_other():
    """The pages are those of the codes."""
    assert {path.stem for path in PAGES.iterdir()} == set(CODES)


@pytest.mark.parametrize("code", sorted(CODES))
def test_a_page_begins_with_its_code_and_title(code):
    """A page's title is the code and its line in the table; some plain sentences follow."""
    title, _, rest = explanation(code).partition("\n")
    assert title == f"# {code}: {CODES[code]}"
    prose = re.sub(r"\s+", " ", rest.partition("\nWrong:")[0]).strip()
    sentences = re.findall(r"[.:?](?= [A-Z`]|$)", prose)
    assert 2 <= len(sentences) <= 7
    assert max(map(len, rest.splitlines())) <= 130


@pytest.mark.parametrize("code", sorted(WITHOUT_EXAMPLE))
def test_a_page_without_examples_has_none(code):
    """What cannot be shown as YAML is told in words alone."""
    assert "```" not in explanation(code)


@pytest.mark.parametrize("code", SHOWN)
def test_what_a_page_calls_wrong_is_told_with_its_code(code, tmp_path, cache):
    """The first example has the mistake, once or more, and no other."""
    assert set(codes_of(code, "Wrong", tmp_path, cache)) == {code}


@pytest.mark.parametrize("code", SHOWN)
def test_what_a_page_calls_right_has_no_mistake(code, tmp_path, cache):
    """The second example is the first one mended: nothing is said about it."""
    assert codes_of(code, "Right", tmp_path, cache) == []
