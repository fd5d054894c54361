"""Dialogues and calls."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import Field, RootModel

from runner.front.models.base import ReplyBody
from runner.front.models.events import Event


class SessionRow(ReplyBody):
    """A dialogue or a call."""

    id: str
    agent: str
    persona: str
    kind: Literal["text", "call"]
    release: str
    started: str
    turns: int
    room: str | None = Field(
        default=None,
        exclude_if=lambda room: room is None,
        description="LiveKit's, of a call in one",
    )


class SessionRows(RootModel[list[SessionRow]]):
    """Dialogues and calls."""


class SessionDetail(SessionRow):
    """A dialogue or a call with what was said in it."""

    events: list[Event]
    variables: dict[str, Any]
    ended: str | None = Field(default=None, description="When it ended, where it has")
    reason: str | None = Field(default=None, description="Why it ended")
