"""What LiveKit is given for a call of a tool."""

from __future__ import annotations

import logging
from typing import Any

from livekit.agents import ChatContext, RunContext, ToolError, llm

from runner.session.action_outcome import ActionOutcome
from runner.session.actions import joined
from runner.session.call import Call
from runner.session.errors import CannotStartError
from runner.session.pending import PendingHandoff

log = logging.getLogger("lkrun")


def answer(call: Call, outcome: ActionOutcome, ctx: RunContext[Any]) -> Any:
    """A text, a text without a reply, a persona, or an error.

    Raises:
        ToolError: the tool has failed, or the persona that takes over cannot be built.
    """
    output = joined(outcome.output, [*outcome.remarks, *outcome.notes])
    if outcome.ends:
        call.over = True
        call.last_words |= outcome.answered and not outcome.notes
        ctx.speech_handle.add_done_callback(lambda _: call.finish(call.ends_as))
    elif outcome.leave is not None:
        if is_leaving(call):
            return llm.ToolResult(output, reply_required=False)
        return handed(call, outcome.leave, output, ctx)
    if outcome.undisturbed:
        call.to_its_end(ctx)
    if outcome.answered and not outcome.notes and not outcome.due:
        return llm.ToolResult(output, reply_required=False)
    if outcome.failed:
        raise ToolError(output)
    return output


def handed(call: Call, leave: PendingHandoff, output: str, ctx: RunContext[Any]) -> Any:
    """The persona that takes over, and what the tool has answered.

    Raises:
        ToolError: it cannot be built.
    """
    call.depart(leave.target)
    call.to_its_end(ctx)
    try:
        persona = call.persona.enter(leave)
    except CannotStartError as error:
        log.error("the call is not handed to '%s': %s", leave.target, error)  # noqa: TRY400 - no traceback may reach an author
        call.stay()
        words = call.bound.renderer.own("handoff_failed", persona=leave.target)
        raise ToolError(words) from None
    return persona, llm.ToolResult(output, reply_required=False)


def is_leaving(call: Call) -> bool:
    """Whether another handoff is under way."""
    return call.leaving not in (None, call.speaking)


def with_output(ctx: RunContext[Any], output: str) -> ChatContext:
    """The talk with a tool's answer in it, for words that are spoken before LiveKit knows it."""
    call, chat = ctx.function_call, ctx.session.current_agent.chat_ctx.copy()
    made = llm.FunctionCallOutput(
        name=call.name, call_id=call.call_id, output=output, is_error=False
    )
    chat.insert([call.model_copy(), made])
    return chat
