"""One call: what its personas, tools and actions share."""

from __future__ import annotations

import asyncio
import logging
from collections import Counter
from collections.abc import Callable, Coroutine, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from typing import Any, Literal

from livekit import rtc
from livekit.agents import (
    NOT_GIVEN,
    AgentSession,
    ChatContext,
    ChatMessage,
    RunContext,
)
from livekit.agents.voice import SpeechHandle

from runner.egress.port import Egress
from runner.schema.actions import Instruct, Play, Say
from runner.schema.agents import Limits
from runner.session.bound_release import BoundRelease
from runner.session.budget import TurnBudget
from runner.session.clock import Clock
from runner.session.events import Events, SoundEvent
from runner.session.pending import DueCall, Question
from runner.session.recording import Recording
from runner.session.roles import (
    CallersApp,
    Hearing,
    Manner,
    Opening,
    Outgoing,
    Pressed,
    SpeakingPersona,
    Together,
    Tongue,
)
from runner.session.server_tool import ServerTool
from runner.session.silence import silence
from runner.session.speech.files import frames
from runner.session.speech.sounds import Sounds
from runner.session.speech.speeches import Speeches
from runner.session.telephone.port import Rehearsed, TransferLine
from runner.session.values.parameters import Fields, Schema, read
from runner.session.values.templates import AnyWords, Names

log = logging.getLogger("lkrun")

Channel = Literal["voice", "text"]

MOST_HOPS = 8
"""Handoffs without a word of the caller between them: more is a circle."""


_HANDOFF = "handoff"


@dataclass
class Call:
    """The state of one call.

    Attributes:
        bound: what follows from the release that it has now.
        clock: the time of the call.
        finish: ends the call in order, once what is being said has been said.
        hold: holds the idle prompts back for so many seconds.
        visited: personas that have spoken already.
        leaving: the persona that the call is being handed to just now.
        hops: handoffs since the caller last said something.
        over: the call is ending; nothing new is begun.
        last_words: the words before its end have been said.
        shown: calls of tools that have their events already.
        refused: id of a call of a tool → why it is not run.
        uses: tool → how often it has been used.
        running: what a call does → the work on it that goes on.
        held: LiveKit's speeches whose tools let the caller's words wait → how many of them work.
        question: the call of a tool that the caller is asked about.
        due: the call that the model's next reply begins with.
        apart: what is done for which nothing waits.
        given_up: how many answers of the model could not be used.
        budget: how long the turn may take.
        give_up: told why an answer of the model cannot be used; gives the words in its place.
        awaits: somebody waits for the caller's words: their silence is asked about.
        arrived: the persona that speaks has said its first words; no handoff is under way.
        idle: no tool, and nothing else that was begun, is still being done.
        hearing: what the caller says while nothing can answer it.
        tongue: which language is spoken.
        manner: how who speaks does so.
        deeds: id of a call of lkrun's own tool → what is done by it.
        said_thinking: words that were said because the model took its time.
        acted: ids of the caller's words that an intent has acted on.
        history: what was said before the call, role and text: nobody is greeted then.
        gone: the caller has left: no answer of a tool is waited for.
        listeners: told that another persona speaks, or the same by another release.
        unwaited: requests that a service is doing for a caller who has left.
        needs: what the caller is asked for.
        opening: what is done before the first words.
        outgoing: dials, where the agent makes the call.
        entered: the first persona is there: something can be said.
        speeches: what is known of words before they are spoken.
        sounds: where the sound of fixed words is kept; None where it is not.
        keys: what they press.
        app: their app, where they have one.
        room: the LiveKit room that the call is in.
        recording: what the caller is told of the recording of their call.
        transfers: rings people up, and passes callers on; None where there is no telephone.
        rehearsed: says what comes of transfers in place of a telephone.
        transferring: the caller is being put through: whether they were, once that is known.
        together: the caller and the person whom they were put through to, as long as they talk.
        ends_as: why it ends where an action or a tool ends it.
    """

    bound: BoundRelease
    egress: Egress
    events: Events
    clock: Clock
    channel: Channel
    finish: Callable[[str], None] = field(init=False)
    hold: Callable[[float], None] = field(init=False)
    give_up: Callable[[str], str] = field(init=False)
    session: AgentSession[Any] = field(init=False)
    needs: Any = field(init=False)
    opening: Opening = field(init=False)
    outgoing: Outgoing = field(init=False)
    hearing: Hearing = field(init=False)
    keys: Pressed = field(init=False)
    app: CallersApp = field(init=False)
    room: rtc.Room | None = None
    transfers: TransferLine | None = None
    rehearsed: Rehearsed | None = None
    transferring: asyncio.Future[bool] | None = None
    together: Together | None = None
    ends_as: str = "end_call"
    tongue: Tongue = field(init=False)
    manner: Manner = field(init=False)
    recording: Recording = field(init=False)
    visited: set[str] = field(default_factory=set)
    leaving: str | None = None
    hops: int = 0
    over: bool = False
    last_words: bool = False
    shown: set[str] = field(default_factory=set)
    refused: dict[str, str] = field(default_factory=dict)
    uses: Counter[str] = field(default_factory=Counter)
    running: dict[str, asyncio.Task[Any]] = field(default_factory=dict)
    held: Counter[SpeechHandle] = field(default_factory=Counter)
    question: Question | None = None
    due: DueCall | None = None
    apart: set[asyncio.Task[None]] = field(default_factory=set)
    given_up: int = 0
    budget: TurnBudget = field(init=False)
    in_room: bool = False
    awaits: bool = True
    arrived: asyncio.Event = field(default_factory=asyncio.Event)
    entered: asyncio.Event = field(default_factory=asyncio.Event)
    idle: asyncio.Event = field(default_factory=asyncio.Event)
    deeds: dict[str, Any] = field(default_factory=dict)
    said_thinking: set[str] = field(default_factory=set)
    acted: set[str] = field(default_factory=set)
    history: tuple[tuple[str, str], ...] | None = None
    gone: asyncio.Event = field(default_factory=asyncio.Event)
    listeners: list[Callable[[], None]] = field(default_factory=list)
    unwaited: set[asyncio.Task[Any]] = field(default_factory=set)
    speeches: Speeches = field(default_factory=Speeches)
    sounds: Sounds | None = None
    _fields: dict[str, Fields] = field(default_factory=dict)
    _busy: int = 0

    def __post_init__(self) -> None:
        """Nothing is being done yet."""
        self.budget = TurnBudget(lambda: (self.bound.release.agent.limits or Limits()).max_turn)
        self.idle.set()

    @contextmanager
    def busy(self) -> Iterator[None]:
        """Something is being done that goes by the release: another one waits for its end."""
        self._busy += 1
        self.idle.clear()
        try:
            yield
        finally:
            self._busy -= 1
            if not self._busy:
                self.idle.set()

    def later(self, work: Coroutine[Any, Any, None]) -> None:
        """Do something for which nothing waits but the end of the call."""
        task = asyncio.get_running_loop().create_task(work)
        self.apart.add(task)
        task.add_done_callback(self.apart.discard)

    def listens(self) -> None:
        """Tell that another persona speaks, or the same by another release or in another tongue."""
        for listener in self.listeners:
            listener()

    def bind(self, bound: BoundRelease) -> None:
        """Go on with another release."""
        self.bound, self._fields = bound, {}

    @property
    def spoken_to(self) -> bool:
        """Whether what is said can be cut short: not where a turn of text waits for all of it."""
        return self.channel == "voice" or self.in_room

    @property
    def persona(self) -> SpeakingPersona:
        """The persona that speaks."""
        agent: Any = self.session.current_agent
        return agent  # type: ignore[no-any-return]  # all agents of a call are personas

    @property
    def takes_turns(self) -> bool:
        """Whether the model lets the caller interrupt it, whatever LiveKit is told."""
        speech = self.persona.speech
        return speech is not None and speech.takes_turns

    def to_its_end(self, ctx: RunContext[Any]) -> None:
        """Let what a tool's turn still says not be interrupted, where that can be had."""
        if not self.takes_turns:
            with suppress(RuntimeError):
                ctx.disallow_interruptions()

    @property
    def speaking(self) -> str:
        """The name of the persona that speaks."""
        return self.bound.context.persona

    def admits(self, target: str) -> bool:
        """Whether the gate of a persona is open, where it has one."""
        plan = self.bound.plan.personas.get(target)
        return plan is None or self.bound.renderer.is_true(plan.gate)

    def depart(self, target: str) -> None:
        """Begin to hand the call to a persona."""
        self.leaving = target
        self.arrived.clear()
        self.hearing.listen(_HANDOFF)

    def stay(self) -> None:
        """Forget a handoff: it has happened, or it was broken off."""
        self.leaving = None
        self.arrived.set()
        self.hearing.stop_listening(_HANDOFF)

    def overheard(self) -> ChatMessage | None:
        """What was said during a handoff, as part of the talk; None where nothing was."""
        self.hearing.stop_listening(_HANDOFF)
        text = self.hearing.take()
        return self.hearing.tell(text) if text else None

    async def quiet(self) -> None:
        """Wait until nobody speaks, no tool runs and no handoff is under way.

        Raises:
            RuntimeError: the call is ending.
        """
        while True:
            await self.arrived.wait()
            await self.idle.wait()
            await self.session.wait_for_idle()
            if self.arrived.is_set() and self.idle.is_set():
                return

    @property
    def asking(self) -> bool:
        """Whether the caller is asked in this turn for a yes to a call of a tool."""
        open_question = self.question
        return (
            open_question is not None
            and open_question.turn == self.events.turn
            and open_question.persona == self.speaking
        )

    @property
    def schema(self) -> Schema:
        """Writes fields for the model."""
        return Schema(self.bound.renderer, self.bound.variables.choices)

    def fields(self, tool: str) -> Fields:
        """The parameters of a tool."""
        if tool not in self._fields:
            declared = self.bound.variables.fields
            self._fields[tool] = self.bound.plan.tools[tool].fields(declared)
        return self._fields[tool]

    def read(self, tool: str, given: Mapping[str, Any]) -> dict[str, Any]:
        """Check and convert a tool's arguments.

        Raises:
            ArgumentsError: with all that is wrong.
        """
        if isinstance(self.bound.plan.tools[tool], ServerTool):
            return dict(given)  # the server checks them
        return read(self.fields(tool), given, self.bound.renderer, self.bound.variables.choices)

    async def say(
        self, words: AnyWords, names: Names = None, *, interruptible: bool = True
    ) -> bool:
        """Speak fixed words, and wait until they are spoken.

        Returns:
            Whether anything was said: not where only missing values stand, nor after the end.
        """
        text = self.bound.renderer.next(words, names)
        return bool(text) and await self.speak(text, interruptible=interruptible)

    async def speak(self, text: str, *, interruptible: bool = True) -> bool:
        """Speak a text, and wait until it is spoken."""
        try:
            await self.utter(text, allow_interruptions=NOT_GIVEN if interruptible else False)
        except RuntimeError:
            log.debug("nothing can be said any more: the call is ending")
            return False
        return True

    def utter(self, text: str, **options: Any) -> SpeechHandle:
        """Begin to speak a text; `options` as `AgentSession.say` has them.

        Raises:
            RuntimeError: the call is ending, or nobody speaks in it.
        """
        if self.bound.release.agent.only_listens:
            raise RuntimeError("nobody speaks in mode: transcribe")
        speech = self.persona.speech
        if speech is not None and speech.mute:
            options.setdefault("audio", silence())
        if speech is not None and speech.takes_turns:
            options["allow_interruptions"] = NOT_GIVEN
        handle = self.session.say(text, **options)
        self.speeches.begun(handle, text)
        return handle

    async def instruct(
        self,
        text: str,
        *,
        interruptible: bool = True,
        tools: bool = False,
        chat: ChatContext | None = None,
    ) -> bool:
        """Let the model speak in its own words, and wait until they are spoken.

        Args:
            text: what it should say; without it, it goes on from the talk.
            interruptible: whether the caller may interrupt.
            tools: whether it may call tools as well.
            chat: the talk as the model should see it; the persona's own without it.
        """
        if self.bound.release.agent.only_listens:
            return False
        try:
            await self.session.generate_reply(
                instructions=text or NOT_GIVEN,
                allow_interruptions=NOT_GIVEN if interruptible or self.takes_turns else False,
                tool_choice=NOT_GIVEN if tools else "none",
                chat_ctx=NOT_GIVEN if chat is None else chat,
            )
        except RuntimeError:
            log.debug("nothing can be said any more: the call is ending")
            return False
        return True

    async def play(self, action: Play) -> bool:
        """Play a sound, and wait until it is over; by text it is only told."""
        name = str(action.play)
        self.events.tell(SoundEvent(persona=self.speaking, name=name))
        if self.channel == "text":
            return True
        sound = frames(name, self.bound.release.sounds)
        allowed = NOT_GIVEN if action.interruptible else False
        try:
            await self.utter("", audio=sound, add_to_chat_ctx=False, allow_interruptions=allowed)
        except RuntimeError:
            log.debug("nothing can be played any more: the call is ending")
            return False
        return True

    async def open(self, words: Say | Instruct | Play) -> bool:
        """Speak a persona's first words."""
        if not self.bound.renderer.is_true(words.condition):
            return False
        if isinstance(words, Play):
            return await self.play(words)
        if isinstance(words, Say):
            return await self.say(words.say, interruptible=words.interruptible)
        text = self.bound.renderer.text(words.instructions)
        return await self.instruct(text, interruptible=words.interruptible, tools=True)
