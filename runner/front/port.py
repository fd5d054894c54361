"""What the HTTP front asks of the runner: plain data, so dialogues may live in another process."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal, Protocol

from runner.front.jobs_port import JobBook
from runner.front.records_port import RecordBook


@dataclass(frozen=True, slots=True)
class AgentInfo:
    """An agent, as `GET /v1/agents` and the page show it.

    Attributes:
        variables: the names of all that it may come to know.
        suggestions: first lines for whoever tries it.
        keypad: whether keys of a telephone do anything.
    """

    name: str
    description: str | None
    start: str
    mode: str
    registered: bool
    personas: tuple[str, ...]
    variables: tuple[str, ...] = ()
    suggestions: tuple[str, ...] = ()
    keypad: bool = False


@dataclass(frozen=True, slots=True)
class EarlierLine:
    """A line of a talk that took place before a dialogue begins."""

    role: Literal["user", "agent"]
    text: str


@dataclass(frozen=True, slots=True)
class Tap:
    """Something that the caller does in their app.

    Attributes:
        method: of the agent's `app.on`.
        sent: what the app sends with it.
    """

    method: str
    sent: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Turn:
    """What came of one turn of a text dialogue; turn 0 is the greeting.

    Attributes:
        events: the objects of `lkrun chat --format json` for this turn (with the greeting's
            before them in a first turn).
        text: all that the agent said in answer.
        variables: as they are now; private ones masked.
        first_event: the number of the first of `events` in the session.
        failure: why the model did not answer, for the runner's owner alone.
        sound_ms: of a spoken dialogue, how much of its sound is kept.
    """

    session_id: str
    text: str
    events: tuple[dict[str, Any], ...]
    input_tokens: int
    output_tokens: int
    ended: bool
    release: str
    persona: str
    variables: dict[str, Any] = field(default_factory=dict)
    first_event: int = 0
    failure: str | None = None
    sound_ms: int | None = None


@dataclass(frozen=True, slots=True)
class SessionInfo:
    """A dialogue or call, as `GET /v1/sessions` shows it."""

    id: str
    agent: str
    persona: str
    kind: str
    release: str
    started: str
    turns: int
    room: str | None = None


@dataclass(frozen=True, slots=True)
class CallLoad:
    """How many calls a runner has.

    Attributes:
        max_calls: as many as it may have; None: any number.
        full: whether it takes no more now.
    """

    calls: int
    max_calls: int | None
    full: bool


@dataclass(frozen=True, slots=True)
class ProvenCaller:
    """Who has proved themselves by a login provider's ID token.

    Attributes:
        identity: as the provider names them.
        attributes: what else it says of them; not shown, like the token that said it.
    """

    identity: str
    attributes: dict[str, str] = field(default_factory=dict, repr=False)


@dataclass(frozen=True, slots=True)
class RoomVisit:
    """Who wants to come into a room, and whom they want there.

    Attributes:
        agent: the only one without it.
        room: a new one without it.
        identity: a new one without it.
        metadata: the participant's own.
        attributes: the participant's own.
        job_metadata: what the agent is given.
        proven: whether `identity` is proved: they come into no room of somebody else.
    """

    agent: str | None = None
    room: str | None = None
    identity: str | None = None
    name: str | None = None
    metadata: str = ""
    attributes: dict[str, str] = field(default_factory=dict)
    job_metadata: str = ""
    proven: bool = False


@dataclass(frozen=True, slots=True)
class RoomPass:
    """The way into a room."""

    url: str
    token: str
    room: str
    name: str


@dataclass(frozen=True, slots=True)
class RoomWish:
    """A room that shall be there, with an agent.

    Attributes:
        empty_timeout: seconds that it stays without anybody; LiveKit's own without it.
        max_participants: any number without it.
        identity: whose room it is, where that is proved.
    """

    agent: str | None = None
    room: str | None = None
    metadata: str = ""
    empty_timeout: int | None = None
    max_participants: int | None = None
    identity: str | None = None


@dataclass(frozen=True, slots=True)
class OpenRoom:
    """A room that is there, with the dispatch of its agent."""

    room: str
    agent: str
    dispatch: str


class VoiceLine(Protocol):
    """A call by voice that the front holds itself."""

    @property
    def session_id(self) -> str:
        """The call's."""
        ...

    def frames(self) -> AsyncIterator[bytes | dict[str, Any]]:
        """What the caller hears (16 bit samples) and is told, as it comes, until the end."""
        ...

    def hear(self, pcm: bytes) -> bool:
        """Take sound; whether it was taken: not where it comes faster than it can be spoken."""
        ...

    def say(self, text: str) -> None:
        """Take what the caller writes."""
        ...

    def press(self, keys: str) -> None:
        """Take the keys that the caller presses."""
        ...

    def hang_up(self) -> None:
        """The caller has gone."""
        ...


class DialogueError(Exception):
    """A request that the runner refuses.

    Attributes:
        code: decides the status: unknown_agent, unknown_session, unknown_record,
            unknown_caller (404), ended (409), full,
            draining, not_ready, no_livekit, records_unavailable, livekit_failed,
            agent_unavailable (503: its model or service fails, or its process has died),
            not_yours (403: somebody else's room), too_many_requests (429),
            bad_request (400: a variable that the agent does not have),
            out_of_bounds (422: a value that the variable does not take).
    """

    def __init__(
        self,
        code: str,
        message: str,
        help: str | None = None,  # noqa: A002 - the word of the API
    ) -> None:
        super().__init__(message)
        self.code, self.message, self.help = code, message, help


class Runner(Protocol):
    """The running `lkrun serve`, as the front sees it."""

    @property
    def release(self) -> dict[str, Any]:
        """The served release: id, time, agents (their names); empty before there is one."""
        ...

    @property
    def livekit_url(self) -> str | None:
        """Where LiveKit is, or None where text only is served."""
        ...

    @property
    def dev(self) -> bool:
        """Whether running conversations go on with what is saved (`serve --dev`)."""
        ...

    @property
    def records(self) -> RecordBook:
        """What is kept of sessions and callers."""
        ...

    @property
    def external(self) -> JobBook:
        """Jobs of external agents, and what is delivered."""
        ...

    def not_ready(self) -> str | None:
        """Why calls cannot be taken yet, or None."""
        ...

    def load(self) -> CallLoad:
        """How many calls are on, and may be."""
        ...

    def agents(self) -> list[AgentInfo]:
        """The agents of the served release."""
        ...

    def portraits(self) -> dict[str, dict[str, Any]]:
        """What the page shows of each agent, as `runner.front.models.page.Portrait` has it."""
        ...

    async def reload(self) -> dict[str, Any]:
        """Compile the folder now: `result`, `release`, `diagnostics`, `changes`.

        Raises:
            DialogueError: the runner is not ready for it.
        """
        ...

    def metrics(self) -> str:
        """What Prometheus reads, in its text format."""
        ...

    def meet_link(self, agent: str) -> str | None:
        """A LiveKit Meet address with a fresh token that dispatches the agent, or None."""
        ...

    async def let_in(self, visit: RoomVisit) -> RoomPass:
        """A token for a room in which the agent will be.

        Raises:
            DialogueError: the agent is unknown or not named, or cannot take a call now; or the room
                is somebody else's.
        """
        ...

    async def open_room(self, wish: RoomWish) -> OpenRoom:
        """Have a room made and the agent called into it.

        Raises:
            DialogueError: as `let_in`.
        """
        ...

    async def turn(  # noqa: PLR0913 - what a person may say, by name
        self,
        agent: str,
        text: str,
        session_id: str | None,
        variables: dict[str, Any] | None,
        metadata: Any,
        *,
        idle: bool = False,
        history: tuple[EarlierLine, ...] | None = None,
        on_text: Callable[[str], None] | None = None,
        keys: str | None = None,
        audio: bool = False,
        tap: Tap | None = None,
    ) -> Turn:
        """Say something to a dialogue; without a session id one begins, with `idle` or without.

        Args:
            agent: whom to talk with.
            text: what is said; nothing at the beginning: only the greeting.
            session_id: the dialogue to go on with.
            variables: first values.
            metadata: of the job.
            idle: whether who is silent in it is asked.
            history: what a new dialogue goes on with, in place of a greeting.
            on_text: told each piece of the answer as it comes.
            keys: pressed instead of a text.
            audio: whether both speak in the dialogue that begins.
            tap: done in the caller's app instead of a text.

        Raises:
            DialogueError: the agent or dialogue is unknown, has ended, or the runner is full.
        """
        ...

    def sound(self, session_id: str) -> Path:
        """The file with the sound of a spoken dialogue, also of one that has ended for an hour.

        Raises:
            DialogueError: there is none, or not any more.
        """
        ...

    def expect_voice(self) -> None:
        """Somebody looks at the page: be ready for a call by voice."""
        ...

    def may_speak(self, agent: str) -> None:
        """Whether a call by voice could begin now.

        Raises:
            DialogueError: as `voice`.
        """
        ...

    async def voice(self, agent: str, rate: int, caller: ProvenCaller | None = None) -> VoiceLine:
        """Begin a call by voice, whose sound comes over the front.

        Args:
            agent: whom to talk with.
            rate: samples a second, both ways.
            caller: who calls, where that is proved.

        Raises:
            DialogueError: the agent is unknown, does not speak, or takes no call now.
        """
        ...

    def sessions(self) -> list[SessionInfo]:
        """Dialogues and calls."""
        ...

    def caller_of(self, session_id: str) -> str | None:
        """The identity of the proven caller whose call it is; nothing where there is none."""
        ...

    async def session(self, session_id: str) -> dict[str, Any]:
        """One of them with its `events` and `variables`; one that has ended for an hour.

        Raises:
            DialogueError: it is unknown.
        """
        ...

    async def events(
        self, session_id: str, after: int
    ) -> AsyncIterator[tuple[int, dict[str, Any]]]:
        """Its events after a number as they happen, each with its number, until its end.

        Raises:
            DialogueError: it is unknown, or has ended long ago.
        """
        ...

    def folder(self) -> dict[str, Any]:
        """How the folder stands, as `runner.front.models.page.FolderStatus` has it."""
        ...

    async def act(self, session_id: str, action: dict[str, Any]) -> None:
        """Have one action of the language done in one of them, between two turns.

        Args:
            session_id: which.
            action: as JSON, such as `{"say": "One moment."}`.

        Raises:
            DialogueError: it is unknown, has ended or not begun, or the action is none that it
                could do.
        """
        ...

    async def event(self, event_type: str, data: Any, session_id: str | None) -> str:
        """Take something that has happened elsewhere; gives the id by which it is kept.

        Args:
            event_type: what, as who tells of it calls it.
            data: JSON.
            session_id: where the agent does what it does then; without it, it is only kept.

        Raises:
            DialogueError: the session is unknown, has ended or not begun, or the data does not fit.
        """
        ...

    async def intent(self, agent: str, text: str, session_id: str | None) -> dict[str, Any]:
        """Which intent of an agent a text means: `intent`, `persona`, `actions`.

        Args:
            agent: whose.
            text: what somebody has said.
            session_id: where what it does is done; without it, the first persona is asked.

        Raises:
            DialogueError: there is no such agent or session, or it has ended or not begun.
        """
        ...

    async def use_tool(
        self, agent: str, tool: str, arguments: dict[str, Any], session_id: str | None
    ) -> dict[str, Any]:
        """Have an HTTP tool of an agent ask its service: what `lkrun tool call` tells.

        Args:
            agent: whose.
            tool: its name.
            arguments: as the model would give them.
            session_id: whose values it uses, and where what it saves is stored.

        Raises:
            DialogueError: there is no such agent, session or tool.
        """
        ...

    async def end(self, session_id: str) -> None:
        """End one of them.

        Raises:
            DialogueError: it is unknown.
        """
        ...
