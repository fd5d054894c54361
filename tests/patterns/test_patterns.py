"""Patterns of authors: Python's syntax, all languages, linear time."""

from __future__ import annotations

import re
import threading
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from runner.patterns import LONGEST, PatternError, compile_pattern


def matches(pattern, text):
    return compile_pattern(pattern).matches(text)


def search(pattern, text):
    return compile_pattern(pattern, any_case=True).search(text)


def test_all_of_a_text_must_match():
    """A pattern is for the whole text."""
    assert matches(r"\d{4}", "4711")
    assert not matches(r"\d{4}", "47110")


def test_long_texts_do_not_match():
    """A text that is too long does not match."""
    assert matches(".*", "x" * LONGEST)
    assert not matches(".*", "x" * (LONGEST + 1))
    assert search("x", "x" * (LONGEST + 1)) is None


@pytest.mark.parametrize(
    "pattern", [r"(a|aa)+b", r"(a+)+b", r"(a*)*b", r"(.*a){12}b", r"(\w+\s?)+!", r"^(([a-z])+.)+b$"]
)
def test_no_pattern_backtracks(pattern):
    """Patterns that take Python for ever are done with the longest text in a moment."""
    begin = time.process_time()
    assert not matches(pattern, "a" * LONGEST)
    assert search(pattern, "a" * LONGEST) is None
    assert time.process_time() - begin < 1


def test_threads_share_a_pattern():
    """A pattern is matched in any thread."""
    match = []
    thread = threading.Thread(target=lambda: match.append(matches("a+", "aaa")))
    thread.start()
    thread.join()
    assert match == [True]


@pytest.mark.parametrize(
    ("pattern", "text"),
    [
        ("ärger", "ÄRGER"),
        ("straße", "STRAẞE"),
        ("łódź", "ŁÓDŹ"),
        ("да", "ДА"),
        ("ναι", "ΝΑΙ"),
        ("οδός", "ΟΔΌΣ"),
        ("istanbul", "İSTANBUL"),
        ("IŞIK", "ışık"),
        ("[à-ỹ]+", "ÀỸ"),
        ("[a-z]+", "\u212aſ"),
        ("ĳ", "Ĳ"),
        ("đặt bàn", "ĐẶT BÀN"),
        ("(?-i:A)b", "AB"),
    ],
)
def test_large_and_small_letters_are_the_same_in_every_language(pattern, text):
    """In any case means the letters of all languages; where Python agrees, the same."""
    assert search(rf"^{pattern}$", text) is not None
    assert re.fullmatch(pattern, text, re.IGNORECASE)


@pytest.mark.parametrize(
    ("pattern", "text", "expected"),
    [
        (r"\büber\b", "das Über dem", True),
        (r"\büber\b", "gegenüber dem", False),
        (r"\bда\b", "ну да!", True),
        (r"\bда\b", "дача", False),
        (r"नमस्ते\b", "नमस्ते जी", True),
        (r"\bह\b", "हूँ", False),
        (r"\b\b\bja\b\b", "na ja", True),
        (r"(\bja\b\s*)+\b", "ja ja", True),
        (r"ä\Bö", "äöü", True),
        (r"ä\B", "ä", False),
        (r"\bwant (a|an) \b", "I want a table", True),
    ],
)
def test_words_end_where_a_reader_says(pattern, text, expected):
    """Word boundaries know the letters and vowel signs of all languages."""
    assert (search(pattern, text) is not None) is expected


def test_composed_and_decomposed_letters_are_the_same():
    """A keyboard that writes ä as a and two dots is understood, in texts and in patterns."""
    assert matches("jäger", "ja\u0308ger")
    assert matches("ja\u0308ger", "jäger")


def test_groups_hold_what_they_found():
    """Named groups that took part are given, as they stand in the text."""
    pattern = r"\bđặt (?P<what>\w+)(?: (?:lúc|at) (?P<when>\d+))?"
    assert search(pattern, "tôi muốn ĐẶT Bàn lúc 8") == {"what": "Bàn", "when": "8"}
    assert search(pattern, "đặt bàn") == {"what": "bàn"}
    assert compile_pattern(pattern).names == ("what", "when")


def test_a_pattern_of_many_letters_is_matched_too():
    """Where a pattern tells more letters apart than one byte can, nothing changes."""
    letters = "".join(map(chr, range(0x400, 0x460)))
    match = search(rf"\b(?P<all>{letters})\b(?P<end>.?)", f"😀 {letters}\n")
    assert match == {"all": letters, "end": ""}
    assert search(rf"(?m)^{letters}$", f"a\n{letters}\nb") == {}
    assert search(letters, letters[1:]) is None


def test_a_broken_letter_is_a_letter_like_any_other():
    """Half of a surrogate pair in a text disturbs nothing."""
    assert matches("a.b", "a\ud800b")


@pytest.mark.parametrize(
    ("pattern", "reason", "help_"),
    [
        (r"(?=.*\d).+", "look ahead, as (?= does", "as a part of the pattern"),
        (r"(?!0)\d+", "look ahead, as (?! does", r"[1-9]\d*"),
        (r"(?<=no\. )\d+", "look behind, as (?<= does", r"no\. ?\d+"),
        (r"(?<!-)\d+", "look behind, as (?<! does", r"(^|\s)\d+"),
        (r"(\d)\1", "once more", "a second time"),
        (r"(?P<d>\d)(?P=d)", "once more", "a second time"),
        (r"(a)?(?(1)b|c)", "depend on whether a group", "with | between"),
        (r"(?>a+)b", "(?> is not needed", "(?:"),
        (r"a++b", "a second + ", "last + out"),
        (r"\d{1,5000}", "counts to 1000", "+ or *"),
        (r"((a{900}){900}){9}", "too large", "smaller"),
        (r"[[:alpha:]]+", "[: ] is not known", r"[^\W\d_]"),
        (r"\p{L}+", r"\p is not known", r"[^\W\d_]"),
        (r"(?<year>\d{4})", "a P here", r"(?P<name>\d+)"),
        (r"a(?i)b", "at the beginning", "(?i: )"),
        (r"\d{4,2}", "larger number stands first", r"\d{2,4}"),
        ("(" * 5000 + ")" * 5000, "nested too deeply", "apart"),
    ],
)
def test_what_cannot_be_said_is_refused_with_words(pattern, reason, help_):
    """What takes backtracking, or another dialect, is told with what to write instead."""
    with pytest.raises(PatternError) as caught:
        compile_pattern(pattern)
    assert reason in str(caught.value)
    assert help_ in caught.value.help
    assert caught.value.__notes__ == [caught.value.help]


@pytest.mark.parametrize(
    ("pattern", "text"),
    [
        (r"\d+ euros?", "12 euro"),
        (r"[1-9]\d*", "40"),
        (r"no\. ?\d+", "no. 12"),
        (r"(^|\s)\d+", "12"),
        (r"[^\W\d_]+", "Über"),
        (r"(?P<name>\d+)", "12"),
        (r"(?i: ja )", " JA "),
        (r"\d{2,4}", "123"),
        (r"\( \[ \* \+ \?", "( [ * + ?"),
    ],
)
def test_what_the_helps_propose_can_be_used(pattern, text):
    """Each pattern that a help shows is accepted and matches what it is about."""
    assert matches(pattern, text)


_PIECES = st.sampled_from(
    [
        r"\w",
        r"\W",
        r"\d",
        r"\D",
        r"\s",
        r"\S",
        r"\b",
        r"\B",
        "^",
        "$",
        ".",
        "a",
        "B",
        "ß",
        "я",
        "-",
        "[a-z]",
        "[^a]",
        r"[^\W\d_]",
        r"[\W\d]",
        r"[\s\S]",
        "(?:a|b)",
        "(?i:é)",
        "(x)",
        "(?P<n>y)",
    ]
)
_TIMES = st.sampled_from(["", "", "", "*", "+", "?", "*?", "{1,3}"])
_TEXTS = st.text(st.sampled_from("aAbBßẞяЯéÉxyzK_-1٣ \n!ſ"), min_size=1, max_size=8)


@given(st.lists(st.tuples(_PIECES, _TIMES), max_size=6), _TEXTS, st.booleans())
def test_python_agrees(pieces, text, any_case):
    """Whatever is put together, Python's own matcher finds the same."""
    pattern = "".join(p if p in (r"\b", r"\B", "^", "$") else p + times for p, times in pieces)
    if pattern.count("?P<n>") > 1 or (text.endswith("\n") and "$" in pattern):
        return
    ours = compile_pattern(pattern, any_case=any_case)
    theirs = re.compile(pattern, re.IGNORECASE if any_case else 0)
    assert ours.matches(text) == (theirs.fullmatch(text) is not None)
    match = theirs.search(text)
    groups = {n: g for n, g in match.groupdict().items() if g is not None} if match else None
    assert ours.search(text) == groups
