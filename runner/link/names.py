"""Names that templates may use in every call."""

from __future__ import annotations

from runner.template import MOMENTS

ATTRIBUTES: dict[str, tuple[str, ...]] = {
    "call": ("id", "agent", "persona", "started", "answered_by"),
    "caller": ("identity", "name", "kind", "attributes", "phone", "dialled"),
    "job": ("id", "attributes", "metadata"),
    "room": ("name", "metadata"),
}
"""Names that every call has, and what they have."""

AFTER_PARTS: dict[str, frozenset[str]] = {
    "call": frozenset(["duration", "ended", "ended_by", "summary", "transcript"]),
}
"""Parts of these that there are once the call is over."""

LATER_PARTS: dict[str, frozenset[str]] = {}
"""Parts of these that belong to what is not built yet."""

OPEN = "open_now"
"""Whether the hours of the agent say open: there where it has hours."""
LANGUAGE = "language"
"""What is spoken now."""
MEMORY = "memory"
"""What is remembered of the caller: there where the agent has a memory."""
MEMORY_PARTS = ("calls", "last", "summary")
ALWAYS = (*ATTRIBUTES, *MOMENTS, LANGUAGE, OPEN, MEMORY)
