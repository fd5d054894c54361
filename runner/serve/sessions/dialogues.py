"""The text dialogues as the main process sees them; they run in text hosts."""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import os
import time
import uuid
from collections import OrderedDict
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Final

from runner.front.port import DialogueError, EarlierLine, Turn
from runner.serve.sessions.calls import TurnFigures
from runner.serve.sessions.talk_sounds import LONGEST, TalkSounds
from runner.serve.sessions.texthost import TextHost
from runner.serve.socket.messages import (
    FROM_HOST,
    Cancel,
    End,
    Failed,
    FromCall,
    FromHost,
    HostHello,
    Open,
    Piece,
    Pong,
    Reply,
    SessionEvent,
    TurnText,
)
from runner.serve.tasks import Tasks

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from runner.serve.log import Log
    from runner.serve.sessions.calls import CallInfo, Calls
    from runner.serve.sessions.welcomes import Welcomes
    from runner.serve.socket.peer import Peer

MOST_SPOKEN: Final = 20
"""Spoken ones at once: each hears and speaks in real time."""

LONGEST_SPOKEN: Final = 1000
"""Characters of a text that is spoken: more than a minute of speech."""

_SPEAKING: Final = 120.0
"""Seconds beyond its budget that a turn may take in which both speak."""

SILENCE: Final = 600.0
"""Seconds without a text after which a dialogue ends."""

A_HOST: Final = 100
"""Dialogues for which one host is enough."""

HOSTS: Final = max(2, min(os.cpu_count() or 1, 8))
"""Hosts at most."""

_GRACE: Final = 10.0
"""Seconds beyond its budget that a turn is given to answer by itself."""

_LAST: Final = 10.0
"""Seconds that turns are given to be answered when the runner ends."""

_REMEMBERED: Final = 10_000
_HUNG: Final = "the agent did not answer in time, and the dialogue has ended"
_ENDS: Final = {
    "crashed": "the process of the dialogue has died, and the dialogue with it",
    "hung": _HUNG,
    "end_call": "the agent has ended the dialogue",
    "max_duration": "the dialogue has lasted as long as it may",
    "silence": f"the dialogue has ended: nobody wrote for {SILENCE / 60:g} minutes",
}


@dataclass(frozen=True, slots=True)
class Opening:
    """What a dialogue begins with.

    Attributes:
        idle: whether who is silent in it is asked.
        history: what was said before it.
        spoken: whether both speak in it.
    """

    variables: dict[str, Any] | None
    metadata: Any
    idle: bool
    history: tuple[EarlierLine, ...] | None
    spoken: bool = False


@dataclass(frozen=True, slots=True)
class _Waiting:
    """A turn that is not answered yet.

    Attributes:
        on_text: told each piece of the answer.
    """

    call: str
    answer: asyncio.Future[Reply | Failed]
    on_text: Callable[[str], None] | None


class Dialogues:
    """Begins, continues and ends text dialogues; starts a text host when one is needed.

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
        self._socket = str(socket)
        self.sounds = TalkSounds(socket.parent / "sounds")
        self._welcomes = welcomes
        self._calls = calls
        self._log = log
        self._budget = budget
        self._other = take
        self._most = most
        self._hosts: dict[int, TextHost] = {}
        self._starting = asyncio.Lock()
        self._stopping = False
        self._ids = itertools.count(1)
        self._waiting: dict[int, _Waiting] = {}
        self._used: dict[str, float] = {}
        self._since: dict[str, float] = {}
        self._tasks = Tasks()
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
    ) -> Turn:
        """Say something to a dialogue; without an id one begins, in which `idle` runs or does not.

        Args are those of `runner.front.port.Runner.turn`.

        Raises:
            DialogueError: it is unknown or has ended, there is no room for one more, or a variable
                does not fit.
        """
        if session_id is None:
            _speakable(text, spoken=audio)
            opening = Opening(variables, metadata, idle, history, audio)
            call = self._begin(await self._host(), agent, opening)
        else:
            call = self._known(agent, session_id)
            _speakable(text, spoken=call.spoken)
        self._used[call.id] = asyncio.get_running_loop().time()
        call.failure = None
        began = time.perf_counter()
        reply = await self._answer(call, text, on_text, keys)
        if isinstance(reply, Failed):
            self._end(call, "refused" if not call.answered else "error")
            raise DialogueError(reply.code, reply.message)
        self._calls.answer(call)
        self._calls.turned(call, _figures(reply, time.perf_counter() - began))
        call.variables, call.persona = reply.variables, reply.persona
        if reply.ended:
            self._end(call, call.reason or "end_call")
        return _turn(call, reply)

    def end(self, call: CallInfo) -> None:
        """End a dialogue, since who talks in it hangs up."""
        self._end(call, "caller_left")

    def look(self) -> None:
        """End what is silent or hangs, and replace dead hosts; to be called every second or so."""
        now = asyncio.get_running_loop().time()
        for call in self._calls.all("text"):
            if (since := self._since.get(call.id)) is not None:
                if now - since > self._budget(call) + (_SPEAKING if call.spoken else _GRACE):
                    self._end(call, "hung")
            elif now - self._used.get(call.id, now) > SILENCE:
                self._end(call, "silence")
        self.sounds.look()
        for host in tuple(self._hosts.values()):
            host.ping()
            if host.dead:
                self._replace(host)

    def not_ready(self) -> str | None:
        """Why texts are not answered just now, or None."""
        hosts = [host for host in self._hosts.values() if host.peer is not None]
        if not hosts or any(host.answers for host in hosts):
            return None
        return "the process for text dialogues does not answer"

    async def warm(self) -> None:
        """Start a host before anybody needs it; a failure is told to who needs it."""
        try:
            await self._host()
        except DialogueError:
            return

    async def renew(self) -> None:
        """Have new dialogues run in a new host; those before are left to what they have."""
        async with self._starting:
            hosts = [host for host in self._hosts.values() if not host.leaving]
            for host in hosts:
                host.leaving = True
                await self._part(host)
        if hosts:
            await self.warm()

    async def settled(self) -> None:
        """Return when no turn is being answered, at least none that will be soon."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(_LAST):
                while coming := [w.answer for w in self._waiting.values() if self._answers(w.call)]:
                    await asyncio.wait(coming, timeout=1)  # a host may cease to answer

    def _answers(self, call: str) -> bool:
        """Whether the host of a dialogue answers."""
        return any(host.answers for host in self._hosts.values() if call in host.dialogues)

    def end_all(self) -> None:
        """End all dialogues, since the runner ends; who waits for an answer is told."""
        self._stopping = True
        for call in self._calls.all("text"):
            self._end(call, "shutdown")

    async def stop(self) -> None:
        """End all dialogues, and their hosts."""
        self.end_all()
        async with self._starting:
            await asyncio.gather(*(host.end() for host in self._hosts.values()))
        await self._tasks.finished()

    async def serve(self, peer: Peer, hello: HostHello) -> None:
        """Speak with a text host until it is gone."""
        host = self._hosts.get(hello.pid)
        if host is None or host.peer is not None:
            return
        host.peer = peer
        host.connected.set()
        try:
            async for message in peer.messages(FROM_HOST):
                self._take(host, peer, message)
        finally:
            for call in host.dialogues.copy():
                self._calls.end(call, "crashed")
            self._hosts.pop(hello.pid, None)
            self._tasks.spawn(host.end())

    def _begin(self, host: TextHost, agent: str, opening: Opening) -> CallInfo:
        most = self._most()
        if len(self._calls.all("text")) >= most:
            raise DialogueError(
                "full", f"there are {most} dialogues already", "end some, or try later"
            )
        session, sound = f"text_{uuid.uuid4().hex[:16]}", None
        if opening.spoken:
            sound = self._sound(session)
        call = self._calls.begin(session, agent, "text")
        call.peer, call.spoken = host.peer, opening.spoken
        host.dialogues.add(call.id)
        welcome = self._welcomes.welcome(call)
        history = opening.history
        before = tuple((line.role, line.text) for line in history) if history is not None else None
        opened = Open(welcome, opening.variables, opening.metadata, opening.idle, before)
        self._send(call, replace(opened, sound=sound, longest=LONGEST) if sound else opened)
        if len(host.dialogues) == A_HOST:
            self._tasks.spawn(self._more())  # the next ones need not wait for it
        return call

    def _sound(self, session: str) -> str:
        """Where the sound of a dialogue is written in which both speak."""
        if sum(call.spoken for call in self._calls.all("text")) >= MOST_SPOKEN:
            message = f"there are {MOST_SPOKEN} spoken dialogues already"
            raise DialogueError("full", message, "end some, or try later")
        try:
            return str(self.sounds.begin(session))
        except OSError as error:
            message = f"there is no place for the sound: {error.strerror or error}"
            raise DialogueError("agent_unavailable", message) from None

    def _known(self, agent: str, session_id: str) -> CallInfo:
        call = self._calls.get(session_id)
        if call is not None and call.kind == "text" and call.agent == agent:
            return call
        if session_id in self._ended:
            hint = "leave session_id out to begin another"
            raise DialogueError("ended", _why(self._ended[session_id]), hint)
        raise DialogueError("unknown_session", "there is no such dialogue with this agent")

    async def _answer(
        self,
        call: CallInfo,
        text: str,
        on_text: Callable[[str], None] | None,
        keys: str | None,
    ) -> Reply | Failed:
        number = next(self._ids)
        answer: asyncio.Future[Reply | Failed] = asyncio.get_running_loop().create_future()
        self._waiting[number] = _Waiting(call.id, answer, on_text)
        self._since.setdefault(call.id, asyncio.get_running_loop().time())
        try:
            self._send(call, TurnText(call.id, number, text, on_text is not None, keys))
            return await answer
        except asyncio.CancelledError:  # nobody waits for it any more
            self._send(call, Cancel(call.id, number))
            raise
        finally:
            self._waiting.pop(number, None)
            self._next(call)

    def _next(self, call: CallInfo) -> None:
        """Note since when the next turn of a dialogue is being answered, if there is one."""
        if any(waiting.call == call.id for waiting in self._waiting.values()):
            self._since[call.id] = asyncio.get_running_loop().time()
        else:
            self._since.pop(call.id, None)

    def _send(self, call: CallInfo, message: Open | TurnText | Cancel | End) -> None:
        if call.peer is not None:
            call.peer.send(message)

    def _end(self, call: CallInfo, reason: str) -> None:
        self._send(call, End(call.id, reason))
        self._calls.end(call.id, reason)

    def _over(self, call: CallInfo) -> None:
        if call.kind != "text":
            return
        self.sounds.end(call.id)
        self._used.pop(call.id, None)
        self._since.pop(call.id, None)
        self._ended[call.id] = call.reason or "shutdown"
        if len(self._ended) > _REMEMBERED:
            self._ended.popitem(last=False)
        for host in self._hosts.values():
            if call.id in host.dialogues:
                host.dialogues.remove(call.id)
                self._tasks.spawn(self._part(host))
        refusal = self._refusal(call.reason)
        for waiting in self._waiting.values():
            if waiting.call == call.id and not waiting.answer.done():
                waiting.answer.set_exception(refusal)

    def _refusal(self, reason: str | None) -> DialogueError:
        """What somebody is told who waits for an answer of a dialogue that has ended."""
        if self._stopping:
            return _draining()
        code = "agent_unavailable" if reason == "hung" else "ended"
        return DialogueError(code, _why(reason))

    async def _host(self) -> TextHost:
        """The host in which the next dialogue begins."""
        async with self._starting:
            return self._freest() or await self._start()

    def _freest(self) -> TextHost | None:
        hosts = [h for h in self._hosts.values() if h.peer is not None and not h.leaving]
        return min(hosts, key=lambda h: (not h.answers, len(h.dialogues)), default=None)

    async def _more(self) -> None:
        """Start another host where all have as many dialogues as they should."""
        async with self._starting:
            host = self._freest()
            full = host is not None and len(host.dialogues) >= A_HOST
            if full and len(self._hosts) < HOSTS:
                with contextlib.suppress(DialogueError):
                    await self._start()

    async def _start(self) -> TextHost:
        if self._stopping:
            raise _draining()
        try:
            host = await TextHost.start(self._socket)
        except OSError as error:
            raise _not_started(error.strerror or str(error)) from None
        self._hosts[host.process.pid] = host
        if not await host.arrival():
            self._hosts.pop(host.process.pid, None)
            await host.end()
            raise _not_started("it ended at once")
        return host

    def _replace(self, host: TextHost) -> None:
        """End a host that does not answer, tell its dialogues, and start another."""
        del self._hosts[host.process.pid]
        count = len(host.dialogues)
        self._log.event(
            "text_host_replaced",
            f"a process of {count} dialogues does not answer any more: it is ended, "
            "and another one started",
            level="error",
            pid=host.process.pid,
            sessions=sorted(host.dialogues),
        )
        for call in host.dialogues.copy():
            host.dialogues.discard(call)
            self._calls.end(call, "hung")
        self._tasks.spawn(host.end())
        self._tasks.spawn(self.warm())

    async def _part(self, host: TextHost) -> None:
        """See a host off that has nothing left to do."""
        if host.leaving and not host.dialogues:
            await host.end()

    def _take(self, host: TextHost, peer: Peer, message: FromHost) -> None:
        match message:
            case Pong():
                host.pong()
            case Reply() | Failed():
                waiting = self._waiting.get(message.id)
                if waiting is not None and not waiting.answer.done():
                    waiting.answer.set_result(message)
            case Piece():
                waiting = self._waiting.get(message.id)
                if waiting is not None and waiting.on_text is not None:
                    waiting.on_text(message.text)
            case SessionEvent(event={"type": "end"}):
                self._other(peer, message)
                self._ended_by_itself(message.call)
            case _:
                self._other(peer, message)

    def _ended_by_itself(self, session: str) -> None:
        """End a dialogue that came to its end between two turns; in a turn its answer says so."""
        call = self._calls.get(session)
        if call is not None and not any(w.call == session for w in self._waiting.values()):
            self._end(call, call.reason or "end_call")


def _speakable(text: str, *, spoken: bool) -> None:
    if spoken and len(text) > LONGEST_SPOKEN:
        message = f"a text that is spoken has at most {LONGEST_SPOKEN:,} characters"
        raise DialogueError("out_of_bounds", message, "say it in several turns")


def _draining() -> DialogueError:
    return DialogueError("draining", "the runner is shutting down")


def _not_started(why: str) -> DialogueError:
    words = f"the process for dialogues could not be started: {why}"
    return DialogueError("agent_unavailable", words, "try again")


def _why(reason: str | None) -> str:
    return _ENDS.get(reason or "", "the dialogue has ended")


def _figures(reply: Reply, seconds: float) -> TurnFigures:
    number = max((int(event["turn"]) for event in reply.events), default=0)
    usage = reply.usage
    return TurnFigures(number, round(seconds * 1000), usage.input_tokens, usage.output_tokens)


def _turn(call: CallInfo, reply: Reply) -> Turn:
    return Turn(
        call.id,
        reply.text,
        reply.events,
        reply.usage.input_tokens,
        reply.usage.output_tokens,
        reply.ended,
        call.release,
        call.persona,
        reply.variables,
        first_event=call.events.begin_of(reply.events[0]["turn"]) if reply.events else 0,
        failure=call.failure,
        sound_ms=reply.sound_ms,
    )
