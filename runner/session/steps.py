"""One answer of the model, as LiveKit keeps it: its words, and the calls that came with them."""

from __future__ import annotations

import asyncio
from typing import Any

from livekit.agents import FunctionCall, RunContext


def step_of(call: FunctionCall) -> str:
    """The answer of the model that a call belongs to: LiveKit names it `<id of it>/fnc_<n>`."""
    return call.id.rpartition("/fnc_")[0]


def spoke(ctx: RunContext[Any]) -> bool:
    """Whether the model said something together with the call of this tool.

    Words of an earlier step do not count.
    """
    waited = ctx.userdata.said_thinking
    said = {
        i.id
        for i in ctx.speech_handle.chat_items
        if i.type == "message" and i.role == "assistant" and i.text_content not in waited
    }
    return step_of(ctx.function_call) in said


def beside(ctx: RunContext[Any]) -> list[FunctionCall]:
    """The other calls of the same answer of the model, once it is whole."""
    own = ctx.function_call
    calls = (i for i in ctx.speech_handle.chat_items if i.type == "function_call")
    return [c for c in calls if step_of(c) == step_of(own) and c.call_id != own.call_id]


class StepEnds:
    """When each tool of the model's latest answer has been run."""

    def __init__(self) -> None:
        """No tool has been called."""
        self._step = ""
        self._ended: dict[str, asyncio.Event] = {}

    def of(self, call: FunctionCall) -> asyncio.Event:
        """Set when a tool of the model's latest answer has been run."""
        if step_of(call) != self._step:
            self._step, self._ended = step_of(call), {}
        return self._ended.setdefault(call.call_id, asyncio.Event())
