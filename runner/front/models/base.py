"""What all models share, and the shape of every error."""

from __future__ import annotations

from typing import Final

from pydantic import BaseModel, ConfigDict

LONGEST_BODY: Final = 64 * 1024
"""Bytes of a request's body, and so the most that one text can be."""


class RequestBody(BaseModel):
    """What a client sends: nothing unknown, nothing converted."""

    model_config = ConfigDict(extra="forbid", strict=True)


class ReplyBody(BaseModel):
    """What a client gets; ids and releases may grow further fields."""

    model_config = ConfigDict(extra="allow", from_attributes=True)


class ProblemBody(ReplyBody):
    """What is wrong (`code` for programs, `message` for people) and what to do."""

    code: str
    message: str
    help: str | None


class ProblemReply(ReplyBody):
    """Every error has this shape."""

    error: ProblemBody
