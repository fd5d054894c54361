"""The life of `lkrun serve`: start, serve until told to stop, drain, end."""

from __future__ import annotations

import asyncio
import contextlib
import gc
import os
import sys
from typing import TYPE_CHECKING, Final

from runner.collecting import collect_usually
from runner.egress.lookup import read_ahead
from runner.serve import core_files, phone_code
from runner.serve.browser import here, show
from runner.serve.control import Enlisted
from runner.serve.credentials import NAMES, child_environment
from runner.serve.environment import confine
from runner.serve.log import Log, route
from runner.serve.parts import Parts, build
from runner.serve.releases.store import Store
from runner.serve.signals import Signals
from runner.serve.startup import CannotServeError, ServeSettings, Startup
from runner.serve.tasks import Tasks

if TYPE_CHECKING:
    from runner.serve.releases.archive import Archive

_TICK: Final = 1.0
_LAST: Final = 5.0
"""Seconds in which calls end in order when they are told to end now."""


def serve(startup: Startup, settings: ServeSettings) -> int:
    """Serve a release, and those that follow it, until a signal comes.

    Returns:
        The exit code: 0, or 130 when Ctrl-C was pressed twice.

    Raises:
        CannotServeError: the port is taken, or there is no place for the release store.
    """
    log = Log(settings.level, settings.form)
    if settings.dev:
        os.environ[core_files.DEBUGGED] = "1"
    core_files.forbid()
    confine(child_environment(startup.release, startup.env), startup.env)
    if startup.livekit is not None:
        os.environ.update(startup.livekit.to_env())
    try:
        store = Store.create(os.environ)
    except OSError as error:
        raise CannotServeError(f"there is no place for temporary files: {error}") from None
    tasks = Tasks()
    try:
        try:
            parts = build(startup, settings, store=store, log=log, records=route(log), tasks=tasks)
        except OSError as error:
            words = f"the release could not be stored: {error.strerror or error}"
            raise CannotServeError(words) from None
        run = Run(parts, startup, settings, log, tasks)
        asyncio.run(run.main(store))
    finally:
        store.destroy()
    return 130 if run.signals.deafen() else 0


class Run:
    """One run of the command."""

    def __init__(
        self, parts: Parts, startup: Startup, settings: ServeSettings, log: Log, tasks: Tasks
    ) -> None:
        self.parts, self.settings, self.log, self.tasks = parts, settings, log, tasks
        self.livekit, self.archive = startup.livekit, startup.archive
        self.env = startup.env
        self.last_good = startup.last_good
        self.signals = Signals(lambda: tasks.spawn(self._reload()))
        self.enlisted: Enlisted | None = None
        self.following: asyncio.Task[None] | None = None

    async def main(self, store: Store) -> None:
        """Serve."""
        parts = self.parts
        self.signals.listen()
        parts.surroundings.hide()
        parts.surroundings.begin()
        parts.agents.warm()
        try:
            await parts.socket.start(store.socket)
            address = await self._listen()
            parts.external.listening = address
            self.log.event("listening", f"the page is at {address}", http=address)
            self.tasks.spawn(self._start(store, address))
            await self.signals.next()
            await self._stop()
        finally:
            await self._close()

    async def _listen(self) -> str:
        try:
            host, port = await self.parts.front.start()
        except OSError as error:
            raise CannotServeError(error.strerror or str(error)) from None
        return f"http://{f'[{host}]' if ':' in host else host}:{port}"

    async def _start(self, store: Store, address: str) -> None:
        parts = self.parts
        parts.served.begin()
        parts.after.begin()
        parts.recorder.begin()
        if self.last_good:
            self._tell_last_good()
        if self.settings.follow:
            self.following = self.tasks.spawn(parts.reloader.run())
        self.tasks.spawn(self._tick())
        self.tasks.spawn(self._keep_first(store))
        self.tasks.spawn(asyncio.to_thread(read_ahead, parts.releases.current))
        if self.livekit is None:
            names = ", ".join(NAMES.values())
            words = f"LiveKit is not configured ({names}): serving text, and voice on the page only"
            self.log.event("livekit_not_configured", words)
            self.tasks.spawn(parts.texts.hosts.warm())
        else:
            parts.agents.follow(parts.releases.current.names)
            self.tasks.spawn(parts.health.run())
            self.tasks.spawn(parts.external.follow_others())
            await parts.agents.start()
            self.tasks.spawn(parts.campaigns.run())
        # looking through what lives as long as the runner would stop everything for 0.1 s
        gc.collect()
        gc.freeze()
        collect_usually()
        self._ready(address)
        wanted = self.settings.dev and self.settings.form == "text"
        phone_code.show(self.parts.doors.public_url(address), sys.stderr, wanted=wanted)
        if self.settings.browse and not await show(address, self.env):
            words = f"no browser could be opened; open {here(address)} yourself"
            self.log.event("no_browser", words, level="warning", http=here(address))

    def _ready(self, address: str) -> None:
        current = self.parts.releases.current
        agents = current.names
        where = f"over LiveKit at {self.livekit.url}" if self.livekit else "on the page"
        self.log.event(
            "ready",
            f"ready: {', '.join(agents)} {where}; talk at {address}",
            agents=agents,
            release=current.id,
            http=address,
            livekit=self.livekit.url if self.livekit else None,
        )

    def _tell_last_good(self) -> None:
        release = self.parts.releases.current.id
        words = f"the folder has mistakes: serving release {release}, the last good one"
        self.log.event("last_good", words, level="warning", release=release)
        self.parts.metrics.served(good=False)

    async def _keep_first(self, store: Store) -> None:
        """Be found by `lkrun releases`, and keep what is served from the start."""
        if self.archive is None:
            return
        try:
            await asyncio.to_thread(self._enlist, self.archive, store)
        except OSError as error:
            words = f"'lkrun releases' cannot reach this runner: {error.strerror or error}"
            self.log.event("not_enlisted", words, level="warning", error=str(error))
        await self.parts.swap.keep_first()

    def _enlist(self, archive: Archive, store: Store) -> None:
        # in a thread that nobody can cancel: what it begins is left again at the end
        self.enlisted = Enlisted(archive, store.socket)
        self.parts.neighbours.enlisted(self.enlisted.path)

    async def _reload(self) -> None:
        await self.parts.reloader.attempt()

    async def _tick(self) -> None:
        while True:
            await asyncio.sleep(_TICK)
            self.log.look()
            self.parts.texts.look()
            self.parts.blocked.look()
            self.parts.after.look()
            self.parts.previews.look()
            await self.parts.agents.look()

    async def _stop(self) -> None:
        """Drain, unless a second signal comes; then end what is still on."""
        self.parts.admission.draining = True
        if self.following is not None:
            self.following.cancel()  # who ends begins nothing new
        patience = self.settings.patience(self.parts.releases.current)
        on = len(self.parts.calls.all("call")) + self.parts.external.on
        waiting = f"waiting up to {patience:g} s for {on} calls" if on else "no calls are on"
        self.log.event("draining", f"stopping: {waiting}", calls=on, seconds=patience)
        drained = asyncio.get_running_loop().create_task(self._drain())
        again = asyncio.get_running_loop().create_task(self.signals.next())
        await asyncio.wait({drained, again}, timeout=patience, return_when=asyncio.FIRST_COMPLETED)
        for task in (drained, again):
            task.cancel()
        await asyncio.gather(drained, again, return_exceptions=True)
        await self._end_calls()

    async def _drain(self) -> None:
        await self.parts.texts.settled()
        await self.parts.agents.drain()
        await self.parts.calls.none()

    async def _end_calls(self) -> None:
        self.parts.texts.end_all()
        for call in self.parts.calls.all("call"):
            with contextlib.suppress(Exception):
                await self.parts.served.end(call.id)
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(_LAST):
                await self.parts.calls.none()
                await self.parts.after.read()

    async def _close(self) -> None:
        await self.tasks.cancel()
        await self.parts.campaigns.settle()
        await self.parts.campaigns.stop()
        await self.parts.outgoing.stop()
        await self.parts.front.stop()
        await self.parts.agents.stop()
        await self.parts.external.stop()
        if self.enlisted is not None:  # only now: whose runner is gone, their calls are taken over
            self.enlisted.leave()
        await self.parts.texts.stop()
        await self.parts.voices.stop()
        await self.parts.socket.stop()
        await self.parts.after.stop()
        await self.parts.recorder.stop()
        await self.parts.switchboard.stop()
        self.log.look(all_of_them=True)
