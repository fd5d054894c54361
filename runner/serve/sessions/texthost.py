"""The text dialogues as the main process sees them; they run in a child (`dialogues`)."""

from __future__ import annotations

import asyncio
import itertools
import logging
import sys
import uuid
from collections import OrderedDict
from typing import TYPE_CHECKING, Any, Final

from runner.front.port import DialogueError, Turn

if TYPE_CHECKING:
    from pathlib import Path

    from runner.serve.sessions.calls import CallInfo, Calls
    from runner.serve.sessions.switchboard import Switchboard
    from runner.serve.socket.peer import Message, Peer

MOST: Final = 1000
"""Dialogues at once."""

SILENCE: Final = 600.0
"""Seconds without a text after which a dialogue ends."""

_START: Final = 60.0
_REMEMBERED: Final = 10_000
_ENDS: Final = {
    "crashed": "the process of the dialogue has died, and the dialogue with it",
    "end_call": "the agent has ended the dialogue",
    "max_duration": "the dialogue has lasted as long as it may",
    "silence": f"the dialogue has ended: nobody wrote for {SILENCE / 60:g} minutes",
}


class TextHost:
    """Begins, continues and ends text dialogues; starts the child when one is needed."""

    def __init__(self, socket: Path, switchboard: Switchboard, calls: Calls) -> None:
        """Take the call socket; no child is started yet."""
        self._socket = str(socket)
        self._switchboard = switchboard
        self._calls = calls
        self._peer: Peer | None = None
        self._process: asyncio.subprocess.Process | None = None
        self._stale = False
        self._leaving: dict[Peer, asyncio.subprocess.Process | None] = {}
        self._starting = asyncio.Lock()
        self._connected = asyncio.Event()
        self._ids = itertools.count(1)
        self._waiting: dict[int, tuple[str, asyncio.Future[Message]]] = {}
        self._used: dict[str, float] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self._ended: OrderedDict[str, str] = OrderedDict()
        switchboard.role("dialogues", self._serve)
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
            call = self._begin(await self._ready(), agent, variables, metadata)
        else:
            call = self._known(agent, session_id)
        self._used[call.id] = asyncio.get_running_loop().time()
        reply = await self._asked(call, text)
        if "failed" in reply:
            self._end(call, "refused" if not call.answered else "error")
            raise DialogueError("bad_request", str(reply["failed"]))
        self._calls.answer(call)
        call.variables = reply["variables"]
        call.persona = reply["persona"]
        turn = _turn(call, reply)
        if turn.ended:
            self._end(call, call.reason or "end_call")
        return turn

    def end(self, call: CallInfo) -> None:
        """End a dialogue."""
        self._end(call, "shutdown")

    def look(self) -> None:
        """End dialogues that have been silent for long; to be called every second or so."""
        now = asyncio.get_running_loop().time()
        busy = {call for call, _ in self._waiting.values()}
        for call in self._calls.all("text"):
            if call.id not in busy and now - self._used.get(call.id, now) > SILENCE:
                self._end(call, "silence")

    async def warm(self) -> None:
        """Start the child before anybody needs it; a failure is told to who needs it."""
        try:
            await self._ready()
        except DialogueError:
            return

    async def renew(self) -> None:
        """Have new dialogues run in a new child; the one before is left to those that it has."""
        if self._peer is not None:
            self._stale = True
            await self.warm()

    async def settled(self) -> None:
        """Return when no turn is being answered."""
        while self._waiting:
            await asyncio.wait([future for _, future in self._waiting.values()])

    async def stop(self) -> None:
        """End the child."""
        for call in self._calls.all("text"):
            self._end(call, "shutdown")
        async with self._starting:
            if self._peer is not None:
                await self._peer.close()
            for peer in list(self._leaving):
                await self._part(peer)
            await asyncio.gather(*self._tasks)
            await self._reap()

    def _begin(
        self, peer: Peer, agent: str, variables: dict[str, Any] | None, metadata: Any
    ) -> CallInfo:
        if len(self._calls.all("text")) >= MOST:
            raise DialogueError(
                "full", f"there are {MOST} dialogues already", "end some, or try later"
            )
        call = self._calls.begin(f"text_{uuid.uuid4().hex[:16]}", agent, "text")
        welcome = self._switchboard.welcome(call)
        call.peer = peer
        peer.send({**welcome, "type": "open", "variables": variables, "metadata": metadata})
        return call

    def _known(self, agent: str, session_id: str) -> CallInfo:
        call = self._calls.get(session_id)
        if call is not None and call.kind == "text" and call.agent == agent:
            return call
        if session_id in self._ended:
            hint = "leave session_id out to begin another"
            raise DialogueError("ended", _told(self._ended[session_id]), hint)
        raise DialogueError("unknown_session", "there is no such dialogue with this agent")

    async def _asked(self, call: CallInfo, text: str) -> Message:
        number = next(self._ids)
        future: asyncio.Future[Message] = asyncio.get_running_loop().create_future()
        self._waiting[number] = (call.id, future)
        try:
            if call.peer is not None:
                call.peer.send({"type": "turn", "call": call.id, "id": number, "text": text})
            return await future
        finally:
            self._waiting.pop(number, None)

    def _end(self, call: CallInfo, reason: str) -> None:
        if call.peer is not None:
            call.peer.send({"type": "end", "call": call.id, "reason": reason})
        self._calls.end(call.id, reason)

    def _over(self, call: CallInfo) -> None:
        if call.kind != "text":
            return
        self._used.pop(call.id, None)
        self._ended[call.id] = call.reason or "shutdown"
        if len(self._ended) > _REMEMBERED:
            self._ended.popitem(last=False)
        if call.peer in self._leaving and not self._of(call.peer):
            self._tasks.add(
                parting := asyncio.get_running_loop().create_task(self._part(call.peer))
            )
            parting.add_done_callback(self._tasks.discard)
        words = _told(call.reason)
        for waiting, future in list(self._waiting.values()):
            if waiting == call.id and not future.done():
                future.set_exception(DialogueError("ended", words))

    async def _ready(self) -> Peer:
        async with self._starting:
            if self._stale and self._peer is not None:
                await self._leave(self._peer)
            if self._peer is None:
                await self._reap()
                self._connected.clear()
                self._process = await asyncio.create_subprocess_exec(
                    sys.executable, "-m", "runner.serve.child.dialogues", self._socket,
                    stdin=asyncio.subprocess.DEVNULL,
                    stdout=asyncio.subprocess.DEVNULL,
                    stderr=asyncio.subprocess.DEVNULL,
                    process_group=0,  # Ctrl-C at a terminal is for the main process alone
                )  # fmt: skip
                await self._arrival(self._process)
        if self._peer is None:
            raise DialogueError(
                "full", "the process for dialogues could not be started", "try again"
            )
        return self._peer

    async def _arrival(self, process: asyncio.subprocess.Process) -> None:
        """Wait until the child has connected, has died, or takes too long."""
        connected = asyncio.ensure_future(self._connected.wait())
        died = asyncio.ensure_future(process.wait())
        await asyncio.wait({connected, died}, timeout=_START, return_when=asyncio.FIRST_COMPLETED)
        connected.cancel()
        died.cancel()

    async def _leave(self, peer: Peer) -> None:
        """Begin no dialogue there any more; it goes when it has none."""
        self._leaving[peer] = self._process
        self._peer = self._process = None
        self._stale = False
        if not self._of(peer):
            await self._part(peer)

    async def _part(self, peer: Peer) -> None:
        process = self._leaving.pop(peer, None)
        await peer.close()
        await _ended(process)

    def _of(self, peer: Peer) -> list[CallInfo]:
        """The dialogues of a child."""
        return [call for call in self._calls.all("text") if call.peer is peer]

    async def _reap(self) -> None:
        process, self._process = self._process, None
        await _ended(process)

    async def _serve(self, peer: Peer, _: Message) -> None:
        self._peer = peer
        self._connected.set()
        try:
            while (message := await peer.receive()) is not None:
                self._take(peer, message)
        finally:
            if self._peer is peer:
                self._peer = None
            for call in self._of(peer):
                self._calls.end(call.id, "crashed")

    def _take(self, peer: Peer, message: Message) -> None:
        kind = message.get("type")
        if kind == "reply":
            _, future = self._waiting.get(message.get("id", 0), ("", None))
            if future is not None and not future.done():
                future.set_result(message)
        elif kind == "log":
            level = logging.getLevelNamesMapping().get(str(message.get("level")), logging.INFO)
            logging.getLogger(str(message.get("logger"))).log(level, "%s", message.get("message"))
        else:
            self._switchboard.take(peer, message)


async def _ended(process: asyncio.subprocess.Process | None) -> None:
    if process is not None:
        if process.returncode is None:
            process.kill()
        await process.wait()


def _told(reason: str | None) -> str:
    return _ENDS.get(reason or "", "the dialogue has ended")


def _turn(call: CallInfo, reply: Message) -> Turn:
    usage = reply["usage"]
    return Turn(
        call.id,
        reply["text"],
        tuple(reply["events"]),
        int(usage.get("input_tokens", 0)),
        int(usage.get("output_tokens", 0)),
        bool(reply["ended"]),
        call.release,
        call.persona,
        reply["variables"],
    )
