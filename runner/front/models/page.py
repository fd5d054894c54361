"""What the page shows."""

from __future__ import annotations

from pydantic import Field

from runner.front.models.agents import AgentRow
from runner.front.models.base import ReplyBody
from runner.front.models.releases import DiagnosticRow, ReleaseReply


class PageAgent(AgentRow):
    """An agent as the page shows it; `meet` is where to talk with it by voice."""

    meet: str | None
    suggestions: list[str]
    keypad: bool
    variables: list[str] = Field(description="All that it may come to know")


class FolderStatus(ReplyBody):
    """How the folder stands, and what its last change was."""

    broken: bool = Field(description="Whether its files are not served, since they have mistakes")
    looked: str = Field(description="When they were last looked at")
    diagnostics: list[DiagnosticRow]
    changed: str | None = Field(description="When another release was last served")
    release: str | None = Field(description="That release")
    changes: list[str] = Field(description="What callers notice of it, in words")


class PageData(ReplyBody):
    """What the page shows before anybody talks."""

    version: str
    livekit: str | None
    release: ReleaseReply
    agents: list[PageAgent]
    folder: FolderStatus
    dev: bool = Field(description="Whether running conversations go on with what is saved")
