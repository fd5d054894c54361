"""The conversation of a dialogue: by text, or with both who speak."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from functools import partial
from pathlib import Path
from typing import Any

from runner.serve.child.network import provider_network
from runner.serve.child.pinned import release_at
from runner.serve.child.recalling import recall_by
from runner.serve.child.spoken import SpokenDialogue
from runner.serve.socket.line import CallEgress, Line
from runner.serve.socket.messages import Agreed, Failure, Open, Piece, ToHost, TurnText
from runner.session import CallFacts, JobFacts
from runner.session.conversation import Conversation
from runner.session.events import Event as TalkEvent

Event = dict[str, Any]


class DialogueTalk:
    """Begins the conversation of one dialogue, and says in it what the caller says.

    Attributes:
        talk: the conversation; None before it begins.
        aloud: the sound of both, where they speak.
        streamed: the number of the turn whose pieces are wanted; None: nobody wants them.

    Args:
        line: to the main process.
        opened: what it says of the dialogue.
    """

    def __init__(self, line: Line[ToHost], opened: Open) -> None:
        self._line, self._opened = line, opened
        self._call = opened.welcome.call
        self.talk: Conversation | None = None
        self.aloud: SpokenDialogue | None = None
        self.streamed: int | None = None

    async def around(self, work: Callable[..., Awaitable[Any]]) -> Any:
        """Have something done in which the agent may speak."""
        return await (self.aloud.around(work) if self.aloud is not None else work())

    async def begin(self) -> list[Event]:
        """Begin, by text or aloud; the greeting.

        Raises:
            CannotStartError: it cannot be built.
        """
        if self._opened.sound is None:
            self.talk = self.conversation()
            return as_data(await self.talk.start())
        welcome = self._opened.welcome
        self.aloud = SpokenDialogue(
            release_at(welcome.file),
            welcome.secrets,
            provider_network(welcome.network),
            begin=self.conversation,
            file=Path(self._opened.sound),
            longest=self._opened.longest,
        )
        greeting = await self.aloud.greeting()
        self.talk = self.aloud.conversation
        return greeting

    async def said(self, message: TurnText) -> list[Event]:
        """Say a text, press keys or do something in the app; what came of it."""
        assert self.talk is not None  # noqa: S101 - it has begun
        if message.app is not None:
            tap = partial(self.talk.from_app, message.app, message.sent or {})
            return await self.aloud.around(tap) if self.aloud is not None else as_data(await tap())
        if self.aloud is not None:
            if message.keys is not None:
                return await self.aloud.keys(message.keys)
            return await self.aloud.say(message.text)
        if message.keys is not None:
            return as_data(await self.talk.press(message.keys))
        return as_data(await self.talk.turn(message.text))

    def conversation(self, hear: Callable[[Event], None] = lambda _: None) -> Conversation:
        opened, welcome, call = self._opened, self._opened.welcome, self._call
        facts = CallFacts(
            job=JobFacts(metadata=opened.metadata), variables=opened.variables or {}, id=call
        )

        def told(event: TalkEvent) -> None:
            data = event.to_json()
            hear(data)
            self._line.event(call, data)

        return Conversation(
            release_at(welcome.file),
            CallEgress(self._line, call),
            facts,
            on_event=told,
            secrets=welcome.secrets.get,
            network=provider_network(welcome.network),
            on_failure=lambda reason, part: self._line.send(Failure(call, reason, part)),
            on_agreed=lambda: self._line.send(Agreed(call)),
            recall=recall_by(self._line, call),
            channel="text" if opened.sound is None else "voice",
            idle=opened.idle,
            history=opened.history,
            on_text=self._piece,
        )

    def _piece(self, text: str) -> None:
        if self.streamed is not None:
            self._line.send(Piece(self._call, self.streamed, text))


def as_data(events: list[TalkEvent]) -> list[Event]:
    return [event.to_json() for event in events]


def agent_words(events: list[Event]) -> list[str]:
    return [e["text"] for e in events if e["type"] == "message" and e["role"] == "agent"]
