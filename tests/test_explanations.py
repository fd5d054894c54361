"""Each code has a page, and its examples are true."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from support import golden

from runner.cache import Cache
from runner.cli.check import missing_secrets
from runner.cli.explain import explanation
from runner.diagnostics.codes import CODES

PAGES = Path(__file__).parents[1] / "runner" / "diagnostics" / "explanations"

WITHOUT_EXAMPLE = {
    "E001": "rights are no text",
    "E002": "too large for a page",
    "E003": "links are no text",
    "E005": "the name of a file is meant",
    "E006": "a folder is no text",
    "E010": "a page is UTF-8",
    "E011": "the character cannot be seen in a page either",
    "E023": "64 levels are too wide for a page",
    "E118": "64 KB are too long for a page",
    "E406": "a server would have to be down",
    "W406": "as above",
    "E404": "a broken plugin would have to be installed",
    "E501": "its tests are run by serve and test, not by check",
    "E502": "as above",
    "W002": "the name of a file is meant",
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


def codes_of(code, heading, folder, cache):
    """Return the codes of what is said about an example."""
    for name, text in examples(code, heading).items():
        path = folder / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(text, encoding="utf-8")
    result = golden.compiled(folder, cache)
    diagnostics = [*result.diagnostics, *(missing_secrets(result) if code == "E405" else ())]
    return [d.code for d in diagnostics]


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
