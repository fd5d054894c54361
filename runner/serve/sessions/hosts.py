"""The text hosts that there are: as many as are needed, replaced where one does not answer."""

from __future__ import annotations

import asyncio
import contextlib
import os
from typing import TYPE_CHECKING, Final

from runner.front.port import DialogueError
from runner.serve.sessions.texthost import TextHost
from runner.serve.tasks import Tasks

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from runner.serve.log import Log
    from runner.serve.socket.messages import HostHello
    from runner.serve.socket.peer import Peer

A_HOST: Final = 100
"""Dialogues for which one host is enough."""

HOSTS: Final = max(2, min(os.cpu_count() or 1, 8))
"""Hosts at most."""


class TextHosts:
    """Starts hosts, chooses among them, and sees them off.

    Args:
        socket: the call socket, to which hosts connect.
        log: told what is replaced.
        lost: told the id of each dialogue whose host is gone, and why.
    """

    def __init__(self, socket: Path, log: Log, lost: Callable[[str, str], None]) -> None:
        self._socket, self._log, self._lost = str(socket), log, lost
        self._hosts: dict[int, TextHost] = {}
        self._starting = asyncio.Lock()
        self._closed = False
        self._tasks = Tasks()

    @property
    def all(self) -> list[TextHost]:
        """All of them, those too that are leaving."""
        return list(self._hosts.values())

    async def next(self) -> TextHost:
        """The host in which the next dialogue begins; one is started where there is none.

        Raises:
            DialogueError: none can be started, or the runner is ending.
        """
        async with self._starting:
            return self._freest() or await self._start()

    async def warm(self) -> None:
        """Start a host before anybody needs it; a failure is told to who needs it."""
        with contextlib.suppress(DialogueError):
            await self.next()

    async def renew(self) -> None:
        """Have new dialogues run in a new host; those before are left to what they have."""
        async with self._starting:
            hosts = [host for host in self.all if not host.leaving]
            for host in hosts:
                host.leaving = True
                await _part(host)
        if hosts:
            await self.warm()

    def enter(self, host: TextHost, dialogue: str) -> None:
        """A dialogue begins in a host; where that is full now, the next ones have another."""
        host.dialogues.add(dialogue)
        if len(host.dialogues) == A_HOST:
            self._tasks.spawn(self._more())  # the next ones need not wait for it

    def leave(self, dialogue: str) -> None:
        """A dialogue has ended."""
        for host in self.all:
            if dialogue in host.dialogues:
                host.dialogues.remove(dialogue)
                self._tasks.spawn(_part(host))

    def answers(self, dialogue: str) -> bool:
        """Whether the host of a dialogue answers."""
        return any(host.answers for host in self.all if dialogue in host.dialogues)

    def not_ready(self) -> str | None:
        """Why texts are not answered just now, or None."""
        hosts = [host for host in self.all if host.peer is not None]
        if not hosts or any(host.answers for host in hosts):
            return None
        return "the process for text dialogues does not answer"

    def look(self) -> None:
        """Replace those that do not answer; to be called every second or so."""
        for host in self.all:
            host.ping()
            if host.dead:
                self._replace(host)

    def arrived(self, peer: Peer, hello: HostHello) -> TextHost | None:
        """The host that has connected; None where it is none of these."""
        host = self._hosts.get(hello.pid)
        if host is None or host.peer is not None:
            return None
        host.peer = peer
        host.connected.set()
        return host

    def gone(self, host: TextHost) -> None:
        """A host's connection has ended, and all of its dialogues with it."""
        for dialogue in host.dialogues.copy():
            self._lost(dialogue, "crashed")
        self._hosts.pop(host.process.pid, None)
        self._tasks.spawn(host.end())

    def close(self) -> None:
        """Start no more: the runner is ending."""
        self._closed = True

    async def stop(self) -> None:
        """End all."""
        self.close()
        async with self._starting:
            await asyncio.gather(*(host.end() for host in self.all))
        await self._tasks.finished()

    def _freest(self) -> TextHost | None:
        hosts = [h for h in self.all if h.peer is not None and not h.leaving]
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
        if self._closed:
            raise draining()
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
        for dialogue in host.dialogues.copy():
            host.dialogues.discard(dialogue)
            self._lost(dialogue, "hung")
        self._tasks.spawn(host.end())
        self._tasks.spawn(self.warm())


async def _part(host: TextHost) -> None:
    """See a host off that has nothing left to do."""
    if host.leaving and not host.dialogues:
        await host.end()


def draining() -> DialogueError:
    """What is told who asks while the runner is ending."""
    return DialogueError("draining", "the runner is shutting down")


def _not_started(why: str) -> DialogueError:
    words = f"the process for dialogues could not be started: {why}"
    return DialogueError("agent_unavailable", words, "try again")
