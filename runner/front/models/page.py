"""What the page shows."""

from __future__ import annotations

from runner.front.models.agents import AgentRow
from runner.front.models.base import ReplyBody
from runner.front.models.releases import ReleaseReply


class PageAgent(AgentRow):
    """An agent as the page shows it; `meet` is where to talk with it by voice."""

    meet: str | None
    suggestions: list[str]


class PageData(ReplyBody):
    """What the page shows before anybody talks."""

    version: str
    livekit: str | None
    release: ReleaseReply
    agents: list[PageAgent]
