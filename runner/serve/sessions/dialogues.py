"""The text dialogues as the main process sees them; they run in text hosts."""

from __future__ import annotations

import asyncio
import time
from collections import OrderedDict
from typing import TYPE_CHECKING, Any, Final

from runner.front.port import DialogueError
from runner.serve.sessions.answers import Answers
from runner.serve.sessions.hosts import TextHosts, draining
from runner.serve.sessions.openings import Opening, Openings
from runner.serve.sessions.talk_sounds import TalkSounds
from runner.serve.sessions.turns import SILENCE, check_length, figures_of, turn_of, why_over
from runner.serve.socket.messages import (
    FROM_HOST,
    End,
    Failed,
    FromCall,
    FromHost,
    HostHello,
    Piece,
    Pong,
    Reply,
    SessionEvent,
)

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from runner.front.talks_port import EarlierLine, Preview, Tap, Turn
    from runner.serve.log import Log
    from runner.serve.sessions.calls import CallInfo, Calls
    from runner.serve.sessions.texthost import TextHost
    from runner.serve.sessions.welcomes import Welcomes
    from runner.serve.socket.peer import Peer

_SPEAKING: Final = 120.0
"""Seconds beyond its budget that a turn may take in which both speak."""

_GRACE: Final = 10.0
"""Seconds beyond its budget that a turn is given to answer by itself."""

_REMEMBERED: Final = 10_000
"""Dialogues of which is known why they ended."""


class Dialogues:
    """Begins, continues and ends text dialogues.

    Attributes:
        hosts: the processes in which they run.
        sounds: what is heard in those in which both speak.
        answers: the turns that are being answered.

    Args:
        socket: the call socket, to which hosts connect.
        budget: seconds that a turn of a dialogue may take.
        take: told what dialogues say that is no answer to a turn.
        most: dialogues at once (`runner.capacity.max_dialogues`).
    """

    def __init__(  # noqa: PLR0913 - the parts that it needs, by name
        self,
        socket: Path,
        welcomes: Welcomes,
        calls: Calls,
        log: Log,
        *,
        budget: Callable[[CallInfo], float],
        take: Callable[[Peer, FromCall], None],
        most: Callable[[], int],
    ) -> None:
        self.sounds = TalkSounds(socket.parent / "sounds")
        self.hosts = TextHosts(socket, log, calls.end)
        self.answers = Answers(self.hosts.answers)
        self._openings = Openings(self.hosts, self.sounds, welcomes, calls, most)
        self._calls = calls
        self._budget = budget
        self._other = take
        self._stopping = False
        self._used: dict[str, float] = {}
        self._ended: OrderedDict[str, str] = OrderedDict()
        calls.on_end.append(self._over)

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
        """Say something to a dialogue; without an id one begins, in which `idle` runs or does not.

        Args are those of `runner.front.talks_port.Talks.turn`.

        Raises:
            DialogueError: it is unknown or has ended, there is no room for one more, or a variable
                does not fit.
        """
        if session_id is None:
            check_length(text, spoken=audio)
            opening = Opening(variables, metadata, idle, history, audio, preview)
            call = self._openings.begin(await self.hosts.next(), agent, opening)
        else:
            call = self._known(agent, session_id)
            check_length(text, spoken=call.spoken)
        self._used[call.id] = asyncio.get_running_loop().time()
        call.failure = None
        began = time.perf_counter()
        reply = await self.answers.ask(call, text, on_text, keys, tap)
        if isinstance(reply, Failed) and reply.goes_on and session_id is not None:
            raise DialogueError(reply.code, reply.message)
        if isinstance(reply, Failed):
            self._end(call, "refused" if not call.answered else "error")
            raise DialogueError(reply.code, reply.message)
        self._calls.answer(call)
        self._calls.turned(call, figures_of(reply, time.perf_counter() - began))
        call.variables, call.persona = reply.variables, reply.persona
        if reply.ended:
            self._end(call, call.reason or "end_call")
        return turn_of(call, reply)

    def end(self, call: CallInfo) -> None:
        """End a dialogue, since who talks in it hangs up."""
        self._end(call, "caller_left")

    async def visit(self, agent: str) -> CallInfo:
        """Have an agent in a host that is only asked something, and talks with nobody.

        Raises:
            DialogueError: there is no such agent, or no room for one more.
        """
        return self._openings.begin(
            await self.hosts.next(), agent, Opening(None, None, False, None)
        )

    def leave(self, call: CallInfo) -> None:
        """What was asked is answered."""
        self._end(call, "caller_left")

    def ended(self, session: str) -> bool:
        """Whether there was such a dialogue, which has ended."""
        return session in self._ended

    def look(self) -> None:
        """End what is silent or hangs, and replace dead hosts; to be called every second or so."""
        now = asyncio.get_running_loop().time()
        for call in self._calls.all("text"):
            if (since := self.answers.since.get(call.id)) is not None:
                if now - since > self._budget(call) + (_SPEAKING if call.spoken else _GRACE):
                    self._end(call, "hung")
            elif now - self._used.get(call.id, now) > SILENCE:
                self._end(call, "silence")
        self.sounds.look()
        self.hosts.look()

    async def settled(self) -> None:
        """Return when no turn is being answered, at least none that will be soon."""
        await self.answers.settled()

    def end_all(self) -> None:
        """End all dialogues, since the runner ends; who waits for an answer is told."""
        self._stopping = True
        self.hosts.close()
        for call in self._calls.all("text"):
            self._end(call, "shutdown")

    async def stop(self) -> None:
        """End all dialogues, and their hosts."""
        self.end_all()
        await self.hosts.stop()

    async def serve(self, peer: Peer, hello: HostHello) -> None:
        """Speak with a text host until it is gone."""
        host = self.hosts.arrived(peer, hello)
        if host is None:
            return
        try:
            async for message in peer.messages(FROM_HOST):
                self._take(host, peer, message)
        finally:
            self.hosts.gone(host)

    def _known(self, agent: str, session_id: str) -> CallInfo:
        call = self._calls.get(session_id)
        if call is not None and call.kind == "text" and call.agent == agent:
            return call
        if session_id in self._ended:
            hint = "leave session_id out to begin another"
            raise DialogueError("ended", why_over(self._ended[session_id]), hint)
        raise DialogueError("unknown_session", "there is no such dialogue with this agent")

    def _end(self, call: CallInfo, reason: str) -> None:
        if call.peer is not None:
            call.peer.send(End(call.id, reason))
        self._calls.end(call.id, reason)

    def _over(self, call: CallInfo) -> None:
        if call.kind != "text":
            return
        self.sounds.end(call.id)
        self._used.pop(call.id, None)
        self._ended[call.id] = call.reason or "shutdown"
        if len(self._ended) > _REMEMBERED:
            self._ended.popitem(last=False)
        self.hosts.leave(call.id)
        self.answers.refuse(call.id, self._refusal(call.reason))

    def _refusal(self, reason: str | None) -> DialogueError:
        """What somebody is told who waits for an answer of a dialogue that has ended."""
        if self._stopping:
            return draining()
        code = "agent_unavailable" if reason == "hung" else "ended"
        return DialogueError(code, why_over(reason))

    def _take(self, host: TextHost, peer: Peer, message: FromHost) -> None:
        match message:
            case Pong():
                host.pong()
            case Reply() | Failed():
                self.answers.take(message)
            case Piece():
                self.answers.piece(message)
            case SessionEvent(event={"type": "end"}):
                self._other(peer, message)
                self._ended_by_itself(message.call)
            case _:
                self._other(peer, message)

    def _ended_by_itself(self, session: str) -> None:
        """End a dialogue that came to its end between two turns; in a turn its answer says so."""
        call = self._calls.get(session)
        if call is not None and not self.answers.wait_for(session):
            self._end(call, call.reason or "end_call")
