"""The life of `lkrun serve`: start, serve until told to stop, drain, end."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
import signal
from collections.abc import Coroutine
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from runner.egress.secrets import Secrets
from runner.front.app import Front
from runner.serve import forkserver
from runner.serve.admission import Admission
from runner.serve.calls import Calls
from runner.serve.credentials import NAMES, LiveKit, hidden_from_calls
from runner.serve.log import Log, route
from runner.serve.releases import Releases
from runner.serve.reload import Lacking, Reloader
from runner.serve.serving import Serving
from runner.serve.store import Store
from runner.serve.switchboard import Switchboard
from runner.serve.texthost import TextHost

if TYPE_CHECKING:
    from runner.compiler import Compiled, Compiler
    from runner.link.release import Release
    from runner.serve.workers import Workers

_TICK: Final = 1.0
_LAST: Final = 5.0
"""Seconds in which calls end in order when they are told to end now."""

_SECRETS_DIR: Final = "LKRUN_SECRETS_DIR"
_SIGNALS: Final = (signal.SIGINT, signal.SIGTERM)


class CannotServeError(Exception):
    """The runner cannot start; the message is a plain sentence."""


@dataclass(frozen=True, slots=True)
class Settings:
    """What the command line says.

    Attributes:
        drain: seconds that calls are given to end after the first signal.
        follow: whether the folder is followed.
    """

    host: str
    port: int
    drain: float
    follow: bool
    level: str
    form: str


@dataclass(frozen=True, slots=True)
class Beginning:
    """What is served first, and how it is followed.

    Attributes:
        secrets: with what the environment held before it is stripped.
        lacking: finds the secrets that have no value.
    """

    compiler: Compiler
    compiled: Compiled
    release: Release
    secrets: Secrets
    livekit: LiveKit | None
    lacking: Lacking


def serve(beginning: Beginning, settings: Settings) -> int:
    """Serve a release, and those that follow it, until a signal comes.

    Returns:
        The exit code: 0, or 130 when Ctrl-C was pressed twice.

    Raises:
        CannotServeError: the port is taken, or there is no place for the release store.
    """
    release, livekit = beginning.release, beginning.livekit
    log = Log(settings.level, settings.form)
    log.hide(_hidden(release, beginning))
    _strip(release, livekit)
    try:
        store = Store.create(os.environ)
    except OSError as error:
        raise CannotServeError(f"there is no place for temporary files: {error}") from None
    try:
        return asyncio.run(_Run(beginning, settings, log, store).main())
    finally:
        store.destroy()


def _hidden(release: Release, beginning: Beginning) -> list[str]:
    """All that the log must never show."""
    values = [beginning.secrets.get(name) or "" for name in release.secrets]
    return [*values, beginning.livekit.api_secret] if beginning.livekit else values


def _strip(release: Release, livekit: LiveKit | None) -> None:
    """Leave in the environment only what the processes of calls may see: they inherit it."""
    for name in (*hidden_from_calls(release), "LIVEKIT_AGENT_NAME", _SECRETS_DIR):
        os.environ.pop(name, None)
    if livekit is not None:
        os.environ.update(livekit.to_env())


class _Run:
    """One run of the command."""

    def __init__(self, beginning: Beginning, settings: Settings, log: Log, store: Store) -> None:
        self.beginning, self.settings, self.log, self.store = beginning, settings, log, store
        self.livekit = beginning.livekit
        self.releases = Releases(store, beginning.release)
        self.calls = Calls(self.releases, log)
        self.admission = Admission(self.releases, self.calls)
        self.switchboard = Switchboard(self.releases, self.calls, beginning.secrets, log)
        self.texts = TextHost(store.socket, self.switchboard, self.calls)
        self.serving = Serving(
            self.releases, self.calls, self.admission, self.texts, beginning.livekit
        )
        self.workers: Workers | None = None
        self.tasks: set[asyncio.Task[None]] = set()
        self.signals: asyncio.Queue[signal.Signals] = asyncio.Queue()
        self.address = ""

    async def main(self) -> int:
        """Serve, and return the exit code."""
        handler = route(self.log)
        loop = asyncio.get_running_loop()
        for number in _SIGNALS:
            loop.add_signal_handler(number, self.signals.put_nowait, number)
        if self.livekit is not None:
            self._plan()
            forkserver.start()
        front = self._front()
        try:
            await self.switchboard.start(self.store.socket)
            await self._listen(front)
            self._spawn(self._start(handler.listeners))
            await self.signals.get()
            await self._stop()
        finally:
            await self._close(front)
        return self._code()

    def _front(self) -> Front:
        try:
            return Front(self.serving, host=self.settings.host, port=self.settings.port)
        except ValueError as error:
            raise CannotServeError(str(error)) from None

    async def _listen(self, front: Front) -> None:
        try:
            host, port = await front.start()
        except OSError as error:
            raise CannotServeError(error.strerror or str(error)) from None
        self.address = f"http://{f'[{host}]' if ':' in host else host}:{port}"

    async def _start(self, listeners: list[Any]) -> None:
        if self.settings.follow:
            begun = self.beginning
            reloader = Reloader(begun.compiler, begun.compiled, self._swap, begun.lacking, self.log)
            self._spawn(reloader.run())
        self._spawn(self._tick())
        if self.livekit is None:
            words = f"LiveKit is not configured ({', '.join(NAMES.values())}): serving text only"
            self.log.event("livekit_not_configured", words)
            self._spawn(self.texts.warm())
        else:
            await self._register(self.livekit, listeners)
        self._ready()

    async def _register(self, livekit: LiveKit, listeners: list[Any]) -> None:
        warm = asyncio.get_running_loop().create_task(asyncio.to_thread(forkserver.wait))
        # a second of imports, which only those pay who have LiveKit; the front answers meanwhile
        await asyncio.to_thread(__import__, "livekit.agents")
        from runner.serve.sweeper import Sweeper  # noqa: PLC0415 - as above
        from runner.serve.workers import Workers  # noqa: PLC0415 - as above

        workers = Workers(livekit, self.store.root, self.admission, self.calls, self.log)
        self.workers = self.serving.workers = workers
        listeners.append(workers.listen)
        sweeper = Sweeper(livekit, self.admission, self.calls, workers.registered, self.log)
        workers.on_registered = sweeper.wake
        workers.follow(self.releases.current.agents)
        await workers.ready()
        await warm
        self._spawn(sweeper.run())

    def _ready(self) -> None:
        agents, current = sorted(self.releases.current.agents), self.releases.current
        where = f"over LiveKit at {self.livekit.url}" if self.livekit else "by text"
        self.log.event(
            "ready",
            f"ready: {', '.join(agents)} {where}; talk at {self.address}",
            agents=agents,
            release=current.id,
            http=self.address,
            livekit=self.livekit.url if self.livekit else None,
        )

    def _plan(self) -> None:
        current = self.releases.current
        files = [self.releases.file(current.id, name) for name in current.agents]
        forkserver.follow(forkserver.plan(current, files))

    def _swap(self, release: Release) -> None:
        self.releases.swap(release)
        self.log.hide(_hidden(release, self.beginning))
        if self.livekit is not None:
            self._plan()
        if self.workers is not None:
            self.workers.follow(release.agents)

    async def _tick(self) -> None:
        while True:
            await asyncio.sleep(_TICK)
            self.texts.look()
            if self.workers is not None:
                self.workers.look()

    async def _stop(self) -> None:
        """Drain, unless a second signal comes; then end what is still on."""
        self.admission.draining = True
        on = len(self.calls.all("call"))
        waiting = (
            f"waiting up to {self.settings.drain:g} s for {on} calls" if on else "no calls are on"
        )
        self.log.event("draining", f"stopping: {waiting}", calls=on)
        drained = asyncio.get_running_loop().create_task(self._drain())
        again = asyncio.get_running_loop().create_task(self.signals.get())
        await asyncio.wait(
            {drained, again}, timeout=self.settings.drain, return_when=asyncio.FIRST_COMPLETED
        )
        if again.done():
            self.signals.put_nowait(again.result())
        for task in (drained, again):
            task.cancel()
        await asyncio.gather(drained, again, return_exceptions=True)
        await self._end_calls()

    def _code(self) -> int:
        """The exit code: whether Ctrl-C was pressed after the first signal, up to the very end."""
        later = (self.signals.get_nowait() for _ in range(self.signals.qsize()))
        return 130 if signal.SIGINT in later else 0

    async def _drain(self) -> None:
        await self.texts.settled()
        if self.workers is not None:
            await self.workers.drain()

    async def _end_calls(self) -> None:
        for call in self.calls.all("call"):
            with contextlib.suppress(Exception):
                await self.serving.end(call.id)
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(_LAST):
                await self.calls.none()

    async def _close(self, front: Front) -> None:
        for task in self.tasks:
            task.cancel()
        await asyncio.gather(*self.tasks, return_exceptions=True)
        await front.stop()
        if self.workers is not None:
            await self.workers.stop()
        await self.texts.stop()
        await self.switchboard.stop()
        for number in _SIGNALS:  # all is done: one more must not make it an exit by a signal
            asyncio.get_running_loop().remove_signal_handler(number)
            signal.signal(number, signal.SIG_IGN)

    def _spawn(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.get_running_loop().create_task(work)
        self.tasks.add(task)
        task.add_done_callback(self._done)

    def _done(self, task: asyncio.Task[None]) -> None:
        self.tasks.discard(task)
        if not task.cancelled() and task.exception() is not None:
            logging.getLogger("lkrun").error("a part of the runner stopped: %s", task.exception())
