"""What is served, and what came of a reload."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from runner.front.models.base import ReplyBody


class ReleaseReply(ReplyBody):
    """The served release."""

    id: str
    time: str
    agents: list[str]


class SourcePlace(ReplyBody):
    """A place in a file; lines and columns from 1."""

    file: str
    line: int
    column: int
    message: str


class DiagnosticRow(ReplyBody):
    """A mistake in a file, as `lkrun check --format json` has it."""

    severity: Literal["error", "warning"]
    code: str
    file: str
    line: int
    column: int
    end_line: int
    end_column: int
    message: str
    help: str | None
    related: list[SourcePlace]


class ReloadReply(ReplyBody):
    """What came of a reload: whether the folder is served, and if not, why."""

    result: Literal["ok", "rejected", "unchanged"]
    release: str = Field(description="What is served after it")
    diagnostics: list[DiagnosticRow]
    changes: list[str] = Field(description="What callers notice, in words")
