"""What came of one turn of the agent, or of a whole talk: what checks look at."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

Event = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class TurnRecord:
    """A turn, or all turns together.

    Attributes:
        events: as `lkrun chat --format json` has them.
        seconds: from the end of the caller's words to the end of the turn; aloud, to the agent's
            last sound.
        first_word: seconds to the agent's first word; None where it said nothing.
        silence: the longest time without a word.
        tokens: input and output tokens of models.
        variables: as they are afterwards; private ones masked.
        rows: what after_call would have written to CSV files.
        bodies: what it would have posted.
        interrupted: the caller's words cut the agent's short.
        stopped: seconds from the caller's first sound until the agent, cut short, was silent.
    """

    events: Sequence[Event]
    seconds: float = 0.0
    first_word: float | None = None
    silence: float = 0.0
    tokens: int = 0
    variables: Mapping[str, Any] = field(default_factory=dict)
    rows: Sequence[Mapping[str, str]] = ()
    bodies: Sequence[Mapping[str, Any]] = ()
    interrupted: bool = False
    stopped: float | None = None

    @property
    def heard(self) -> str:
        """What was understood of the caller, a line a message."""
        return "\n".join(
            str(e["text"]) for e in self.events if e["type"] == "message" and e["role"] == "user"
        )

    @property
    def said(self) -> str:
        """All that the agent said, a line a message."""
        return "\n".join(
            str(e["text"]) for e in self.events if e["type"] == "message" and e["role"] == "agent"
        )

    @property
    def calls(self) -> list[Event]:
        """Calls of tools, by the model and by actions."""
        return [e for e in self.events if e["type"] == "tool_call"]

    @property
    def errors(self) -> list[str]:
        """Errors of tools, and why transfers failed."""
        failed = [e["reason"].replace("_", " ") for e in self._transfers("failed")]
        output = [
            str(e["output"]) for e in self.events if e["type"] == "tool_result" and e["error"]
        ]
        return output + failed

    @property
    def transfers(self) -> list[str]:
        """Whom the caller was put through to."""
        return [str(e["to"]) for e in self._transfers("done", "shown")]

    @property
    def refused(self) -> list[str]:
        """Whom they were not put through to, and why not."""
        failed = self._transfers("failed")
        return [f"{e['to'] or 'nobody'} ({e['reason'].replace('_', ' ')})" for e in failed]

    def _transfers(self, *states: str) -> list[Event]:
        return [e for e in self.events if e["type"] == "transfer" and e["state"] in states]

    @property
    def handoffs(self) -> list[str]:
        """The personas that the call was handed to."""
        return [str(e["to"]) for e in self.events if e["type"] == "handoff"]

    @property
    def ended(self) -> bool:
        """Whether the call ended."""
        return any(e["type"] == "end" for e in self.events)
