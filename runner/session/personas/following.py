"""What follows actions that no tool of the model asked for."""

from __future__ import annotations

import logging
from collections.abc import Callable

from livekit.agents import Agent

from runner.session.action_outcome import ActionOutcome
from runner.session.call import Call
from runner.session.errors import CannotStartError
from runner.session.pending import PendingHandoff

log = logging.getLogger("lkrun")


async def follow(
    call: Call,
    persona: Agent,
    enter: Callable[[PendingHandoff], Agent],
    outcome: ActionOutcome,
) -> None:
    """Tell the model what has happened; then end the call, hand it over, or let the model speak.

    Args:
        call: the call.
        persona: who speaks.
        enter: makes the persona that takes over.
        outcome: what came of the actions.
    """
    if outcome.remarks:
        await _remark(persona, outcome.remarks)
    if outcome.ends:
        call.over = True
        call.finish("end_call")
    elif outcome.leave is not None:
        call.depart(outcome.leave.target)
        try:
            persona.session.update_agent(enter(outcome.leave))
        except CannotStartError as error:
            log.error("the call is not handed to '%s': %s", outcome.leave.target, error)  # noqa: TRY400 - no traceback may reach an author
            call.stay()
            await call.speak(call.bound.renderer.own("nobody"))
    elif outcome.awaited or (outcome.outputs and not outcome.answered):
        await call.instruct("", tools=True)


async def _remark(persona: Agent, remarks: list[str]) -> None:
    """Tell the model what has happened, without asking it to answer."""
    chat = persona.chat_ctx.copy()
    chat.add_message(role="system", content="\n".join(remarks))
    await persona.update_chat_ctx(chat)
