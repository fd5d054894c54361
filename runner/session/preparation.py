"""What is built for a call, as much of it as can be before the caller is there."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from livekit.agents import AgentSession

from runner.session.call import Call
from runner.session.errors import CannotStartError
from runner.session.facts import CallFacts
from runner.session.memory import CallersMemory
from runner.session.pending import PendingHandoff
from runner.session.personas.models import models_of
from runner.session.personas.opening import ask_model, ask_voice
from runner.session.personas.persona import LivePersona, enter
from runner.session.personas.toolbox import Toolbox
from runner.session.settings.session import begin_variables, new_session
from runner.session.tools.servers import with_servers


class Preparation:
    """Builds LiveKit's session and the first persona, each once.

    Attributes:
        session: LiveKit's session; None as long as it is not built.

    Args:
        call: the call.
        facts: what is known of it.
        memory: what is remembered of its caller.
        awaited: nobody is there yet: what depends on the caller waits until they are met.

    Raises:
        CannotStartError: a variable that was given from outside is unknown, fixed or does not fit.
    """

    def __init__(
        self, call: Call, facts: CallFacts, memory: CallersMemory, *, awaited: bool
    ) -> None:
        """Give variables their first values, where these are known; build nothing yet."""
        self._call = call
        self._facts, self._memory = facts, memory
        self._known = self._begun = self._early = False
        self._first: LivePersona | None = None
        self.session: AgentSession[Any] | None = None
        if not (awaited and call.bound.plan.names_caller):
            self._begin_variables({})
            self._known = memory.spec is None

    async def meet(self, facts: CallFacts | None) -> None:
        """The caller is there: what is remembered of them is asked for.

        Args:
            facts: of a call that was awaited: what is known now.

        Raises:
            CannotStartError: a variable that was given from outside does not fit.
        """
        if facts is not None:
            self._facts = facts
            self._call.bound.context.meet(facts)
        if self._known:
            return
        if not self._begun:
            self._begin_variables({})
        remembered = await self._memory.known()  # of whom, may stand in a variable
        if remembered is not None:
            self._begin_variables(remembered)
        self._known = True

    def _begin_variables(self, remembered: Mapping[str, Any]) -> None:
        bound, given = self._call.bound, self._facts.variables
        self._memory.recalled = begin_variables(bound.variables, bound.renderer, given, remembered)
        self._begun = True

    async def begin(self) -> None:
        """Build what needs no caller, while the room is being joined.

        What cannot be built is tried again by `build`, which tells why not.
        """
        if not self._known and self._call.bound.plan.chooses:
            return
        with contextlib.suppress(CannotStartError):
            await self._build(early=True)

    async def build(self, *, early: bool) -> tuple[AgentSession[Any], LivePersona]:
        """Build all that is not there yet.

        Args:
            early: the caller cannot hear yet: the first words are asked for meanwhile.

        Raises:
            CannotStartError: something cannot be built.
        """
        self._early = early
        session, first = await self._build(early=early)
        assert first is not None  # noqa: S101 - all is known now
        return session, first

    async def _build(self, *, early: bool) -> tuple[AgentSession[Any], LivePersona | None]:
        """Build what is not there yet, as far as all is known that it needs."""
        call = self._call
        if early:
            ask_voice(call, known=self._known and call.opening.done)
            await asyncio.sleep(0)  # it is asked before anything else is built
        if self.session is None:
            self.session = call.session = new_session(call)
        if early:
            models_of(call, call.speaking)
        if early and call.bound.release.servers:
            call.bound.models.prewarm(call.speeches.asked)  # to ask those takes its time
        if self._known and self._first is None:
            await self._connect()
            self._first = enter(call, Toolbox(call), None, PendingHandoff(call.speaking))
        if early and self._first is not None and call.opening.done:
            ask_voice(call, known=True)  # what is done first may have ended meanwhile
            ask_model(call, self._first)
        if early:
            call.bound.models.prewarm(call.speeches.asked)
        return self.session, self._first

    def ask(self) -> None:
        """All is known that the first words may name: ask for them, where nobody speaks yet."""
        call = self._call
        if self._early and self._first is not None and not call.speeches.settled:
            with contextlib.suppress(CannotStartError):  # who speaks is told why
                ask_voice(call, known=True)
                ask_model(call, self._first)

    async def _connect(self) -> None:
        """Ask the servers of the call for their tools.

        Raises:
            CannotStartError: one is not there that the call needs.
        """
        bound, egress = self._call.bound, self._call.egress
        plan = await with_servers(bound.plan, bound.release, bound.context, egress)
        if plan is not bound.plan:
            self._call.bind(replace(bound, plan=plan))

    async def abandon(self) -> None:
        """Let go of what was prepared for a caller who did not come."""
        await self._call.speeches.aclose()
        await self._call.bound.models.aclose()
