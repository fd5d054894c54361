"""lkrun's own sentences: each is there in each language, and used."""

from __future__ import annotations

import ast
import re
import tomllib
from pathlib import Path

import pytest

import runner
from runner.template import Renderer, analyse
from runner.texts import HEARD, LANGUAGES, TABLE, covered, shipped

RUNNER = Path(runner.__file__).parent
OTHERS = [language for language in LANGUAGES if language != "en"]
FILES = sorted(path.stem for path in (RUNNER / "texts" / "words").glob("*.toml"))


def names_in(text):
    """The names that the templates of a text use."""
    return {use.path[0] for use in analyse(text).uses}


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_language_has_every_text(language):
    """No text of a language that is shipped is lacking, and none is there that nobody knows."""
    path = RUNNER / "texts" / "words" / f"{language}.toml"
    assert set(tomllib.loads(path.read_text(encoding="utf-8"))) == set(TABLE)


@pytest.mark.parametrize("tag", FILES)
def test_words_use_what_the_table_says(tag):
    """A translation uses the names of its text, all of them; it can be read as a template."""
    for name, text in TABLE.items():
        words = shipped(name, tag)
        assert not analyse(words).problems, name
        assert names_in(words) == set(text.names), name


@pytest.mark.parametrize("language", OTHERS)
def test_nothing_is_left_in_english(language):
    """No text of another language is the English one, or lacks its braces."""
    for name in TABLE:
        assert shipped(name, language) != shipped(name), name
        assert shipped(name, language).count("{") == shipped(name, language).count("}"), name


@pytest.mark.parametrize("language", LANGUAGES)
def test_sentences_are_whole(language):
    """What is a sentence in English is one in each language: it ends with a mark."""
    for name in TABLE:
        if re.search(r"[.?!]$", shipped(name)):
            assert re.search(r"[.?!。？]$", shipped(name, language)), name


def test_a_country_has_its_own_words_or_those_of_its_language():
    """`pt-BR` has words of its own, and Portuguese ones where they are alike; `de-AT` German."""
    assert shipped("apology", "pt-BR") != shipped("apology", "pt")
    assert shipped("not_done", "pt-BR") == shipped("not_done", "pt")
    assert shipped("apology", "de-AT") == shipped("apology", "de")
    assert covered("de-AT")


@pytest.mark.parametrize("language", ["", "sv", "xx-YY"])
def test_what_is_not_shipped_is_english(language):
    """A language that is not there, and none, are English."""
    assert shipped("apology", language) == shipped("apology", "en")
    assert covered(language or "en") == (language == "")


def test_times_are_counted():
    """One time is told otherwise than several."""
    render = Renderer().render
    once, more = (render(shipped("tool_used_up"), {"tool": "t", "times": n}) for n in (1, 3))
    assert "used once in" in once
    assert "used 3 times in" in more


def used():
    """The names of texts that the code asks for."""
    for path in RUNNER.rglob("*.py"):
        if "texts" in path.parts:
            continue
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Constant) and isinstance(node.value, str):
                yield node.value


def test_every_text_is_used():
    """No text is translated that nobody says."""
    assert set(TABLE) <= set(used())


def test_what_callers_hear_is_known():
    """The texts that callers hear come first, and are so marked."""
    assert [text for text in TABLE.values() if text.heard] == list(HEARD)
