"""What is noted of sessions, and the records that come of it."""

from __future__ import annotations

from typing import Any

from runner.records import entry, notes

START = 1_772_438_400.0
"""2 March 2026, 08:00 UTC."""


def talk(
    name: str = "s1", at: float = START, said: str = "Hello", **about: Any
) -> list[notes.Note]:
    """The notes of a session of a minute."""
    began = {
        "id": name, "kind": "call", "agent": "desk", "release": "r1", "room": None,
        "persona": "greeter", "labels": {"customer": "sunrise"}, "keep": 86_400.0,
    }  # fmt: skip
    report = about.pop("report", None)
    reason = about.pop("reason", "end_call")
    made = [
        notes.note(notes.BEGAN, at, **began | about),
        notes.note(
            notes.EVENT, at + 1,
            event={"turn": 1, "type": "message", "role": "user", "persona": "greeter",
                   "text": said},
        ),
    ]  # fmt: skip
    if report is not None:
        made.append(notes.note(notes.REPORT, at + 59, report=REPORT | {"session": name} | report))
    return [*made, notes.note(notes.ENDED, at + 60, reason=reason)]


REPORT = {
    "caller": {}, "variables": {}, "summary": "", "extract": {}, "verdicts": {}, "reasons": {},
    "usage": {}, "latency": [],
}  # fmt: skip


def made(*args: Any, **about: Any) -> entry.Entry:
    """The record of such a session."""
    noted = entry.read(talk(*args, **about))
    assert isinstance(noted, entry.Entry)
    return noted
