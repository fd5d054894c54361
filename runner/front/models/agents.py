"""The agents of the served release."""

from __future__ import annotations

from pydantic import RootModel

from runner.front.models.base import ReplyBody


class AgentRow(ReplyBody):
    """An agent of the served release."""

    name: str
    description: str | None
    start: str
    mode: str
    registered: bool
    personas: list[str]


class AgentRows(RootModel[list[AgentRow]]):
    """The agents of the served release."""
