"""What counts durations never asks what time of day it is: that clock is set, and jumps."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

RUNNER = Path(__file__).parents[1] / "runner"

SHOWN = {
    "cache.py": "the day by which old entries go",
    "cli/crash.py": "the moment in a report",
    "cli/test_record.py": "the day on which a test was recorded",
    "delivery/events.py": "when something happened, as who is told of it reads it",
    "delivery/outbox.py": "when a call ended, and when an attempt is due, over restarts",
    "delivery/spool.py": "when something was kept, over restarts, and the day by which it goes",
    "demo/service.py": "the days of the demonstration's diary",
    "egress/auth/hmac.py": "the moment that a signature is made for",
    "egress/auth/tokens.py": "the date in a Retry-After",
    "egress/exchange.py": "the date in a Retry-After",
    "egress/signed.py": "the moment that a signature is made for",
    "external/jobs.py": "when a job came and ended, for people",
    "front/routes/completions.py": "when an answer was made, as OpenAI's have it",
    "records/memories.py": "the day by which a caller is forgotten",
    "records/opt_outs.py": "since when a number is on the list, by hand",
    "front/webhooks.py": "the moment that a signature was made for",
    "records/sound_files.py": "the day by which what was left of a sound goes",
    "records/spool.py": "when something happened, over restarts",
    "schema/types/field_types.py": "the day by which a date is judged",
    "serve/campaigns/desk.py": "when a campaign was started, paused or stopped by hand",
    "serve/external/jobs.py": "when a program was first seen in its room, for people",
    "serve/external/letters.py": "when a job ended, as its program reads it",
    "serve/external/posting.py": "until when a program must have joined, as it reads it",
    "serve/external/resuming.py": "how long a program may still take, over restarts",
    "serve/log.py": "the moment of an event",
    "serve/outgoing/outcome.py": "when a call that an agent makes began and ended, for people",
    "serve/records/recorder.py": "when something happened in a call",
    "serve/records/storing.py": "the day by which old records go",
    "serve/releases/previews.py": "until when a preview may be talked with, for people",
    "serve/releases/served.py": "since when a release is served",
    "serve/releases/shelf.py": "when a release was kept",
    "serve/reload/folder_state.py": "when the folder broke",
    "serve/sessions/calls.py": "when a session began and ended",
    "session/clock.py": "the moment in templates",
    "session/facts.py": "when a call began, for templates",
    "session/speech/ends.py": "the moment of the first sound, as LiveKit's outputs tell it",
}
"""The files that ask for the moment → what they show it as, or send it for."""


OLD = (
    "cache.py", "delivery/spool.py", "records/sound_files.py", "serve/external/resuming.py",
)  # fmt: skip
"""What these keep on the disk is forgotten, or given up, by its age."""


def asks_for_the_moment(path):
    """Whether a file calls `time.time`, `time.time_ns`, `datetime.now` or their like."""
    calls = [
        node for node in ast.walk(ast.parse(path.read_text("utf-8"))) if isinstance(node, ast.Call)
    ]
    names = {ast.unparse(call.func) for call in calls}
    moments = {"time.time", "time.time_ns", "datetime.now", "datetime.utcnow", "date.today"}
    return bool(names & moments)


def test_only_these_ask_for_the_moment():
    """Each shows it to somebody, or signs it; a new one says here what for."""
    files = {p.relative_to(RUNNER).as_posix(): p for p in RUNNER.rglob("*.py")}
    assert {name for name, path in files.items() if asks_for_the_moment(path)} == SHOWN.keys()


@pytest.mark.parametrize("name", sorted(SHOWN))
def test_no_moment_is_taken_from_another(name):
    """None of them computes how long something took from two moments."""
    for node in ast.walk(ast.parse((RUNNER / name).read_text("utf-8"))):
        if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Sub):
            words = ast.unparse(node)
            assert "datetime.now" not in words, words
            assert "time.time()" not in words or name in OLD, words
