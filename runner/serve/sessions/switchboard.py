"""The call socket: where the processes of calls and dialogues reach the main process."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable, Coroutine
from typing import TYPE_CHECKING, Any

from runner.egress.client import HttpEgress
from runner.egress.port import ToolRequest, ToolResponse
from runner.serve.credentials import provider_secrets
from runner.serve.socket.peer import MAX_LINE, Message, Peer

if TYPE_CHECKING:
    from pathlib import Path

    from runner.egress.secrets import Secrets
    from runner.serve.log import Log
    from runner.serve.releases.served import Releases
    from runner.serve.sessions.calls import CallInfo, Calls

Serve = Callable[[Peer, Message], Coroutine[Any, Any, None]]
Hear = Callable[["CallInfo", Message], None]


class Switchboard:
    """Listens on the call socket; sends the requests of tools; tells calls what happens to them."""

    def __init__(self, releases: Releases, calls: Calls, secrets: Secrets, log: Log) -> None:
        """Take what is served; nothing listens yet."""
        self._releases = releases
        self._calls = calls
        self._secrets = secrets
        self._log = log
        self._egresses: dict[tuple[str, ...], HttpEgress] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self._server: asyncio.Server | None = None
        self._roles: dict[str, Serve] = {"call": self._serve_call}
        self._heard: dict[str, Hear] = {
            "ended": _ended,
            "event": _event,
            "started": lambda call, _: calls.answer(call),
        }

    def role(self, name: str, serve: Serve) -> None:
        """Let `serve` speak with the processes that say this role."""
        self._roles[name] = serve

    def hear(self, kind: str, hear: Hear) -> None:
        """Let `hear` be told what processes say of this kind about their calls."""
        self._heard[kind] = hear

    async def start(self, path: Path) -> None:
        """Listen.

        Raises:
            OSError: the socket cannot be made.
        """
        self._server = await asyncio.start_unix_server(self._connected, path, limit=MAX_LINE)

    async def stop(self) -> None:
        """Listen no more; cut every connection and all that is still asked."""
        if self._server is not None:
            self._server.close()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        for egress in self._egresses.values():
            await egress.aclose()

    def welcome(self, call: CallInfo, release: str | None = None) -> Message:
        """What the process of a call needs to begin, or to go on with another release.

        Raises:
            KeyError: the release is not kept, or has no such agent.
        """
        release = release or call.release
        agent = self._releases.agent(release, call.agent)
        return {
            "type": "welcome",
            "call": call.id,
            "release": release,
            "file": self._releases.file(release, call.agent),
            "secrets": provider_secrets(agent, self._secrets) if agent else {},
        }

    def take(self, peer: Peer, message: Message) -> None:
        """Do what a process says about one of its calls."""
        call = self._calls.get(str(message.get("call")))
        kind = str(message.get("type"))
        if kind == "ask":
            self._spawn(self._ask(peer, message, call))
        elif call is not None and kind in self._heard:
            self._heard[kind](call, message)

    async def _connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        peer = Peer(reader, writer)
        task = asyncio.current_task()
        if task is not None:
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)
        try:
            hello = await peer.receive() or {}
            serve = self._roles.get(str(hello.get("role")))
            if serve is not None:
                await serve(peer, hello)
        except asyncio.CancelledError:
            return  # asyncio's server reports a cancelled connection as an error
        finally:
            with contextlib.suppress(asyncio.CancelledError):
                await peer.close()

    async def _serve_call(self, peer: Peer, hello: Message) -> None:
        call = self._calls.get(str(hello.get("call")))
        if call is None or call.peer is not None:
            peer.send({"type": "gone"})
            return
        call.peer = peer
        peer.send(self.welcome(call))
        if call.ending:
            call.tell_end()
        try:
            while (message := await peer.receive()) is not None:
                self.take(peer, message)
        finally:
            self._calls.end(call.id, call.reason or "crashed")

    def _spawn(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _ask(self, peer: Peer, message: Message, call: CallInfo | None) -> None:
        written = message.get("ask")
        asked: Message = written if isinstance(written, dict) else {}
        answer = await self._answered(asked, call)
        if call is not None and not answer.ok:
            self._tell_failure(call, str(asked.get("tool")), answer)
        reply = {"type": "answer", "id": message.get("id"), "answer": answer.to_data()}
        try:
            peer.send(reply)
        except ValueError:
            sorry = ToolResponse(
                ok=False, output="the answer is too long", error="the answer is too long"
            )
            peer.send({**reply, "answer": sorry.to_data()})

    async def _answered(self, asked: Message, call: CallInfo | None) -> ToolResponse:
        agent = self._releases.agent(call.release, call.agent) if call else None
        try:
            ask = ToolRequest(**asked)
        except TypeError:
            agent = None
        if agent is None:
            return ToolResponse(ok=False, output="the call has ended", error="the call has ended")
        return await self._egress().ask(agent, ask)

    def _egress(self) -> HttpEgress:
        """The one of all calls, as long as the same hosts may be reached."""
        allow = tuple(str(host) for host in self._releases.current.process.network.allow)
        if allow not in self._egresses:
            self._egresses[allow] = HttpEgress(self._secrets, allow)
        return self._egresses[allow]

    def _tell_failure(self, call: CallInfo, tool: str, answer: ToolResponse) -> None:
        self._log.event(
            "tool_failed",
            f"{call.agent}: tool {tool} failed: {answer.error}",
            level="warning",
            session=call.id,
            agent=call.agent,
            tool=tool,
            error=answer.error,
            attempts=len(answer.attempts),
        )


def _event(call: CallInfo, message: Message) -> None:
    event = message.get("event")
    if isinstance(event, dict):
        call.take(event)


def _ended(call: CallInfo, message: Message) -> None:
    call.reason = str(message.get("reason"))
