"""The text dialogues as the main process sees them; they run in text hosts."""

from __future__ import annotations

import asyncio
import itertools
import logging
import uuid
from collections import OrderedDict
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from runner.front.port import DialogueError, Turn
from runner.serve.sessions.texthost import TextHost
from runner.serve.socket.messages import (
    FROM_HOST,
    Cancel,
    End,
    Failed,
    FromCall,
    FromHost,
    HostHello,
    LogLine,
    Open,
    Reply,
    TurnText,
)
from runner.serve.tasks import Tasks

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from runner.serve.sessions.calls import CallInfo, Calls
    from runner.serve.sessions.welcomes import Welcomes
    from runner.serve.socket.peer import Peer

MOST: Final = 1000
"""Dialogues at once."""

SILENCE: Final = 600.0
"""Seconds without a text after which a dialogue ends."""

_REMEMBERED: Final = 10_000
_ENDS: Final = {
    "crashed": "the process of the dialogue has died, and the dialogue with it",
    "end_call": "the agent has ended the dialogue",
    "max_duration": "the dialogue has lasted as long as it may",
    "silence": f"the dialogue has ended: nobody wrote for {SILENCE / 60:g} minutes",
}


@dataclass(frozen=True, slots=True)
class _Waiting:
    """A turn that is not answered yet."""

    call: str
    answer: asyncio.Future[Reply | Failed]


class Dialogues:
    """Begins, continues and ends text dialogues; starts a text host when one is needed."""

    def __init__(
        self,
        socket: Path,
        welcomes: Welcomes,
        calls: Calls,
        take: Callable[[Peer, FromCall], None],
    ) -> None:
        """Start no child yet; `take` is told what dialogues say that is no answer to a turn."""
        self._socket = str(socket)
        self._welcomes = welcomes
        self._calls = calls
        self._other = take
        self._hosts: dict[int, TextHost] = {}
        self._starting = asyncio.Lock()
        self._ids = itertools.count(1)
        self._waiting: dict[int, _Waiting] = {}
        self._used: dict[str, float] = {}
        self._tasks = Tasks()
        self._ended: OrderedDict[str, str] = OrderedDict()
        calls.on_end.append(self._over)

    async def turn(
        self,
        agent: str,
        text: str,
        session_id: str | None,
        variables: dict[str, Any] | None,
        metadata: Any,
    ) -> Turn:
        """Say something to a dialogue; without an id one begins.

        Raises:
            DialogueError: it is unknown or has ended, there is no room for one more, or a variable
                does not fit.
        """
        if session_id is None:
            call = self._begin(await self._host(), agent, variables, metadata)
        else:
            call = self._known(agent, session_id)
        self._used[call.id] = asyncio.get_running_loop().time()
        reply = await self._answer(call, text)
        if isinstance(reply, Failed):
            self._end(call, "refused" if not call.answered else "error")
            raise DialogueError(reply.code, reply.message)
        self._calls.answer(call)
        call.variables, call.persona = reply.variables, reply.persona
        if reply.ended:
            self._end(call, call.reason or "end_call")
        return _turn(call, reply)

    def end(self, call: CallInfo) -> None:
        """End a dialogue."""
        self._end(call, "shutdown")

    def look(self) -> None:
        """End dialogues that have been silent for long; to be called every second or so."""
        now = asyncio.get_running_loop().time()
        busy = {waiting.call for waiting in self._waiting.values()}
        for call in self._calls.all("text"):
            if call.id not in busy and now - self._used.get(call.id, now) > SILENCE:
                self._end(call, "silence")

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
        """Return when no turn is being answered."""
        while self._waiting:
            await asyncio.wait([waiting.answer for waiting in self._waiting.values()])

    async def stop(self) -> None:
        """End all dialogues, and their hosts."""
        for call in self._calls.all("text"):
            self._end(call, "shutdown")
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
                self._take(peer, message)
        finally:
            for call in host.dialogues.copy():
                self._calls.end(call, "crashed")
            del self._hosts[hello.pid]
            self._tasks.spawn(host.end())

    def _begin(
        self, host: TextHost, agent: str, variables: dict[str, Any] | None, metadata: Any
    ) -> CallInfo:
        if len(self._calls.all("text")) >= MOST:
            raise DialogueError(
                "full", f"there are {MOST} dialogues already", "end some, or try later"
            )
        call = self._calls.begin(f"text_{uuid.uuid4().hex[:16]}", agent, "text")
        call.peer = host.peer
        host.dialogues.add(call.id)
        self._send(call, Open(self._welcomes.welcome(call), variables, metadata))
        return call

    def _known(self, agent: str, session_id: str) -> CallInfo:
        call = self._calls.get(session_id)
        if call is not None and call.kind == "text" and call.agent == agent:
            return call
        if session_id in self._ended:
            hint = "leave session_id out to begin another"
            raise DialogueError("ended", _why(self._ended[session_id]), hint)
        raise DialogueError("unknown_session", "there is no such dialogue with this agent")

    async def _answer(self, call: CallInfo, text: str) -> Reply | Failed:
        number = next(self._ids)
        answer: asyncio.Future[Reply | Failed] = asyncio.get_running_loop().create_future()
        self._waiting[number] = _Waiting(call.id, answer)
        try:
            self._send(call, TurnText(call.id, number, text))
            return await answer
        except asyncio.CancelledError:  # nobody waits for it any more
            self._send(call, Cancel(call.id, number))
            raise
        finally:
            self._waiting.pop(number, None)

    def _send(self, call: CallInfo, message: Open | TurnText | Cancel | End) -> None:
        if call.peer is not None:
            call.peer.send(message)

    def _end(self, call: CallInfo, reason: str) -> None:
        self._send(call, End(call.id, reason))
        self._calls.end(call.id, reason)

    def _over(self, call: CallInfo) -> None:
        if call.kind != "text":
            return
        self._used.pop(call.id, None)
        self._ended[call.id] = call.reason or "shutdown"
        if len(self._ended) > _REMEMBERED:
            self._ended.popitem(last=False)
        for host in self._hosts.values():
            if call.id in host.dialogues:
                host.dialogues.remove(call.id)
                self._tasks.spawn(self._part(host))
        words = _why(call.reason)
        for waiting in self._waiting.values():
            if waiting.call == call.id and not waiting.answer.done():
                waiting.answer.set_exception(DialogueError("ended", words))

    async def _host(self) -> TextHost:
        """The host in which the next dialogue begins."""
        async with self._starting:
            for host in self._hosts.values():
                if host.peer is not None and not host.leaving:
                    return host
            return await self._start()

    async def _start(self) -> TextHost:
        host = await TextHost.start(self._socket)
        self._hosts[host.process.pid] = host
        if not await host.arrival():
            self._hosts.pop(host.process.pid, None)
            await host.end()
            raise DialogueError(
                "full", "the process for dialogues could not be started", "try again"
            )
        return host

    async def _part(self, host: TextHost) -> None:
        """See a host off that has nothing left to do."""
        if host.leaving and not host.dialogues:
            await host.end()

    def _take(self, peer: Peer, message: FromHost) -> None:
        match message:
            case Reply() | Failed():
                waiting = self._waiting.get(message.id)
                if waiting is not None and not waiting.answer.done():
                    waiting.answer.set_result(message)
            case LogLine():
                level = logging.getLevelNamesMapping().get(message.level, logging.INFO)
                logging.getLogger(message.logger).log(level, "%s", message.message)
            case _:
                self._other(peer, message)


def _why(reason: str | None) -> str:
    return _ENDS.get(reason or "", "the dialogue has ended")


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
    )
