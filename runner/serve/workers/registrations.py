"""The agents' registrations with LiveKit: one `AgentServer` each, all in one event loop."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import math
import sys
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from functools import partial
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any, Final

import aiohttp
from livekit.agents import AgentServer, JobRequest, worker
from livekit.agents.ipc import supervised_proc
from livekit.agents.utils import http_server
from livekit.agents.utils.aio import ChanClosed
from livekit.agents.worker import ServerType

from runner.schema.dispatch import Dispatch
from runner.schema.transfer import PERSONS_ROOM
from runner.serve.child import job
from runner.serve.dispatches import ORDER
from runner.serve.external.pool import ExternalServer
from runner.serve.workers.forkserver import PRELOAD
from runner.serve.workers.neighbours import RUNNER

if TYPE_CHECKING:
    from pathlib import Path

    from livekit.agents.job import RunningJobInfo

    from runner.serve.credentials import LiveKit
    from runner.serve.external.jobs import ExternalJobs
    from runner.serve.log import Log
    from runner.serve.outgoing.calls import OutgoingCalls
    from runner.serve.sessions.admission import Admission
    from runner.serve.sessions.calls import CallInfo, Calls
    from runner.serve.workers.neighbours import Neighbours

_APPEAR: Final = 10.0
"""Seconds in which the process of an accepted call must have appeared."""

_TYPES: Final = {"publisher": ServerType.PUBLISHER, "room": ServerType.ROOM}

_FAILED: Final = "failed to connect to livekit"


@dataclass(frozen=True, slots=True)
class LostConnection:
    """Why LiveKit does not know the agents just now.

    Attributes:
        words: a sentence without its end.
        reason: what happened to the connection.
        help: what a person can do.
    """

    words: str
    reason: str
    help: str


@dataclass(eq=False, slots=True)
class _Worker:
    name: str
    dispatch: Dispatch
    server: AgentServer
    external: bool = False
    run: asyncio.Task[None] | None = None
    registered: bool = False
    tasks: set[asyncio.Task[Any]] = field(default_factory=set)

    @property
    def connected(self) -> bool:
        """Whether LiveKit knows it just now."""
        # LiveKit says nowhere in public that a connection was lost
        return self.registered and not self.server._connecting  # noqa: SLF001 - as above


class _NoPort(http_server.HttpServer):
    """LiveKit's health port of a worker, which would answer anybody: not opened."""

    async def start(self) -> None:
        """Listen nowhere; the runner's own front says how it is."""


class Workers:
    """Registers agents, lets calls in, and sees calls off that never appeared or died.

    Args:
        livekit: the server's address.
        home: the runtime directory that calls are told of.
        neighbours: other runners of the folder, which are told whose calls these are.
        external: sees the jobs of external agents through.
        orders: calls that agents were ordered to make.
        on_registered: called when an agent has been registered.
    """

    def __init__(  # noqa: PLR0913 - the parts that it needs, by name
        self,
        livekit: LiveKit,
        home: Path,
        admission: Admission,
        calls: Calls,
        log: Log,
        *,
        neighbours: Neighbours,
        external: ExternalJobs | None = None,
        orders: OutgoingCalls | None = None,
        on_registered: Callable[[], None] = lambda: None,
    ) -> None:
        self._livekit = livekit
        self._home = str(home)
        self._admission = admission
        self._calls = calls
        self._log = log
        self._neighbours = neighbours
        self._external = external
        self._orders = orders
        self._workers: dict[str, _Worker] = {}
        self._leaving: set[_Worker] = set()
        self._retiring: set[asyncio.Task[None]] = set()
        self._accepted: dict[str, float] = {}
        self.lost: LostConnection | None = None
        self._changed = asyncio.Event()
        self._on_registered = on_registered
        # the processes of calls ignore Ctrl-C from their birth (`warm`); LiveKit would have the
        # main process ignore it for that moment, and one could be lost
        starting: Any = supervised_proc
        starting._mask_ctrl_c = contextlib.nullcontext  # noqa: SLF001 - there is no public way
        worker_module: Any = worker
        worker_module.http_server = SimpleNamespace(HttpServer=_NoPort)  # as above
        asyncio.get_running_loop().set_exception_handler(_unheard)

    def follow(self, names: Iterable[str]) -> None:
        """Register what is new or joins other rooms, then let others go; their calls live on."""
        wanted = dict(self._wanted(sorted(names)))
        before = dict(self._workers)
        for key, registration in wanted.items():
            known = before.get(key)
            if known is None or (known.name, known.dispatch, known.external) != registration:
                self._workers[key] = self._begin(*registration)
        for name in sorted(before.keys() - wanted.keys()):
            del self._workers[name]
        for name, known in before.items():
            if self._workers.get(name) is not known:
                self._let_go(known)

    def _wanted(self, names: list[str]) -> Iterator[tuple[str, tuple[str, Dispatch, bool]]]:
        """The registrations of agents, and those of external ones: one for each kind of job."""
        for name in names:
            kinds = self._external.kinds(name) if self._external is not None else ()
            for kind in kinds:
                key = name if kind == kinds[0] else f"{name} {kind}"
                yield key, (name, Dispatch.model_construct(per=kind), True)
            if not kinds:
                yield name, (name, self._admission.dispatch(name), False)

    def _let_go(self, leaving: _Worker) -> None:
        self._leaving.add(leaving)
        task = asyncio.get_running_loop().create_task(self._retire(leaving))
        self._retiring.add(task)
        task.add_done_callback(self._retiring.discard)

    def registered(self, name: str) -> bool:
        """Whether LiveKit can send calls to an agent just now."""
        worker = self._workers.get(name)
        return worker is not None and worker.connected

    def missing(self) -> list[str]:
        """The agents that LiveKit does not know just now."""
        return sorted({each.name for each in self._workers.values() if not each.connected})

    async def ready(self) -> None:
        """Return when every agent is registered."""
        while self.missing():
            await self._changed.wait()
            self._changed.clear()
            await asyncio.sleep(0)  # LiveKit says that it has connected just after it says so to us
        self._tell_back()

    def listen(self, record: logging.LogRecord) -> None:
        """Hear in LiveKit's log that a connection was lost; say it once."""
        if self.lost is None and record.getMessage().startswith(_FAILED):
            url = self._livekit.url
            lost = self.lost = _lost(url, getattr(record, "error", None))
            words = f"{lost.words}; trying until it can; {lost.help}"
            self._log.event("livekit_lost", words, level="warning", url=url, error=lost.reason)

    def look(self) -> None:
        """Look after connections and accepted calls; to be called every second or so."""
        self._tell_back()
        now = asyncio.get_running_loop().time()
        running = self._running()
        for call in self._calls.all("call"):
            since = self._accepted.get(call.id)
            if call.id in running or call.peer is not None or since is None:
                continue
            if now - since > _APPEAR:
                self._over(call, "crashed")

    def _tell_back(self) -> None:
        if self.lost is not None and self._workers and not self.missing():
            self.lost = None
            words = f"LiveKit at {self._livekit.url} is back"
            self._log.event("livekit_back", words, url=self._livekit.url)

    async def drain(self) -> None:
        """Take no more calls; return when the last has ended."""
        workers = [*self._workers.values(), *self._leaving]
        await asyncio.gather(*(self._drain(worker) for worker in workers))

    async def stop(self) -> None:
        """End all registrations, and the calls that are still on."""
        for task in self._retiring:
            task.cancel()
        await asyncio.gather(*self._retiring, return_exceptions=True)
        workers = [*self._workers.values(), *self._leaving]
        await asyncio.gather(*(self._close(w) for w in workers), return_exceptions=True)

    def _running(self) -> set[str]:
        return {
            info.job.id
            for worker in (*self._workers.values(), *self._leaving)
            if worker.registered
            for info in worker.server.active_jobs
        }

    def _begin(self, name: str, dispatch: Dispatch, external: bool) -> _Worker:
        made = (
            partial(ExternalServer, partial(self._see_through, name)) if external else AgentServer
        )
        server = made(
            ws_url=self._livekit.url,
            api_key=self._livekit.api_key,
            api_secret=self._livekit.api_secret.reveal(),
            host="127.0.0.1",
            port=0,
            num_idle_processes=0,
            load_threshold=math.inf,
            load_fnc=partial(self._admission.load, name),
            max_retry=sys.maxsize,
            preload_modules=PRELOAD,
            job_memory_warn_mb=0,
        )
        server.rtc_session(
            job.entrypoint,
            agent_name=name if dispatch.mode == "explicit" else "",  # LiveKit: every new room
            type=_TYPES[dispatch.per],
            on_request=partial(self._external_request if external else self._request, name),
            on_session_end=job.session_end,
        )
        worker = _Worker(name, dispatch, server, external)
        server.on("worker_registered", lambda *_: self._registered(worker))
        worker.run = asyncio.get_running_loop().create_task(self._run(worker))
        return worker

    async def _run(self, worker: _Worker) -> None:
        try:
            await worker.server.run()
        except Exception as error:  # noqa: BLE001 - whatever LiveKit raises is told, and ends no other agent
            words = f"agent {worker.name} cannot be registered: {error}"
            self._log.event("worker_failed", words, level="error", agent=worker.name)

    def _registered(self, worker: _Worker) -> None:
        worker.registered = True
        self._changed.set()
        self._on_registered()

    async def _request(self, name: str, request: JobRequest) -> None:
        mark = request.job.attributes.pop(ORDER, None)
        order = self._orders.ordered(mark) if mark and self._orders is not None else None
        if (mark and order is None) or request.room.name.endswith(PERSONS_ROOM):
            # another runner's: LiveKit asks that next; or an agent briefs a person there
            await request.reject(terminate=False)
            return
        # there was room for it when it was ordered
        refusal = self._admission.refusal(name) if order is None else None
        if refusal is not None:
            self._log.event(
                "session_refused",
                f"{name}: a call was refused: {self._admission.why_full(name) or refusal}",
                level="warning",
                agent=name,
                reason=refusal,
                room=request.room.name,
            )
            await request.reject(terminate=False)
            return
        call = self._calls.begin(
            request.id, name, "call", room=request.room.name, dispatch=request.job.dispatch_id
        )
        if order is not None and self._orders is not None:
            self._orders.taken(order, call)
        attributes = request.job.attributes
        attributes[job.AGENT], attributes[job.RELEASE] = name, call.release
        attributes[job.HOME] = self._home
        own = self._neighbours.own
        try:
            if own is None:
                await request.accept(name=name)
            else:
                await request.accept(name=name, attributes={RUNNER: own})
        except Exception:  # noqa: BLE001 - given to somebody else, or no process could be started
            self._over(call, "not_assigned")
        else:
            self._accepted[call.id] = asyncio.get_running_loop().time()

    async def _external_request(self, name: str, request: JobRequest) -> None:
        """Take a job of an external agent: no process is begun, and the program joins itself."""
        refusal = self._admission.refusal(name)
        if refusal is not None:
            await request.reject(terminate=False)
            return
        # nobody else may have got it: then there is nothing to do
        with contextlib.suppress(Exception):
            await request.accept(name=name)

    async def _see_through(self, name: str, info: RunningJobInfo, ended: asyncio.Event) -> str:
        if self._external is None:
            return "there are no external agents"
        return await self._external.take(name, info.job, ended)

    def _over(self, call: CallInfo, reason: str) -> None:
        self._accepted.pop(call.id, None)
        self._calls.end(call.id, reason)

    async def _drain(self, worker: _Worker) -> None:
        if worker.registered:
            await worker.server.drain(timeout=None)

    async def _retire(self, worker: _Worker) -> None:
        await self._drain(worker)
        await self._close(worker)
        self._leaving.discard(worker)

    async def _close(self, worker: _Worker) -> None:
        with contextlib.suppress(Exception):
            await worker.server.aclose()
        if worker.run is not None:
            worker.run.cancel()
            await asyncio.gather(worker.run, return_exceptions=True)


def _unheard(loop: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
    """Pass over what LiveKit does too late while the runner ends.

    It tells of a call to a connection that it has just closed, and notes the end of a process for
    which it has stopped waiting.
    """
    error, handle = context.get("exception"), str(context.get("handle"))
    noted = isinstance(error, asyncio.InvalidStateError) and "Future.set_result" in handle
    if not noted and not isinstance(error, ChanClosed):
        loop.default_exception_handler(context)


def _lost(url: str, error: object) -> LostConnection:
    reason = _reason(error)
    what = _TO_DO.get(reason, "start it, or correct LIVEKIT_URL and start the runner again")
    return LostConnection(f"LiveKit at {url} cannot be reached ({reason})", reason, what)


_DENIED: Final = "it refuses the API key and secret"
_TO_DO: Final = {
    _DENIED: "correct LIVEKIT_API_KEY and LIVEKIT_API_SECRET, and start the runner again",
    "it is no LiveKit server": "correct LIVEKIT_URL, and start the runner again",
}


def _reason(error: object) -> str:
    """What happened to the connection, in plain words."""
    if isinstance(error, aiohttp.WSServerHandshakeError):
        known = {401: _DENIED, 404: "it is no LiveKit server"}
        return known.get(error.status, f"it answers with status {error.status}")
    if isinstance(error, aiohttp.ClientConnectorError):
        return error.os_error.strerror or "it does not answer"
    return "the connection was lost"
