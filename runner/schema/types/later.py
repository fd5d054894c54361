"""Keys of the language that this version has not built: a table of names, no models.

A block's row stands under its noun. Writing such a key is an error that says so, so that nobody
waits for it to work.
"""

from __future__ import annotations


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


LATER: dict[str, frozenset[str]] = {
    "a file": _words("folder"),
    "an agent": frozenset(),
    "a persona": frozenset(),
    "a check": frozenset(),
    "a handoff": frozenset(),
    "a step": frozenset(),
    "a test": frozenset(),
    "an action": frozenset(),
    "a tool": frozenset(),
    "a provider": frozenset(),
    "http": frozenset(),
    "the room": frozenset(),
    "the runner": frozenset(),
    "the capacity": _words("idle_processes"),
}

MEANWHILE: dict[str, str] = {}
"""Such a key → what does nearly the same until it is built."""


def not_yet(name: str) -> tuple[str, str]:
    """The message of such a key or name, and its help."""
    message = f"'{name}' is not available yet in this version of lkrun"
    hint = "delete it until a later version has it"
    return message, f"{hint}; {MEANWHILE[name]}" if name in MEANWHILE else hint
