"""How a dialogue begins: whether there is room for it, and what its host is told."""

from __future__ import annotations

import uuid
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Final

from runner.front.port import DialogueError
from runner.serve.sessions.talk_sounds import LONGEST, TalkSounds
from runner.serve.socket.messages import Open

if TYPE_CHECKING:
    from collections.abc import Callable

    from runner.front.talks_port import EarlierLine, Preview
    from runner.serve.sessions.calls import CallInfo, Calls
    from runner.serve.sessions.hosts import TextHosts
    from runner.serve.sessions.texthost import TextHost
    from runner.serve.sessions.welcomes import Welcomes

MOST_SPOKEN: Final = 20
"""Spoken ones at once: each hears and speaks in real time."""


@dataclass(frozen=True, slots=True)
class Opening:
    """What a dialogue begins with.

    Attributes:
        idle: whether who is silent in it is asked.
        history: what was said before it.
        spoken: whether both speak in it.
        preview: what it begins with, instead of what is served.
    """

    variables: dict[str, Any] | None
    metadata: Any
    idle: bool
    history: tuple[EarlierLine, ...] | None
    spoken: bool = False
    preview: Preview | None = None


class Openings:
    """Begins dialogues.

    Args:
        hosts: the processes in which they run.
        sounds: what is heard in those in which both speak.
        welcomes: what a host is told of an agent.
        calls: all calls.
        most: dialogues at once (`runner.capacity.max_dialogues`).
    """

    def __init__(
        self,
        hosts: TextHosts,
        sounds: TalkSounds,
        welcomes: Welcomes,
        calls: Calls,
        most: Callable[[], int],
    ) -> None:
        self._hosts, self._sounds = hosts, sounds
        self._welcomes, self._calls, self._most = welcomes, calls, most

    def begin(self, host: TextHost, agent: str, opening: Opening) -> CallInfo:
        """Begin one in a host.

        Raises:
            DialogueError: there is no room for it.
        """
        most = self._most()
        if len(self._calls.all("text")) >= most:
            raise DialogueError(
                "full", f"there are {most} dialogues already", "end some, or try later"
            )
        session, sound = f"text_{uuid.uuid4().hex[:16]}", None
        if opening.spoken:
            sound = self._sound(session)
        call = self._calls.begin(session, agent, "text", preview=opening.preview)
        call.peer, call.spoken = host.peer, opening.spoken
        self._hosts.enter(host, call.id)
        welcome = self._welcomes.welcome(call)
        history = opening.history
        before = tuple((line.role, line.text) for line in history) if history is not None else None
        opened = Open(welcome, opening.variables, opening.metadata, opening.idle, before)
        if call.peer is not None:
            call.peer.send(replace(opened, sound=sound, longest=LONGEST) if sound else opened)
        return call

    def _sound(self, session: str) -> str:
        """Where the sound of a dialogue is written in which both speak."""
        if sum(call.spoken for call in self._calls.all("text")) >= MOST_SPOKEN:
            message = f"there are {MOST_SPOKEN} spoken dialogues already"
            raise DialogueError("full", message, "end some, or try later")
        try:
            return str(self._sounds.begin(session))
        except OSError as error:
            message = f"there is no place for the sound: {error.strerror or error}"
            raise DialogueError("agent_unavailable", message) from None
