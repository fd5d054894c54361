"""Whether the runner is alive and ready."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import SerializerFunctionWrapHandler, model_serializer

from runner.front.models.base import ReplyBody


class ReadyReply(ReplyBody):
    """The runner is ready; where calls have a limit, how many there are, and whether it is full."""

    status: Literal["ready"]
    calls: int | None = None
    max_calls: int | None = None
    full: bool | None = None

    @model_serializer(mode="wrap")
    def _without_nothing(self, write: SerializerFunctionWrapHandler) -> dict[str, Any]:
        """Where any number of calls is taken, there is nothing to say of them."""
        return {name: value for name, value in write(self).items() if value is not None}


class StatusReply(ReplyBody):
    """The front is alive."""

    status: Literal["ok"]
