"""The name that a person probably meant."""

from __future__ import annotations

import pytest

from runner.diagnostics.nearest import did_you_mean, nearest

NAMES = ["greeting", "instructions", "instructions_file", "on_handoff", "llm", "say"]


@pytest.mark.parametrize(
    ("word", "meant"),
    [
        ("greting", "greeting"),
        ("Greeting", "greeting"),
        ("on-handoff", "on_handoff"),
        ("on handoff", "on_handoff"),
        ("instruction", "instructions"),
        ("instr", "instructions"),
        ("lm", "llm"),
        ("sya", "say"),
        ("temperature", None),
        ("x", None),
        ("", None),
    ],
)
def test_the_nearest_word_is_found(word, meant):
    """Misspelt, cut, in capitals or with other dashes: the word is found, and none by chance."""
    assert nearest(word, NAMES) == meant


def test_without_a_near_word_a_short_list_is_told():
    """Up to eight names are listed, more are not, and of none nothing is said."""
    assert did_you_mean("saay", NAMES) == "did you mean 'say'?"
    assert did_you_mean("zzz", ["b", "a"], noun="keys") == "keys: a, b"
    assert did_you_mean("zzz", map(str, range(9))) is None
    assert did_you_mean("zzz", []) is None
