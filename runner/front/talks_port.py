"""What the HTTP front asks of dialogues and calls: plain data, so the process does not matter."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any, Literal, Protocol

from runner.front.rooms_port import ProvenCaller
from runner.secret import Secret


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
class Preview:
    """A release that is shown to whoever has its link, while callers keep what is served.

    Attributes:
        id: whose the conversations are that begin with it; it opens nothing.
        release: the id of the release that is shown.
        made: since when it is shown.
        expires: until when a conversation may begin.
    """

    id: str
    release: str
    made: datetime
    expires: datetime


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


class Talks(Protocol):
    """Dialogues and calls: begun, continued, looked at and ended."""

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
        preview: Preview | None = None,
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
            preview: with what a dialogue begins, instead of what is served.

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

    def preview(self, token: Secret[str]) -> Preview | None:
        """What the token of a link shows; nothing where it is none, or has had its time."""
        ...

    def may_speak(self, agent: str, preview: Preview | None = None) -> None:
        """Whether a call by voice could begin now.

        Raises:
            DialogueError: as `voice`.
        """
        ...

    async def voice(
        self,
        agent: str,
        rate: int,
        caller: ProvenCaller | None = None,
        preview: Preview | None = None,
    ) -> VoiceLine:
        """Begin a call by voice, whose sound comes over the front.

        Args:
            agent: whom to talk with.
            rate: samples a second, both ways.
            caller: who calls, where that is proved.
            preview: with what it begins, instead of what is served.

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

    def preview_of(self, session_id: str) -> str | None:
        """The id of the preview that it began with; nothing where it began with none."""
        ...

    async def session(self, session_id: str) -> dict[str, Any]:
        """One of them with its `events` and `variables`; one that has ended for an hour.

        Raises:
            DialogueError: it is unknown.
        """
        ...

    async def as_test(self, session_id: str) -> str:
        """A test in YAML of what was said in it, in which secrets are masked.

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

    async def end(self, session_id: str) -> None:
        """End one of them.

        Raises:
            DialogueError: it is unknown.
        """
        ...
