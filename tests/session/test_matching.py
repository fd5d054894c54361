"""Patterns of authors, bounded in time."""

from __future__ import annotations

import signal
import threading
import time

from runner.session.values.patterns import LONGEST, matches


def test_all_of_a_text_must_match():
    """A pattern is for the whole text."""
    assert matches(r"\d{4}", "4711")
    assert not matches(r"\d{4}", "47110")


def test_long_texts_do_not_match():
    """A text that is too long does not match."""
    assert matches(".*", "x" * LONGEST)
    assert not matches(".*", "x" * (LONGEST + 1))


def test_patterns_without_end_are_stopped():
    """A pattern that would take for ever is given up, and the alarm is left as it was."""
    before = signal.getsignal(signal.SIGALRM)
    begin = time.monotonic()
    assert not matches(r"(a|aa)+b", "a" * 60)
    assert time.monotonic() - begin < 2
    assert signal.getsignal(signal.SIGALRM) is before
    assert signal.getitimer(signal.ITIMER_REAL)[0] >= 0


def test_other_threads_match_without_an_alarm():
    """Outside the main thread, which alone has signals, patterns are matched all the same."""
    found = []
    thread = threading.Thread(target=lambda: found.append(matches("a+", "aaa")))
    thread.start()
    thread.join()
    assert found == [True]
