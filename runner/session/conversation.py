"""A live conversation: an agent's release, spoken to by voice or by text."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from livekit import rtc
from livekit.agents import AgentSession
from livekit.agents.voice.agent_activity import ActivityClosedError

from runner.egress.mask import Mask
from runner.egress.port import Egress
from runner.egress.providers import USUAL_NETWORK, ProviderNetwork
from runner.egress.report import CallReport
from runner.link.release import AgentRelease
from runner.schema.types.pressed import PRESSED
from runner.session.bound_release import BoundRelease
from runner.session.call import Call, Channel
from runner.session.clock import Clock, MachineClock
from runner.session.ending import Ending
from runner.session.errors import CannotRenewError, CannotStartError
from runner.session.events import Event, Events
from runner.session.facts import CallFacts
from runner.session.lifecycle.after_call import Aftermath
from runner.session.lifecycle.before_call import Opening
from runner.session.models.providers import Models, Secrets
from runner.session.next_turn import Renewal, Renewed
from runner.session.observers.arrival import hold_until_heard
from runner.session.observers.departure import Departure
from runner.session.observers.failures import Failures
from runner.session.observers.log_filter import install_log_filter
from runner.session.observers.pieces import TextPieces
from runner.session.observers.timers import CallTimers
from runner.session.observers.tones import Tones
from runner.session.observers.transcript import SessionListener
from runner.session.pending import PendingHandoff
from runner.session.personas.apology import apologise
from runner.session.personas.models import models_of
from runner.session.personas.opening import ask_model, ask_voice
from runner.session.personas.persona import LivePersona, enter
from runner.session.personas.toolbox import Toolbox
from runner.session.plan import plan_of
from runner.session.settings.room import room_options
from runner.session.settings.session import begin_variables, idle_of, new_session
from runner.session.speech.sounds import Sounds
from runner.session.tasks.keys import PressedKeys
from runner.session.tasks.language import SpokenLanguage
from runner.session.tasks.needs import Needs
from runner.session.text_turns import BEYOND, TextTurns
from runner.session.tools.servers import with_servers
from runner.session.values.templates import TemplateContext, TemplateRenderer
from runner.session.values.variables import Variables
from runner.session.written import WrittenWords, cut

__all__ = ["CannotRenewError", "CannotStartError", "Conversation", "Renewed"]


class Conversation:
    """One conversation with an agent.

    Args:
        release: the agent.
        egress: who sends the requests of its tools.
        facts: what is known of the call.
        on_event: told each event as it happens.
        on_failure: told why an answer failed, for the owner: without any secret.
        secrets: looks up the secrets of providers by name.
        network: how providers that are services are reached.
        channel: `voice`, or `text`: no speech.
        idle: whether `idle` runs: not where a program takes its time, and nobody listens meanwhile.
        history: what was said before, role (`user` or `agent`) and text: nobody is greeted then.
        on_text: by text, told each piece of what the agent says as it comes.
        clock: the time of the call; the machine's without it.
        sounds: where the sound of fixed words is kept; without it, it is not.
        awaited: nobody is there yet: `prepare` does what needs no caller, and `start` is told the
            facts.

    Raises:
        CannotStartError: a variable that was given from outside is unknown, fixed or does not fit.
    """

    def __init__(  # noqa: PLR0913 - the seams of a conversation, by name
        self,
        release: AgentRelease,
        egress: Egress,
        facts: CallFacts,
        *,
        on_event: Callable[[Event], None] = lambda _: None,
        on_failure: Callable[[str], None] = lambda _: None,
        secrets: Secrets = lambda _: None,
        network: ProviderNetwork = USUAL_NETWORK,
        channel: Channel = "voice",
        idle: bool = True,
        history: tuple[tuple[str, str], ...] | None = None,
        on_text: Callable[[str], None] | None = None,
        clock: Clock | None = None,
        sounds: Sounds | None = None,
        awaited: bool = False,
    ) -> None:
        """Take everything; nothing is built before `start`. An event loop must be running."""
        install_log_filter()
        agent = release.agent
        variables = Variables(release.variables)
        clock = clock or MachineClock()
        context = TemplateContext(release, facts, variables, clock)
        renderer = TemplateRenderer(context, release.places)
        self._known = not (awaited and plan_of(release).names_caller)
        if self._known:
            begin_variables(variables, renderer, facts.variables)
        models = Models(release, renderer, secrets, network)
        self._call = Call(
            BoundRelease(release, plan_of(release), variables, context, renderer, models),
            egress=egress,
            events=Events(self._told, self._hidden),
            clock=clock,
            channel=channel,
            finish=self._finish,
            hold=self._hold,
            give_up=self._give_up,
            awaits=idle,
            history=history,
            sounds=sounds,
        )
        self._first: LivePersona | None = None
        self._on_event = on_event
        self._aftermath = Aftermath(
            self._call,
            lambda: Models(self._call.bound.release, self._call.bound.renderer, secrets, network),
        )
        self._pieces = TextPieces(on_text) if on_text is not None else None
        self._call.needs = Needs(self._call)
        self._call.tongue = self._language = SpokenLanguage(self._call)
        self._ending = Ending(self._call)
        self._call.opening = self._opening = Opening(self._call)
        self._timers = CallTimers(self._call, idle_of(self._call), agent.limits)
        self._failures = Failures(self._call, on_failure)
        self._listener = SessionListener(self._call, self._timers, self._failures)
        self._departure = Departure(self._call, self._ending.left)
        self._turns = TextTurns(self._call, self._failures)
        self._call.keys = PressedKeys(
            self._call, self._listener.there, self._listener.expects, self._failures.unexpected
        )
        self._queue = asyncio.Lock()
        self._renewal = Renewal(self._call, self._timers, self._queue)
        self._session: AgentSession[Any] | None = None
        self._written = WrittenWords(self._call, self._queue, self._listener.warm_up.end)
        self._ending.stops(
            self._timers.stop,
            self._departure.stop,
            self._renewal.stop,
            self._call.keys.stop,
            self._written.stop,
        )

    def report(self) -> CallReport:
        """What is known of the call now."""
        reason = self.ended.result() if self.ended.done() else ""
        return self._aftermath.report(reason)

    async def whole_report(self) -> CallReport:
        """What is known of the call once it is over, with what models find in it."""
        return await self._aftermath.whole(await self.ended)

    def _told(self, event: Event) -> None:
        self._aftermath.heard(event)
        self._on_event(event)

    @property
    def ended(self) -> asyncio.Future[str]:
        """Done, with the reason, when the conversation has ended."""
        return self._ending.ended

    @property
    def session(self) -> AgentSession[Any]:
        """LiveKit's session.

        Raises:
            RuntimeError: it has not been started.
        """
        if self._session is None:
            raise RuntimeError("the conversation has not been started")
        return self._session

    @property
    def variables(self) -> dict[str, Any]:
        """The variables that have a value, as plain data; private ones are masked."""
        return self._call.bound.variables.shown()

    @property
    def release(self) -> AgentRelease:
        """The agent as the call has it now."""
        return self._call.bound.release

    @property
    def persona(self) -> str:
        """The name of the persona that speaks."""
        return self._call.speaking

    @property
    def usage(self) -> dict[str, int]:
        """Tokens of all models so far."""
        models = self._session.usage.model_usage if self._session is not None else []
        used = [m for m in models if m.type == "llm_usage"]
        return {
            "input_tokens": sum(m.input_tokens for m in used),
            "output_tokens": sum(m.output_tokens for m in used),
        }

    async def prepare(self) -> None:
        """Do all of `start` that needs no caller, while the room is being joined.

        What cannot be done is tried again by `start`, which tells why not.
        """
        if not self._known and self._call.bound.plan.chooses:
            return
        async with self._queue:
            with contextlib.suppress(CannotStartError):
                await self._build(early=True)

    async def _build(self, *, early: bool) -> tuple[AgentSession[Any], LivePersona | None]:
        """Build what is not there yet, as far as all is known that it needs.

        Args:
            early: the caller cannot hear yet: the first words are asked for meanwhile.

        Raises:
            CannotStartError: something cannot be built.
        """
        call = self._call
        if early:
            ask_voice(call, known=self._known and call.bound.release.agent.before_call is None)
            await asyncio.sleep(0)  # it is asked before anything else is built
        if self._session is None:
            self._session = call.session = new_session(call)
        if early:
            models_of(call, call.speaking)
            call.bound.models.prewarm()
        if self._known and self._first is None:
            await self._connect()
            self._first = enter(call, Toolbox(call), None, PendingHandoff(call.speaking))
        if early and self._first is not None and call.bound.release.agent.before_call is None:
            ask_model(call, self._first)
        return self._session, self._first

    async def start(  # noqa: PLR0913 - the ends of a conversation, by name
        self,
        room: rtc.Room | None = None,
        *,
        facts: CallFacts | None = None,
        audio_in: Any = None,
        audio_out: Any = None,
        text_out: Any = None,
        record: Any = False,
    ) -> list[Event]:
        """Begin, and greet.

        Args:
            room: the LiveKit room, connected; without it a talk by text is had through `turn`.
            facts: of a call that was `awaited`: what is known now.
            audio_in: an audio input instead of the room's (`livekit.agents.voice.io.AudioInput`).
            audio_out: an audio output instead of the room's.
            text_out: where the words go that are spoken, instead of to the room.
            record: as `AgentSession.start` has it.

        Returns:
            The events of turn 0. By voice and in a room the greeting goes on after the return.

        Raises:
            CannotStartError: a provider cannot be built.
        """
        async with self._queue:
            self._call.in_room, self._call.room = room is not None, room
            try:
                if facts is not None:
                    self._meet(facts)
                self._opening.begin()
                session, first = await self._build(early=room is not None)
                assert first is not None  # noqa: S101 - all is known now
            except CannotStartError:
                self._opening.stop()
                await apologise(self._call, room, audio_out)
                await self._call.speeches.aclose()
                await self._call.bound.models.aclose()
                raise
            self._listener.listen(session)
            self._ending.watch(session)
            if audio_in is not None:
                session.input.audio = audio_in
            if audio_out is not None:
                session.output.audio = audio_out
            if text_out is not None:
                session.output.transcription = text_out
            self._timers.begin()
            self._language.prepare()
            greeted = self._call.events.latest
            await self._begin(first, room, record)
            return list(greeted)

    def _meet(self, facts: CallFacts) -> None:
        """The caller is there.

        Raises:
            CannotStartError: a variable that was given from outside does not fit.
        """
        bound = self._call.bound
        bound.context.meet(facts)
        if not self._known:
            begin_variables(bound.variables, bound.renderer, facts.variables)
            self._known = True

    async def _connect(self) -> None:
        """Ask the servers of the call for their tools.

        Raises:
            CannotStartError: one is not there that the call needs.
        """
        bound, egress = self._call.bound, self._call.egress
        plan = await with_servers(bound.plan, bound.release, bound.context, egress)
        if plan is not bound.plan:
            self._call.bind(replace(bound, plan=plan))

    async def _begin(self, first: LivePersona, room: rtc.Room | None, record: Any) -> None:
        session, agent = self.session, self._call.bound.release.agent
        if room is not None:
            identity = agent.room.identity if agent.room is not None else None
            whom = self._call.bound.renderer.text(identity).strip() if identity else ""
            whom = whom or self._call.bound.context.facts.caller.identity or ""
            options = room_options(
                agent,
                identity=whom,
                text_input=self._written.take,
                provider=self._call.bound.models.get,
            )
            hold_until_heard(session, room)
            self._departure.watch(room, whom or None)
            Tones(self._call, self._departure.who).listen(room)
            if self._call.channel == "voice":
                self._listener.by_hand.register(room.local_participant, only=whom or None)
            await session.start(first, room=room, room_options=options, record=record)
            if whom and options.text_input:
                self._written.register(room, session, only=whom)
        elif self._call.channel == "voice":
            await session.start(first, record=record)
        else:
            if self._pieces is not None:
                session.output.transcription = self._pieces
            await self._turns.attempt(lambda: session.start(first, capture_run=True, record=record))
            await self._settle()

    async def turn(self, text: str) -> list[Event]:
        """Say something to the agent by text. Turns queue.

        Returns:
            The events of this turn; none for a text of nothing, nor after the end.
        """
        async with self._queue:
            text = text.strip()
            if not text or self._call.over:
                return []
            events = self._call.events.begin()
            if self._pieces is not None:
                self._pieces.begin()
            self._listener.turn_begun = True
            self._failures.caller_knows = False
            await self._turns.attempt(lambda: self._turns.run(cut(text)))
            self._listener.turn_begun = False
            await self._settle()
            return list(events)

    async def press(self, keys: str) -> list[Event]:
        """Press keys of a telephone: 0 to 9, * and #. Turns queue.

        By text they are all that the caller presses in this turn; by voice and in a room they are
        taken as they come, and the events tell what came of them.

        Returns:
            The events of this turn; none where there was no key, nor after the end.
        """
        keys = "".join(key for key in keys if key in PRESSED)
        if self._call.spoken_to:
            self._call.keys.press(keys)
            return []
        async with self._queue:
            if not keys or self._call.over:
                return []
            events = self._call.events.begin()
            if self._pieces is not None:
                self._pieces.begin()
            self._failures.caller_knows = False
            await self._turns.attempt(lambda: self._pressed(keys))
            await self._settle()
            return list(events)

    async def _pressed(self, keys: str) -> None:
        async with asyncio.timeout(self._call.budget.whole + BEYOND):
            await self._call.keys.all(keys)
            await self.quiet()

    async def _settle(self) -> None:
        """Wait for what still belongs to a turn: words about a failure, the end of the call."""
        await self._failures.settled()
        if self._ending.reason is not None:
            await self._ending.ended
            await self._cleaned()

    async def quiet(self) -> None:
        """Wait until nobody speaks, no tool runs and no handoff is under way."""
        if not self._call.over:
            await self._call.arrived.wait()
            await self._call.idle.wait()
            with contextlib.suppress(ActivityClosedError, RuntimeError):  # it is ending
                await self.session.wait_for_idle()
        await self._settle()

    async def renew(
        self,
        release: AgentRelease,
        *,
        secrets: Secrets | None = None,
        network: ProviderNetwork | None = None,
    ) -> Renewed:
        """Go on with another release of the agent, from the caller's next turn.

        It waits until nobody speaks, no tool runs and no handoff is under way. Nothing is said and
        nothing is forgotten. Of several that wait only the newest is taken.

        Args:
            release: the agent as it is now.
            secrets: looks up the secrets of providers from now on; without it, as until now.
            network: how providers that are services are reached; without it, as until now.

        Returns:
            What has changed: what counts already, and what waits. No request of a tool that the
            old release asked for is made after the return, none of the new one before it.

        Raises:
            CannotRenewError: the call goes on as it was.
        """
        if self._session is None:
            raise CannotRenewError("the call has not begun")
        return await self._renewal.take(release, secrets, network)

    async def end(self, reason: str = "shutdown") -> None:
        """End the conversation now; nothing more is said. May be called often."""
        await self._ending.at_once(reason)
        await self._cleaned()

    async def abandon(self) -> None:
        """Let go of what was prepared for a caller who did not come."""
        await self._call.speeches.aclose()
        await self._call.bound.models.aclose()

    async def finish_requests(self) -> None:
        """Wait for what a caller who has left had a service do; each keeps its own time."""
        if self._call.unwaited:
            await asyncio.wait(self._call.unwaited)

    def _hold(self, seconds: float) -> None:
        self._timers.hold(seconds)

    def _hidden(self) -> Mask:
        return self._call.bound.variables.hidden()

    def _give_up(self, reason: str) -> str:
        return self._failures.gave_up(reason)

    def _finish(self, reason: str) -> None:
        self._ending.in_order(reason)

    async def _cleaned(self) -> None:
        await self._renewal.closed()
        await self._ending.cleaned()
