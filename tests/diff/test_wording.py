"""Values as people say them, and what is told of long texts and of silence."""

from __future__ import annotations

from types import SimpleNamespace

import pytest

from runner.diff.silence import longest
from runner.diff.texts import edited
from runner.diff.wording import lasting, listed, quoted, said
from runner.schema.types.texts import Spoken


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (0.0, "0 s"), (0.05, "50 ms"), (0.5, "0.5 s"), (8.0, "8 s"), (60.0, "1 minute"),
        (90.0, "90 s"), (1800.0, "30 minutes"), (125.0, "2 minutes 5 s"), (3600.0, "1 hour"),
        (90061.0, "1 day 1 hour 1 minute 1 s"),
    ],
)  # fmt: skip
def test_durations(seconds, words):
    """Durations are said in the units that people use."""
    assert lasting(seconds) == words


def test_lists_and_texts():
    """Lists have an `and`, long ones a count; texts have quotation marks and one line."""
    assert listed([]) == ""
    assert listed("ab") == "a and b"
    assert listed("abcdefgh") == "a, b, c, d, e and 3 more"
    assert quoted(" a\n b ") == "\u201ca b\u201d"
    assert quoted("word " * 99).endswith("word \u2026\u201d")
    assert said((Spoken("Hi."), Spoken("Hello."))) == "\u201cHi.\u201d or \u201cHello.\u201d"
    assert said(({"a": "1"}, {"b": "2"})) == "2 entries"
    assert said({"a": {"b": "1", "c": "2"}}) == "a b and c"
    assert [said(v) for v in (None, True, False, 3, 0.5, ())] == [
        "nothing", "yes", "no", "3", "0.5", "nothing",
    ]  # fmt: skip


def test_long_texts():
    """Words more and fewer are counted, and the first sentence that differs is shown."""
    assert edited("a b. c", "a b. c d") == "1 word more; the first that is new: \u201cc d\u201d"
    assert edited("Be kind. Go.", "Be kind.") == (
        "1 word fewer; the first that is left out: \u201cGo.\u201d"
    )
    assert edited("a b", "b a").startswith("the same words in another order")
    assert edited("a. b.", "b. a.") == "the same words in another order"
    assert edited("old", "new new").startswith("2 words more and 1 fewer")


@pytest.mark.parametrize(
    ("request_keys", "tool_keys", "seconds"),
    [
        ({}, {}, 5.0),
        ({"budget": 3.0}, {}, 3.0),
        ({"budget": 9.0}, {}, 5.0),
        ({"budget": 9.0, "retries": 2}, {}, 9.0),
        ({}, {"background": True}, 0.0),
        ({}, {"while_waiting": SimpleNamespace(after=1.0, every=4.0)}, 4.0),
        ({}, {"while_waiting": SimpleNamespace(after=8.0, every=None)}, 5.0),
    ],
)
def test_the_longest_silence(request_keys, tool_keys, seconds):
    """The wait for a service counts until the budget is used up, or something is said."""
    http = SimpleNamespace(timeout=5.0, **request_keys)
    tools = {"a": SimpleNamespace(), "b": SimpleNamespace(http=http, **tool_keys)}
    assert longest(SimpleNamespace(tools=tools))[0] == seconds
    assert longest(SimpleNamespace(tools={})) == (0.0, "")
