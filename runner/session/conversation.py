"""A live conversation: an agent's release, spoken to by voice or by text."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from livekit import rtc
from livekit.agents import AgentSession

from runner.egress.mask import Mask
from runner.egress.port import Egress
from runner.egress.providers import USUAL_NETWORK, ProviderNetwork
from runner.egress.report import CallReport
from runner.link.release import AgentRelease
from runner.schema.types.pressed import PRESSED
from runner.session.bound_release import BoundRelease
from runner.session.call import Call, Channel
from runner.session.clock import Clock, MachineClock
from runner.session.dialling import Telephone
from runner.session.errors import CannotRenewError, CannotStartError
from runner.session.events import Event, Events
from runner.session.facts import CallFacts
from runner.session.lifecycle.after_call import Aftermath
from runner.session.memory import CallersMemory, Recall
from runner.session.models.known_secrets import Secrets
from runner.session.models.providers import Models
from runner.session.next_turn import Renewed
from runner.session.observers.app import Elsewhere
from runner.session.observers.failures import OnFailure
from runner.session.observers.log_filter import install_log_filter
from runner.session.parts import CallParts
from runner.session.plan import plan_of
from runner.session.preparation import Preparation
from runner.session.recording import Recording
from runner.session.requests import OutsideRequests
from runner.session.speech.recorder import CallSound
from runner.session.speech.sounds import Sounds
from runner.session.starting import Ends, Starting
from runner.session.telephone.port import Rehearsed, TransferLine
from runner.session.values.templates import TemplateContext, TemplateRenderer
from runner.session.values.variables import Variables

__all__ = ["CannotRenewError", "CannotStartError", "Conversation", "Renewed"]


class Conversation(OutsideRequests):
    """One conversation with an agent.

    Args:
        release: the agent.
        egress: who sends the requests of its tools.
        facts: what is known of the call.
        on_event: told each event as it happens.
        on_failure: told why an answer failed and which part did, for the owner: without any secret.
        secrets: looks up the secrets of providers by name.
        network: how providers that are services are reached.
        channel: `voice`, or `text`: no speech.
        idle: whether `idle` runs: not where a program takes its time, and nobody listens meanwhile.
        history: what was said before, role (`user` or `agent`) and text: nobody is greeted then.
        on_text: by text, told each piece of what the agent says as it comes.
        clock: the time of the call; the machine's without it.
        sounds: where the sound of fixed words is kept; without it, it is not.
        app: answers for the caller's app where there is no room; without it, there is none.
        awaited: nobody is there yet: `prepare` does what needs no caller, and `start` is told the
            facts.
        sound: where both sides of a call by voice are kept, once they may be; None: nowhere.
        recall: says what is remembered of the caller; without it, nothing is.
        transfers: rings people up, and passes callers on; without it nobody can be.
        rehearsed: says what comes of transfers in place of a telephone.
        on_agreed: told that the caller has agreed to be recorded, where they were asked.

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
        on_failure: OnFailure = lambda *_: None,
        secrets: Secrets = lambda _: None,
        network: ProviderNetwork = USUAL_NETWORK,
        channel: Channel = "voice",
        idle: bool = True,
        history: tuple[tuple[str, str], ...] | None = None,
        on_text: Callable[[str], None] | None = None,
        clock: Clock | None = None,
        sounds: Sounds | None = None,
        awaited: bool = False,
        app: Elsewhere | None = None,
        on_agreed: Callable[[], None] = lambda: None,
        sound: Path | None = None,
        recall: Recall | None = None,
        transfers: TransferLine | None = None,
        rehearsed: Rehearsed | None = None,
    ) -> None:
        """Take everything; nothing is built before `start`. An event loop must be running."""
        install_log_filter()
        variables = Variables(release.variables)
        clock = clock or MachineClock()
        context = TemplateContext(release, facts, variables, clock)
        renderer = TemplateRenderer(context, release.places)
        models = Models(release, renderer, secrets, network)
        self._call = Call(
            BoundRelease(release, plan_of(release), variables, context, renderer, models),
            egress=egress,
            events=Events(self._told, self._hidden),
            clock=clock,
            channel=channel,
            awaits=idle,
            history=history,
            sounds=sounds,
            transfers=transfers,
            rehearsed=rehearsed,
        )
        self._call.recording = Recording(release.agent.record, on_agreed)
        if sound is not None:
            self._call.recording.sound = CallSound(sound, self._private)
        memory = CallersMemory(self._call, recall)
        self._preparation = Preparation(self._call, facts, memory, awaited=awaited)
        self._on_event = on_event
        self._aftermath = Aftermath(
            self._call,
            lambda: Models(self._call.bound.release, self._call.bound.renderer, secrets, network),
            memory,
        )
        self._queue = asyncio.Lock()
        self._parts = CallParts.of(
            self._call, self._queue, on_failure=on_failure, on_text=on_text, app=app
        )
        self._starting = Starting(self._call, self._parts, self._preparation)

    def report(self) -> CallReport:
        """What is known of the call now."""
        reason = self.ended.result() if self.ended.done() else ""
        return self._aftermath.report(reason)

    @property
    def is_read(self) -> bool:
        """Whether there is more to be known of the call once it is over, which models find."""
        return self._aftermath.wanted

    async def whole_report(self) -> CallReport:
        """What is known of the call once it is over, with what models find in it."""
        return await self._aftermath.whole(await self.ended)

    def _told(self, event: Event) -> None:
        self._aftermath.heard(event)
        self._on_event(event)

    def _private(self) -> bool:
        """Whether the caller is being asked for something private."""
        try:
            current = self._call.needs.current(self._call.persona.plan)
        except RuntimeError:  # nobody speaks yet, or any more
            return False
        return current is not None and bool(current[1].private)

    def _hidden(self) -> Mask:
        return self._call.bound.variables.hidden()

    @property
    def ended(self) -> asyncio.Future[str]:
        """Done, with the reason, when the conversation has ended."""
        return self._parts.ending.ended

    @property
    def session(self) -> AgentSession[Any]:
        """LiveKit's session.

        Raises:
            RuntimeError: it has not been started.
        """
        if self._preparation.session is None:
            raise RuntimeError("the conversation has not been started")
        return self._preparation.session

    @property
    def variables(self) -> dict[str, Any]:
        """The variables that have a value, as plain data; private ones are masked."""
        return self._call.bound.variables.shown()

    def hide(self, text: str) -> str:
        """A text without the private values that there are now."""
        return self._hidden().text(text)

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
        session = self._preparation.session
        models = session.usage.model_usage if session is not None else []
        used = [m for m in models if m.type == "llm_usage"]
        return {
            "input_tokens": sum(m.input_tokens for m in used),
            "output_tokens": sum(m.output_tokens for m in used),
        }

    async def prepare(self) -> None:
        """Do all of `start` that needs no caller, while the room is being joined.

        What cannot be done is tried again by `start`, which tells why not.
        """
        async with self._queue:
            await self._preparation.begin()

    async def start(  # noqa: PLR0913 - the ends of a conversation, by name
        self,
        room: rtc.Room | None = None,
        *,
        facts: CallFacts | None = None,
        telephone: Telephone | None = None,
        audio_in: Any = None,
        audio_out: Any = None,
        text_out: Any = None,
        record: Any = False,
    ) -> list[Event]:
        """Begin, and greet.

        Args:
            room: the LiveKit room, connected; without it a talk by text is had through `turn`.
            facts: of a call that was `awaited`: what is known now.
            telephone: dials for an agent that calls somebody; without it, in a room, it was called
                itself, and elsewhere a person answers.
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
            return await self._starting.start(
                room, facts, Ends(audio_in, audio_out, text_out), telephone=telephone, record=record
            )

    async def turn(self, text: str) -> list[Event]:
        """Say something to the agent by text. Turns queue.

        Returns:
            The events of this turn; none for a text of nothing, nor after the end.
        """
        return await self._parts.turns.say(text)

    async def write(self, text: str) -> None:
        """Write something beside speaking, where no room brings it: it interrupts what is said.

        Raises:
            RuntimeError: the conversation has not been started.
        """
        await self._parts.written.take(self.session, SimpleNamespace(text=text))

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
        return await self._parts.turns.press(keys)

    async def quiet(self) -> None:
        """Wait until nobody speaks, no tool runs and no handoff is under way."""
        await self._parts.turns.quiet()

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
        if self._preparation.session is None:
            raise CannotRenewError("the call has not begun")
        return await self._parts.renewal.take(release, secrets, network)

    async def end(self, reason: str = "shutdown") -> None:
        """End the conversation now; nothing more is said. May be called often."""
        if self._call.together is not None:
            self._call.together.part()
        await self._parts.ending.at_once(reason)
        await self._parts.ending.cleaned()

    async def parted(self) -> None:
        """Wait until a caller who was put through, and the person who briefed, have parted."""
        if self._call.together is not None:
            await self._call.together.parted()

    async def abandon(self) -> None:
        """Let go of what was prepared for a caller who did not come."""
        await self._preparation.abandon()

    async def finish_requests(self) -> None:
        """Wait for what a caller who has left had a service do; each keeps its own time."""
        if self._call.unwaited:
            await asyncio.wait(self._call.unwaited)
