"""The replies of one persona: what is certain is done, all else is its model's."""

from __future__ import annotations

import math
from collections.abc import AsyncGenerator, Callable
from typing import Any

from livekit.agents import ChatContext, ModelSettings, llm

from runner.session.call import Call
from runner.session.models.answer import Answer, AnswerError
from runner.session.models.in_order import OWED
from runner.session.models.nodes import Node, through
from runner.session.personas.context import owed
from runner.session.personas.first_words import after_consent
from runner.session.personas.models import choice
from runner.session.personas.recorded import agreeing
from runner.session.personas.thinking import while_thinking, without_such_words
from runner.session.personas.toolbox import Toolbox
from runner.session.plan import PersonaPlan
from runner.session.tasks.certain import (
    BY_KEYS,
    Deed,
    last_caller,
    prepared,
    with_note,
    without_deeds,
)
from runner.session.tasks.filling import note
from runner.session.tasks.intents import meant
from runner.session.tasks.replies import again, answered
from runner.session.tools.confirming import decided
from runner.session.tools.due import due

SILENCE = 7.0
"""Seconds that a model may be silent where somebody listens: after 10 they give up.

They are more where its provider is given more time.
"""


class Replies:
    """Replies for one persona, for as long as it speaks.

    Attributes:
        earlier: ids of what was said before it spoke: nothing of it is answered.

    Args:
        call: the call.
        plan: what the persona is made of.
        toolbox: makes its tools.
        nodes: part → its nodes there.
        first: it speaks from the start; one that takes over owes the caller its first words.
    """

    def __init__(
        self,
        call: Call,
        plan: PersonaPlan,
        toolbox: Toolbox,
        nodes: dict[str, list[tuple[str, Node]]],
        *,
        first: bool,
    ) -> None:
        """Nothing has been said yet."""
        self._call, self._nodes = call, nodes
        self._silent = not first
        self.earlier: frozenset[str] = frozenset()
        self.become(plan, toolbox)

    def become(self, plan: PersonaPlan, toolbox: Toolbox) -> None:
        """Go on as another release has it."""
        self._plan, self._toolbox = plan, toolbox
        self._changing = toolbox.changes(plan)

    async def reply(
        self,
        chat: ChatContext,
        tools: list[llm.Tool],
        settings: ModelSettings,
        livekits: Callable[[ChatContext, list[llm.Tool], ModelSettings], Any],
    ) -> AsyncGenerator[Any, None]:
        """What LiveKit is given for a reply, in pieces.

        Args:
            chat: the talk.
            tools: all of the persona's tools.
            settings: as LiveKit has them for this reply.
            livekits: LiveKit's own node, which asks the model.
        """
        call = self._call
        deed = self._certainly(chat)
        if deed is not None:
            yield prepared(call, deed)
            return
        turn = self._turn(chat)
        call.budget.begin(_latest_of_caller(chat))
        if settings.tool_choice != "none" and (made := decided(call, chat.items)):
            yield made
            return
        tools = self.offered(tools, turn)
        if settings.tool_choice != "none":
            wanted = due(call, {tool.id for tool in tools}, chat.items)
            settings = ModelSettings(wanted) if wanted is not None else settings
        answer = self._answer(
            chat,
            settings.tool_choice != "none",
            through(
                self._nodes.get("llm", ()),
                lambda chat, settings: livekits(chat, tools, settings),
                self._as_told(chat, turn),
                settings,
            ),
        )
        try:
            async for piece in while_thinking(call, answer.pieces()):
                yield piece
            self._silent = False
        except AnswerError as error:
            call.given_up += 1
            if words := call.give_up(str(error)):
                yield f"\n{words}" if answer.said else words
        if not answer.called and (following := self._asked_again(chat, turn)):
            yield following

    def offered(self, tools: list[llm.Tool], turn: str | None) -> list[llm.Tool]:
        """Of all of the persona's tools, those that the model may be offered now."""
        return self._toolbox.offered(self._plan, tools, turn) if self._changing else tools

    def _answer(self, chat: ChatContext, may_call: bool, pieces: Any) -> Answer:
        """The model's answer, within bounds."""
        call = self._call
        waited = not call.over and (self._silent or owed(chat.items, call.bound.plan.tools))
        OWED.set(waited)
        models, spoken = call.bound.models, call.bound.context.spoken
        named = choice(call.bound.release, self._plan.name, "llm", spoken) or ()
        patience = max(SILENCE, models.patience(named))
        return Answer(
            pieces,
            call.bound.models.hidden,
            patience if call.in_room or call.channel == "voice" else math.inf,
            call.budget,
            owed=waited,
            may_call=may_call,
            model=models.model_of(named),
            address=models.address_of(named),
            refused=call.refused,
        )

    def _asked_again(self, chat: ChatContext, turn: str | None) -> str | llm.ChatChunk | None:
        """What follows words of the model alone, where the caller was asked for something."""
        call = self._call
        if turn is None or not self._plan.asks or call.over:
            return None
        said = next((i.text_content for i in chat.messages() if i.id == turn), None)
        following = again(call.needs, self._plan, turn, said or "")
        if isinstance(following, str):
            return f"\n{following}" if following else None
        return prepared(call, following)

    def _certainly(self, chat: ChatContext) -> Deed | None:
        """What the caller's words lead to for certain, where nothing has answered them yet."""
        message = last_caller(chat.items)
        if message is None or message.id in self.earlier or BY_KEYS in message.extra:
            return None
        deed = agreeing(self._call, self._plan.name, message, after_consent)
        if deed is None:
            deed = meant(self._call, self._plan, message)
        if deed is None and self._plan.asks:
            deed = answered(self._call.needs, self._plan, message)
        return deed

    def _turn(self, chat: ChatContext) -> str | None:
        """The caller's words that are being answered; None where they were said to another."""
        latest = _latest_of_caller(chat)
        return None if latest in self.earlier else latest

    def _as_told(self, chat: ChatContext, turn: str | None) -> ChatContext:
        """The talk as the model is told of it now."""
        chat = without_such_words(self._call, without_deeds(chat))
        asks = self._plan.asks and turn is not None
        text = note(self._call, self._plan) if asks else ""
        return with_note(chat, text) if text else chat


def _latest_of_caller(chat: ChatContext) -> str | None:
    """Id of the caller's latest words."""
    callers = (i for i in reversed(chat.items) if i.type == "message" and i.role == "user")
    return next((i.id for i in callers), None)
