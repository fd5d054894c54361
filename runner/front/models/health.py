"""Whether the runner is alive and ready."""

from __future__ import annotations

from typing import Literal

from runner.front.models.base import ReplyBody


class StatusReply(ReplyBody):
    """The front is alive, or the runner takes calls."""

    status: Literal["ok", "ready"]
