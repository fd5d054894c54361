"""A call that the agent makes: it is dialled, and who answers decides what is said first."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final, Protocol

from runner.schema.actions import AnyAction
from runner.schema.outgoing import Dial, Voicemail
from runner.schema.types.pressed import keys_in
from runner.session.action_context import ActionContext
from runner.session.action_outcome import ActionOutcome
from runner.session.actions import perform
from runner.session.call import Call
from runner.session.dialling import AnsweredBy, DialResult, NoTelephone, NumberToDial, Telephone
from runner.session.events import DialEvent
from runner.session.lifecycle.answering import Answering
from runner.session.lifecycle.menus import navigate

if TYPE_CHECKING:
    from livekit.agents import ChatContext

    from runner.session.personas.unasked import Unasked

log = logging.getLogger("lkrun")

_MENUS: Final = 3
"""Menus in a row; then nobody can tell who it is."""


class FirstPersona(Protocol):
    """The persona that greets.

    Attributes:
        unasked: does what no tool of the model asked for.
    """

    unasked: Unasked

    @property
    def writer(self) -> Any:
        """The model that writes and reads beside the talk."""

    @property
    def chat_ctx(self) -> ChatContext:
        """Its talk."""

    async def update_chat_ctx(self, chat_ctx: ChatContext) -> None:
        """Go on with another talk."""


class Outgoing:
    """Dials before the first words, where the agent makes the call.

    Args:
        call: the call.

    Attributes:
        telephone: dials; None where the agent was called itself.
        dialling: it rings; who is rung may leave the room without having been there.
        pending: it is not known yet who is there: no turn of theirs is answered.
    """

    def __init__(self, call: Call) -> None:
        """Nothing has been dialled."""
        self._call = call
        self.telephone: Telephone | None = None
        self.dialling = self.pending = self._unanswered = False
        self._stopped = asyncio.Event()

    @property
    def spec(self) -> Dial | None:
        """What the agent has of it."""
        return self._call.bound.release.agent.dial

    def begin(self, telephone: Telephone | None) -> None:
        """The call begins: without a room there is no telephone, and somebody answers."""
        self.telephone = telephone
        if self.spec is not None and telephone is None and not self._call.in_room:
            self.telephone = NoTelephone()
        self.pending = self.spec is not None and self.telephone is not None

    @property
    def reached(self) -> bool:
        """Whether somebody was called by a telephone, and is there."""
        telephone = self.telephone
        return telephone is not None and telephone.pretended is None and not self.pending

    def stop(self) -> None:
        """The call has ended, or cannot begin."""
        self._stopped.set()

    async def reach(self, persona: FirstPersona) -> bool:
        """Dial, where the agent makes the call; whether somebody is there who is greeted."""
        spec, telephone = self.spec, self.telephone
        if spec is None:
            return True
        if telephone is None:  # it was called itself
            self._found("person")
            return True
        reaching = asyncio.ensure_future(self._reach(persona, spec, telephone))
        stopped = asyncio.ensure_future(self._stopped.wait())
        try:
            await asyncio.wait([reaching, stopped], return_when=asyncio.FIRST_COMPLETED)
            return reaching.done() and reaching.result()
        finally:
            stopped.cancel()
            reaching.cancel()

    async def _reach(self, persona: FirstPersona, spec: Dial, telephone: Telephone) -> bool:
        number = self._number(spec, telephone)
        if telephone.pretended is not None:
            result = await telephone.dial(number)
            by: AnsweredBy = telephone.pretended
            return await self._dispatch(persona, number, result, by)
        return await self._really(persona, number, telephone)

    def _number(self, spec: Dial, telephone: Telephone) -> NumberToDial:
        bound = self._call.bound
        phone, text = bound.release.agent.phone, bound.renderer.text
        to = telephone.to or (text(spec.to).strip() if spec.to is not None else "")
        facts = bound.context.facts
        if to and facts.caller.phone is None and self._call.in_room:
            bound.context.meet(replace(facts, caller=replace(facts.caller, phone=to)))
        return NumberToDial(
            to,
            spec.ring_for,
            str(phone.trunk) if phone is not None and phone.trunk else None,
            phone.from_ if phone is not None else None,
            keys_in(text(spec.press_keys)) if spec.press_keys else "",
        )

    async def _really(
        self, persona: FirstPersona, number: NumberToDial, telephone: Telephone
    ) -> bool:
        """Ring; listen from the moment on at which who is rung is in the room."""
        voicemail = self._voicemail()
        timeout = voicemail.timeout if voicemail is not None else 0.0
        answering = Answering(self._call, telephone.identity, timeout, persona.writer)
        self.dialling = True
        ringing = asyncio.ensure_future(telephone.dial(number))
        try:
            async with contextlib.AsyncExitStack() as listening:
                await answering.joined(ringing)
                detector = None
                if voicemail is not None:
                    detector = await listening.enter_async_context(answering.detection())
                result = await ringing
                self.dialling = False
                if not result.answered or not await self._there(answering):
                    by: AnsweredBy = "nobody"
                elif voicemail is None:
                    by = "person"
                else:
                    by = await answering.verdict(detector)
        finally:
            self.dialling = False
            ringing.cancel()
        return await self._dispatch(persona, number, result, by, answering)

    async def _there(self, answering: Answering) -> bool:
        if await answering.there():
            return True
        self._call.finish("caller_left")
        return False

    def _voicemail(self) -> Voicemail | None:
        own = self._call.bound.release.agent.voicemail
        if isinstance(own, Voicemail):
            return own
        return None if own is False else Voicemail()

    async def _dispatch(
        self,
        persona: FirstPersona,
        number: NumberToDial,
        result: DialResult,
        by: AnsweredBy,
        answering: Answering | None = None,
    ) -> bool:
        """Do what belongs to who has answered; whether the persona greets them."""
        await self._overheard(persona)
        self._found(by)
        self._tell(number, result, by)
        if by == "nobody":
            await self._nobody(result)
            return False
        greeted = await self._answered(persona, by, answering, 1)
        if greeted or by == "menu":
            self.pending = False
        return greeted

    async def _answered(
        self, persona: FirstPersona, by: AnsweredBy, answering: Answering | None, menus: int
    ) -> bool:
        spec = self._voicemail()
        if by == "person" or spec is None:
            return True
        if by == "unsure" and not spec.unsure:
            return True
        if by == "menu":
            return await self._menu(persona, spec, answering, menus)
        if by == "mailbox" and answering is not None and spec.mailbox:
            await answering.after_beep()
        actions = {"mailbox": spec.mailbox, "full": spec.full, "unsure": spec.unsure}[by]
        await self._do(persona, actions, ends=True)
        return False

    async def _menu(
        self, persona: FirstPersona, spec: Voicemail, answering: Answering | None, menus: int
    ) -> bool:
        """Find the way through a menu; who is there behind it is listened for."""
        if not spec.menu:
            await navigate(self._call)
            if self._unanswered:  # a menu that says its choices once waits for a key now
                self.pending = False
                await self._call.instruct("", tools=True)
            return False
        if await self._do(persona, spec.menu) or answering is None or self._call.over:
            return False
        if menus >= _MENUS:
            by: AnsweredBy = "unsure"
        else:
            async with answering.detection() as detector:
                by = await answering.verdict(detector)
        await self._overheard(persona)
        self._found(by)
        return await self._answered(persona, by, answering, menus + 1)

    async def _nobody(self, result: DialResult) -> None:
        call, spec = self._call, self.spec
        if result.words and not result.answered:
            level = logging.INFO if result.reached else logging.WARNING
            log.log(level, "nobody was reached: %s", result.words)
        if result.reached and spec is not None and not call.over:
            with call.busy():
                await perform(spec.on_no_answer, ActionContext(call))
        if not call.over:
            call.over = True
            call.finish("caller_left" if result.answered else result.reason)

    async def _do(
        self, persona: FirstPersona, actions: tuple[AnyAction, ...], *, ends: bool = False
    ) -> bool:
        """Do actions over what a machine says; whether the call has ended."""
        outcome: ActionOutcome = await perform(
            actions, ActionContext(self._call, over_the_caller=True)
        )
        outcome.ends |= ends
        await persona.unasked.follow(outcome)
        return outcome.ends

    async def _overheard(self, persona: FirstPersona) -> None:
        """What was said until now is part of the talk, and answered by nobody."""
        call = self._call
        if call.channel == "text":
            return
        said = call.hearing.take()
        if call.session.user_state != "speaking":
            call.session.clear_user_turn()
        self._unanswered = bool(said)
        if said:
            chat = persona.chat_ctx.copy()
            chat.insert(call.hearing.tell(said))
            await persona.update_chat_ctx(chat)

    def _found(self, by: AnsweredBy) -> None:
        self._call.bound.context.answered_by = by
        if self.telephone is not None:
            self.telephone.found(by)

    def _tell(self, number: NumberToDial, result: DialResult, by: AnsweredBy) -> None:
        there = self.telephone is not None and self.telephone.pretended is None
        self._call.events.tell(
            DialEvent(
                persona=self._call.speaking,
                target=number.to or None,
                outcome=result.reason,
                answered_by=by,
                telephone=there,
            )
        )
