"""What a persona does that no tool of the model asked for, and what follows from it."""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import Any

from livekit.agents import Agent, UserTurnExceededEvent

from runner.session.action_context import ActionContext
from runner.session.action_outcome import ActionOutcome
from runner.session.actions import perform
from runner.session.call import Call
from runner.session.errors import CannotStartError
from runner.session.pending import PendingHandoff
from runner.session.tasks.certain import Deed

log = logging.getLogger("lkrun")


class Unasked:
    """Does actions for one persona, as long as it speaks.

    Args:
        call: the call.
        persona: who speaks.
        enter: makes the persona that takes over.
    """

    def __init__(
        self, call: Call, persona: Agent, enter: Callable[[PendingHandoff], Agent]
    ) -> None:
        """Nothing is being done."""
        self._call, self._persona, self._enter = call, persona, enter
        self._cutting_in = False

    async def act(self, actions: Any, *, over_the_caller: bool = False) -> None:
        """Do actions.

        Args:
            actions: what is done.
            over_the_caller: the caller is speaking, and would interrupt what is said at once.
        """
        call = self._call
        call.budget.begin(object())
        with call.busy():
            outcome = await perform(actions, ActionContext(call, over_the_caller=over_the_caller))
        await self.follow(outcome)

    async def do(self, deed: Deed) -> None:
        """Do a deed; where the caller has heard nothing, answer."""
        call = self._call
        call.budget.begin(object())
        with call.busy():
            outcome = await deed(ActionContext(call))
        outcome.awaited = outcome.due or not outcome.answered
        await self.follow(outcome)

    async def follow(self, outcome: ActionOutcome) -> None:
        """Tell the model what has happened; then end the call, hand it over, or let it speak."""
        call = self._call
        if outcome.remarks:
            await self._remark(outcome.remarks)
        if outcome.ends:
            call.over = True
            call.finish(call.ends_as)
        elif outcome.leave is not None:
            await self._hand_over(outcome.leave)
        elif outcome.awaited or (outcome.outputs and not outcome.answered):
            await call.instruct("", tools=True)

    async def _hand_over(self, leave: PendingHandoff) -> None:
        call = self._call
        call.depart(leave.target)
        try:
            self._persona.session.update_agent(self._enter(leave))
        except CannotStartError as error:
            log.error("the call is not handed to '%s': %s", leave.target, error)  # noqa: TRY400 - no traceback may reach an author
            call.stay()
            await call.speak(call.bound.renderer.own("nobody"))

    async def _remark(self, remarks: list[str]) -> None:
        """Tell the model what has happened, without asking it to answer."""
        chat = self._persona.chat_ctx.copy()
        chat.add_message(role="system", content="\n".join(remarks))
        await self._persona.update_chat_ctx(chat)

    async def exceeded(self, event: UserTurnExceededEvent) -> None:
        """The caller talks without end: do what the agent says, once at a time."""
        if self._cutting_in or self._call.over:
            return
        self._cutting_in = True
        try:
            await self._cut_in(event)
        finally:
            self._cutting_in = False

    async def _cut_in(self, event: UserTurnExceededEvent) -> None:
        turns = self._call.bound.release.agent.turn_taking
        limit = turns.turn_limit if turns is not None else None
        if limit is None or not limit.then:
            await self._persona.session.generate_reply(
                user_input=event.transcript,
                instructions=self._call.bound.renderer.own("cut_in"),
                allow_interruptions=False,
                tool_choice="none",
            )
            return
        await self.act(limit.then, over_the_caller=True)
