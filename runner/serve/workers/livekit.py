"""This runner's side of LiveKit, which is there from the start: nothing without credentials.

LiveKit's own modules are read only when the agents are registered; that takes a second.
"""

from __future__ import annotations

import asyncio
import contextlib
import importlib
import logging
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Final

from runner.front.port import DialogueError
from runner.serve.tasks import Tasks
from runner.serve.workers import forkserver

if TYPE_CHECKING:
    from pathlib import Path

    from runner.serve.credentials import LiveKit
    from runner.serve.external.jobs import ExternalJobs
    from runner.serve.log import Log
    from runner.serve.outgoing.calls import OutgoingCalls
    from runner.serve.sessions.admission import Admission
    from runner.serve.sessions.calls import Calls
    from runner.serve.workers.lost_dispatches import Sweeper
    from runner.serve.workers.neighbours import Neighbours
    from runner.serve.workers.registrations import Workers

_LAST: Final = 5.0
"""Seconds for what LiveKit has just accepted; whoever wants to end has waited enough."""


class LiveKitAgents:
    """The agents of the served release, as LiveKit knows them.

    Args:
        livekit: the credentials; None where only text is served.
        home: the runtime directory that calls are told of.
        hear: has a listener told of each record of Python's logging.
    """

    def __init__(  # noqa: PLR0913 - the parts that it needs, by name
        self,
        livekit: LiveKit | None,
        home: Path,
        admission: Admission,
        calls: Calls,
        log: Log,
        *,
        neighbours: Neighbours,
        external: ExternalJobs | None = None,
        orders: OutgoingCalls | None = None,
        hear: Callable[[Callable[[logging.LogRecord], None]], None],
    ) -> None:
        self._livekit = livekit
        self._home = home
        self._admission = admission
        self._calls = calls
        self._log = log
        self._neighbours = neighbours
        self._external = external
        self.orders = orders
        self._hear = hear
        self._names: Iterable[str] = ()
        self._workers: Workers | None = None
        self._sweeper: Sweeper | None = None
        self._tasks = Tasks()

    def warm(self) -> None:
        """Start the forkserver; it warms by itself."""
        if self._livekit is not None:
            forkserver.start()

    async def start(self) -> None:
        """Register the agents, and return when LiveKit knows all of them."""
        livekit = self._livekit
        if livekit is None:
            return
        warm = asyncio.get_running_loop().create_task(asyncio.to_thread(forkserver.wait))
        # what else of the runner asks LiveKit imports this here: were it imported in two threads at
        # once, its modules, which need each other, would see each other half done
        importlib.import_module("livekit.api")
        # a second of imports, which only those pay who have LiveKit; the front answers meanwhile
        await asyncio.to_thread(__import__, "livekit.agents")
        from runner.serve.workers.lost_dispatches import Sweeper
        from runner.serve.workers.registrations import Workers

        sweeper = self._sweeper = Sweeper(
            livekit,
            self._admission,
            self._calls,
            self._log,
            registered=self._called,
            is_dead=self._neighbours.is_dead,
            external=self._external,
        )
        workers = self._workers = Workers(
            livekit,
            self._home,
            self._admission,
            self._calls,
            self._log,
            neighbours=self._neighbours,
            external=self._external,
            orders=self.orders,
            on_registered=sweeper.look_again,
        )
        self._hear(workers.listen)
        workers.follow(self._names)
        await workers.ready()
        await warm
        self._tasks.spawn(sweeper.run())

    def follow(self, names: Iterable[str]) -> None:
        """Register what is new, then let those go that are no more; their calls live on."""
        self._names = names
        if self._workers is not None:
            self._workers.follow(names)

    def registered(self, name: str) -> bool:
        """Whether LiveKit can send calls to an agent just now."""
        return self._workers is not None and self._workers.registered(name)

    def _called(self, name: str) -> bool:
        """Whether an agent is called into rooms by name, once in each: then it should be there."""
        per_room = self._admission.dispatch(name).per == "room"
        return per_room and self.registered(name)

    def not_ready(self) -> str | None:
        """Why calls by voice cannot be taken just now, or None."""
        if self._livekit is None:
            return None
        if self._workers is None:
            return "the runner is starting"
        missing = ", ".join(self._workers.missing())
        if not missing:
            return None
        lost = self._workers.lost
        why = f"; {lost.words}; {lost.help}" if lost is not None else ""
        return f"not registered with LiveKit: {missing}{why}"

    def refusal(self, name: str) -> DialogueError | None:
        """Why an agent can take no call by voice just now, or None."""
        if self.registered(name):
            return None
        lost = self._workers.lost if self._workers is not None else None
        if lost is not None:
            return DialogueError("not_ready", lost.words, lost.help)
        words = f"'{name}' is not registered with LiveKit yet"
        return DialogueError("not_ready", words, "try again in a moment")

    async def look(self) -> None:
        """Look after processes, connections and accepted calls; to be called every second or so."""
        await asyncio.to_thread(forkserver.reap)
        if self._sweeper is not None and await asyncio.to_thread(self._neighbours.look):
            self._sweeper.look_again()
        if self._workers is not None:
            self._workers.look()

    async def drain(self) -> None:
        """Take no more calls; return when the last has ended."""
        if self._workers is not None:
            await self._workers.drain()

    async def stop(self) -> None:
        """End all registrations, and the calls that are still on."""
        await self._tasks.cancel()
        if self._workers is not None:
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(_LAST):
                    await self._workers.stop()
