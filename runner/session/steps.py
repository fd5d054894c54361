"""One answer of the model, as LiveKit keeps it: its words, and the calls that came with them."""

from __future__ import annotations

from typing import Any

from livekit.agents import FunctionCall, RunContext


def step_of(call: FunctionCall) -> str:
    """The answer of the model that a call belongs to: LiveKit names it `<id of it>/fnc_<n>`."""
    return call.id.rpartition("/fnc_")[0]


def spoke(ctx: RunContext[Any]) -> bool:
    """Whether the model said something together with the call of this tool.

    Words of an earlier step do not count.
    """
    said = {
        i.id for i in ctx.speech_handle.chat_items if i.type == "message" and i.role == "assistant"
    }
    return step_of(ctx.function_call) in said


def beside(ctx: RunContext[Any]) -> list[FunctionCall]:
    """The other calls of the same answer of the model, once it is whole."""
    own = ctx.function_call
    calls = (i for i in ctx.speech_handle.chat_items if i.type == "function_call")
    return [c for c in calls if step_of(c) == step_of(own) and c.call_id != own.call_id]
