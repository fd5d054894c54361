"""What is to happen next in a call: a handoff, a question of the runner's, a call of a tool."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from livekit.agents.utils import shortuuid


@dataclass(frozen=True, slots=True)
class PendingHandoff:
    """Where a persona hands the call to, and what the next one is told of the talk."""

    target: str
    context: str = "full"


@dataclass(slots=True)
class Question:
    """A call of a tool that waits for the caller's yes.

    Attributes:
        given: its arguments as the model gave them.
        words: what the caller was asked.
        turn: the caller's turn in which they were asked.
        item: names the question in the talk; nothing until it has been spoken.
        agreed: what the caller has answered; None until they have.
        id: names the call that is then made in the model's place.
    """

    name: str
    given: Mapping[str, Any]
    persona: str
    turn: int
    words: str = ""
    item: str = ""
    agreed: bool | None = None
    id: str = field(default_factory=lambda: shortuuid("confirmed_"))


@dataclass(slots=True)
class DueCall:
    """A call of a tool that the model's next reply begins with.

    Attributes:
        after: what the agent's side of the talk ends with, once the model has been asked for it.
    """

    tool: str
    after: str | None = None
