"""Campaigns, and what came of their contacts."""

from __future__ import annotations

from typing import Literal

from pydantic import Field, RootModel

from runner.front.models.base import ReplyBody


class CampaignRow(ReplyBody):
    """A campaign."""

    name: str
    agent: str
    state: Literal["new", "loading", "running", "paused", "stopped", "finished"]
    reason: str | None = Field(description="Why it is in this state")
    round: int = Field(description="How often it was begun from the start; 0: never")
    started: str | None
    changed: str | None
    contacts: int
    waiting: int
    calling: int
    done: int
    outcomes: dict[str, int] = Field(description="What came of the last attempt → contacts")


class CampaignRows(RootModel[list[CampaignRow]]):
    """Campaigns, by name."""


class AttemptRow(ReplyBody):
    """A call to a contact that was begun."""

    attempt: int
    began: str
    ended: str | None
    outcome: str | None
    answered_by: str | None
    session_id: str | None = Field(description="The call's, for its record")
    message: str | None = Field(description="Why nobody answered")


class ContactRow(ReplyBody):
    """A contact, and what came of it."""

    line: int = Field(description="Where it stands in the table")
    phone: str
    timezone: str | None = Field(description="null: the agent's")
    state: Literal["waiting", "calling", "done"]
    outcome: str | None
    columns: dict[str, str]
    attempts: list[AttemptRow]


class CampaignDetail(CampaignRow):
    """A campaign with its contacts, in the order of the table."""

    attempts: list[ContactRow] = Field(description="Each contact with its attempts, some at once")
    cursor: int | None = Field(description="For ?cursor= of the next question; null: no more")
