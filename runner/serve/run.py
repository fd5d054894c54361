"""The life of `lkrun serve`: start, serve until told to stop, drain, end."""

from __future__ import annotations

import asyncio
import contextlib
import gc
import logging
import os
from collections.abc import Coroutine
from typing import TYPE_CHECKING, Any, Final

from runner.front.app import Front
from runner.serve.control import Control, Enlisted
from runner.serve.credentials import NAMES, LiveKit, hidden_from_calls
from runner.serve.log import Log, route
from runner.serve.metrics import Metrics
from runner.serve.releases.archive import ArchiveError
from runner.serve.releases.served import Releases
from runner.serve.releases.store import Store
from runner.serve.reload import report
from runner.serve.reload.inherited import ChildEnvironment
from runner.serve.reload.next_turn import Renewals
from runner.serve.reload.reloader import Reloader
from runner.serve.reload.swap import Swap
from runner.serve.runner import ServedRunner
from runner.serve.sessions.admission import Admission
from runner.serve.sessions.calls import Calls
from runner.serve.sessions.switchboard import Switchboard
from runner.serve.sessions.texthost import TextHost
from runner.serve.signals import Signals
from runner.serve.startup import CannotServeError, ServeSettings, Startup
from runner.serve.workers import forkserver

if TYPE_CHECKING:
    from runner.link.release import Release
    from runner.serve.releases.archive import Archive
    from runner.serve.socket.peer import Message
    from runner.serve.workers.registrations import Workers

_TICK: Final = 1.0
_LAST: Final = 5.0
"""Seconds in which calls end in order when they are told to end now."""

_SECRETS_DIR: Final = "LKRUN_SECRETS_DIR"


def serve(beginning: Startup, settings: ServeSettings) -> int:
    """Serve a release, and those that follow it, until a signal comes.

    Returns:
        The exit code: 0, or 130 when Ctrl-C was pressed twice.

    Raises:
        CannotServeError: the port is taken, or there is no place for the release store.
    """
    release, livekit = beginning.release, beginning.livekit
    log = Log(settings.level, settings.form)
    _strip(release, livekit)
    try:
        store = Store.create(os.environ)
    except OSError as error:
        raise CannotServeError(f"there is no place for temporary files: {error}") from None
    try:
        run = _Run(beginning, settings, log, store)
        asyncio.run(run.main())
    finally:
        store.destroy()
    return 130 if run.signals.deafen() else 0


def _strip(release: Release, livekit: LiveKit | None) -> None:
    """Leave in the environment only what the processes of calls may see: they inherit it."""
    for name in (*hidden_from_calls(release), "LIVEKIT_AGENT_NAME", _SECRETS_DIR):
        os.environ.pop(name, None)
    if livekit is not None:
        os.environ.update(livekit.to_env())


class _Run:
    """One run of the command."""

    def __init__(self, beginning: Startup, settings: ServeSettings, log: Log, store: Store) -> None:
        self.beginning, self.settings, self.log, self.store = beginning, settings, log, store
        self.livekit = beginning.livekit
        self.releases = Releases(store, beginning.release)
        self.calls = Calls(self.releases, log)
        self.admission = Admission(self.releases, self.calls)
        self.switchboard = Switchboard(self.releases, self.calls, beginning.secrets, log)
        self.texts = TextHost(store.socket, self.switchboard, self.calls)
        self.metrics = Metrics(self.releases, self.calls)
        self.serving = ServedRunner(
            self.releases,
            self.calls,
            self.admission,
            self.texts,
            metrics=self.metrics,
            livekit=self.livekit,
        )
        self.surroundings = ChildEnvironment(
            self.releases,
            beginning.secrets,
            self.texts,
            log,
            env=beginning.env,
            livekit=self.livekit,
        )
        self.succession = Swap(
            self.releases,
            self.surroundings,
            Renewals(self.releases, self.calls, self.switchboard, log, always=settings.dev),
            self.metrics,
            log,
            archive=beginning.archive,
            spawn=self._spawn,
        )
        self.reloader = Reloader(
            beginning.compiler,
            beginning.compiled,
            self.succession,
            beginning.lacking,
            served=beginning.release,
            beside=self._secret_files,
        )
        Control(self.switchboard, self.releases, self._roll)
        self.enlisted: Enlisted | None = None
        self.workers: Workers | None = None
        self.tasks: set[asyncio.Task[None]] = set()
        self.signals = Signals(lambda: self._spawn(self._reload()))
        self.following: asyncio.Task[None] | None = None
        self.address = ""

    async def main(self) -> None:
        """Serve."""
        handler = route(self.log)
        self.signals.listen()
        self.surroundings.hide()
        self.surroundings.begin()
        if self.livekit is not None:
            forkserver.start()
        front = self._front()
        try:
            await self.switchboard.start(self.store.socket)
            await self._listen(front)
            self._spawn(self._start(handler.listeners))
            await self.signals.next()
            await self._stop()
        finally:
            await self._close(front)

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
        self.serving.reloader = self.reloader
        if self.beginning.last_good:
            self._tell_last_good()
        if self.settings.follow:
            self.following = self._spawn(self.reloader.run())
        self._spawn(self._tick())
        self._spawn(self._keep_first())
        if self.livekit is None:
            words = f"LiveKit is not configured ({', '.join(NAMES.values())}): serving text only"
            self.log.event("livekit_not_configured", words)
            self._spawn(self.texts.warm())
        else:
            await self._register(self.livekit, listeners)
        # looking through what lives as long as the runner would stop everything for 0.1 s
        gc.collect()
        gc.freeze()
        self._ready()

    async def _register(self, livekit: LiveKit, listeners: list[Any]) -> None:
        warm = asyncio.get_running_loop().create_task(asyncio.to_thread(forkserver.wait))
        # a second of imports, which only those pay who have LiveKit; the front answers meanwhile
        await asyncio.to_thread(__import__, "livekit.agents")
        from runner.serve.workers.lost_dispatches import Sweeper
        from runner.serve.workers.registrations import Workers

        workers = Workers(livekit, self.store.root, self.admission, self.calls, self.log)
        self.workers = self.serving.workers = self.succession.workers = workers
        listeners.append(workers.listen)
        sweeper = Sweeper(livekit, self.admission, self.calls, workers.registered, self.log)
        workers.on_registered = sweeper.look_again
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

    def _tell_last_good(self) -> None:
        release = self.releases.current.id
        words = f"the folder has mistakes: serving release {release}, the last good one"
        self.log.event("last_good", words, level="warning", release=release)
        self.metrics.served(good=False)

    async def _keep_first(self) -> None:
        """Be found by `lkrun releases`, and keep what is served from the start."""
        archive = self.beginning.archive
        if archive is None:
            return
        try:
            await asyncio.to_thread(self._enlist, archive)
        except OSError as error:
            words = f"'lkrun releases' cannot reach this runner: {error.strerror or error}"
            self.log.event("not_enlisted", words, level="warning", error=str(error))
        await self.succession.keep_first()

    def _enlist(self, archive: Archive) -> None:
        # in a thread that nobody can cancel: what it begins is left again at the end
        self.enlisted = Enlisted(archive, self.store.socket)

    async def _roll(self, asked: str) -> Message:
        """Serve a kept release until the files change."""
        try:
            release = self.releases.release(asked) or await self.succession.kept(asked)
        except ArchiveError as error:
            return {"result": "rejected", "release": self.reloader.served.id, "message": str(error)}
        lacking = [n for n in release.secrets if self.beginning.secrets.get(n) is None]
        outcome = await self.reloader.roll(release, lacking)
        found = {"result": outcome.result, "release": outcome.release}
        return {**found, "message": report.words(outcome)}

    async def _reload(self) -> None:
        await self.reloader.attempt()

    def _secret_files(self) -> tuple[tuple[str, int, int], ...]:
        """The state of the files that hold the secrets of what is served."""
        names = {*self.releases.current.secrets, *NAMES.values()}
        return self.beginning.secrets.state(sorted(names))

    async def _tick(self) -> None:
        while True:
            await asyncio.sleep(_TICK)
            self.texts.look()
            await asyncio.to_thread(forkserver.reap)
            if self.workers is not None:
                self.workers.look()

    async def _stop(self) -> None:
        """Drain, unless a second signal comes; then end what is still on."""
        self.admission.draining = True
        if self.following is not None:
            self.following.cancel()  # who ends begins nothing new
        on = len(self.calls.all("call"))
        waiting = (
            f"waiting up to {self.settings.drain:g} s for {on} calls" if on else "no calls are on"
        )
        self.log.event("draining", f"stopping: {waiting}", calls=on)
        drained = asyncio.get_running_loop().create_task(self._drain())
        again = asyncio.get_running_loop().create_task(self.signals.next())
        await asyncio.wait(
            {drained, again}, timeout=self.settings.drain, return_when=asyncio.FIRST_COMPLETED
        )
        for task in (drained, again):
            task.cancel()
        await asyncio.gather(drained, again, return_exceptions=True)
        await self._end_calls()

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
        if self.enlisted is not None:
            self.enlisted.leave()
        await front.stop()
        if self.workers is not None:
            # LiveKit waits for what it has just accepted; whoever wants to end has waited enough
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(_LAST):
                    await self.workers.stop()
        await self.texts.stop()
        await self.switchboard.stop()

    def _spawn(self, work: Coroutine[Any, Any, None]) -> asyncio.Task[None]:
        task = asyncio.get_running_loop().create_task(work)
        self.tasks.add(task)
        task.add_done_callback(self._done)
        return task

    def _done(self, task: asyncio.Task[None]) -> None:
        self.tasks.discard(task)
        if not task.cancelled() and task.exception() is not None:
            logging.getLogger("lkrun").error("a part of the runner stopped: %s", task.exception())
