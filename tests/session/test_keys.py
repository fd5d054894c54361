"""Every key of the language that a call has to do with is proved by a test.

A test that proves what a key does is marked: `@pytest.mark.proves("Agent.timezone")`.
"""

from __future__ import annotations

from support.keys import ELSEWHERE, keys, proofs


def test_every_key_is_proved():
    """No key is accepted in a folder that nobody has proved to work in a call."""
    assert keys() - {key for key, _ in proofs()} == ELSEWHERE


def test_only_keys_are_proved():
    """No test is marked as the proof of a key that there is not."""
    assert {key for key, _ in proofs()} <= keys()
