"""Calls that are over: what their agents want sent is kept, and brought until it has arrived."""

from __future__ import annotations

import asyncio
import contextlib
import sqlite3
import tempfile
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Final

from pydantic import ValidationError

from runner.delivery.couriers import Couriers, Offers
from runner.delivery.outbox import Outbox
from runner.delivery.spool import FOLDER, Spool
from runner.egress.report import CallReport
from runner.serve.kept import masking_of

if TYPE_CHECKING:
    from collections.abc import Coroutine, Sequence

    from runner.delivery.letters import Letter
    from runner.delivery.spool import Delivery, QueuedEvent, State
    from runner.egress.client import HttpEgress
    from runner.link.release import AgentRelease
    from runner.masking import Masking
    from runner.schema.recording import Record
    from runner.serve.log import Log
    from runner.serve.releases.served import Releases
    from runner.serve.sessions.calls import CallInfo
    from runner.serve.socket.messages import Reported

PATIENCE: Final = 75.0
"""Seconds after its end in which models have read a call; then it is sent as it is."""

_FLUSH: Final = 0.25
"""Seconds that the answer to a turn waits at most until what is known of it is on the disk."""

_LAST: Final = 5.0
"""Seconds in which what is left is tried when the runner ends; the next one goes on with it."""

_ADOPTING: Final = 30
"""Looks between those for runners that are no more."""

Counts = Callable[[str, str], None]
"""Counts a delivery: its kind, and what came of it."""


def _masked(report: CallReport, masking: Masking) -> CallReport:
    """The same as it may be sent: without numbers that were said in several parts, too."""
    masked = report.masked(masking.data)
    roles = (role for role, _ in masked.transcript)
    said = masking.spoken(masked.transcript)
    return replace(masked, transcript=tuple(zip(roles, said, strict=True)))


class AfterCalls:
    """Takes reports in their order, and looks after an outbox, once there is something for it.

    Attributes:
        count: counts what came of each attempt.
        offer: offers a job of an external agent anew.
    """

    def __init__(self, releases: Releases, log: Log, egress: HttpEgress) -> None:
        """Begin with nothing."""
        self._releases, self._log, self._egress = releases, log, egress
        self._outbox: Outbox | None = None
        self._open: dict[str, tuple[AgentRelease, Record | None]] = {}
        self._timers: dict[str, asyncio.TimerHandle] = {}
        self._work: asyncio.Queue[Coroutine[None, None, None]] = asyncio.Queue()
        self._worker: asyncio.Task[None] | None = None
        self._looks = 0
        self._closed = asyncio.Event()
        self.count: Counts = lambda _kind, _result: None
        self.offer: Offers | None = None

    @property
    def _data_dir(self) -> Path:
        return Path(str(self._releases.current.process.data_dir))

    def begin(self) -> None:
        """Go on with what earlier runners have left."""
        if (self._data_dir / FOLDER).is_dir():
            self._do(self._adopt())

    def take(self, call: CallInfo | None, message: Reported) -> None:
        """Take a report; `call` is None where the call has ended before."""
        release, record = self._open.get(message.call, (None, None))
        if call is not None:
            release, record = self._releases.agent(call.release, call.agent), call.record
        if release is None or release.agent.after_call is None:
            return
        try:
            report = CallReport.from_data(message.report)
        except (ValidationError, TypeError, KeyError, ValueError):
            return
        self._open[message.call] = release, record
        self._do(self._note(release, _masked(report, masking_of(record))))
        if report.final:
            self._over(message.call)

    def tell(self, release: AgentRelease, session: str, events: Sequence[QueuedEvent]) -> None:
        """Keep what addresses are told of a call that goes on, and bring it."""
        self._do(self._put(release, session, events))

    def send(self, letter: Letter) -> None:
        """Keep a message about a job of an external agent, and bring it."""
        self._do(self._put_letter(letter))

    async def written(self) -> None:
        """Wait a little until all that is known of calls by now is on the disk."""
        if self._worker is None:
            return
        reached = asyncio.Event()

        async def mark() -> None:
            reached.set()

        self._do(mark())
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(_FLUSH):
                await reached.wait()

    async def outbox(self) -> Outbox | None:
        """What is sent and was; None where there never was anything."""
        if self._outbox is None and not (self._data_dir / FOLDER).is_dir():
            return None
        await self._work.join()  # what was given to be kept is there
        return await self._ready()

    def call_ended(self, call: CallInfo) -> None:
        """A call is over: models may still be reading it, unless its process is gone."""
        if call.id not in self._open:
            return
        if call.reason == "crashed":
            self._over(call.id)
            return
        loop = asyncio.get_running_loop()
        self._timers[call.id] = loop.call_later(PATIENCE, self._over, call.id)

    def look(self) -> None:
        """Begin with what is due; called every second."""
        self._looks += 1
        if self._outbox is None:
            return
        self._do(self._look())
        if self._looks % _ADOPTING == 0:
            self._do(self._outbox.adopt())

    async def read(self) -> None:
        """Wait until models have read all calls that are over."""
        while self._open:
            self._closed.clear()
            await self._closed.wait()

    async def stop(self) -> None:
        """Keep all that is known; what can be sent at once is sent."""
        for session in list(self._open):
            self._over(session)
        if self._worker is not None:
            await self._work.join()
            self._worker.cancel()
            await asyncio.gather(self._worker, return_exceptions=True)
        if self._outbox is not None:
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(_LAST):
                    await self._outbox.settle()
            await self._outbox.aclose()

    def _over(self, session: str) -> None:
        timer = self._timers.pop(session, None)
        if timer is not None:
            timer.cancel()
        if self._open.pop(session, None) is not None:
            self._do(self._finish(session))
            self._closed.set()

    def _do(self, work: Coroutine[None, None, None]) -> None:
        """Do one thing after the other."""
        self._work.put_nowait(work)
        if self._worker is None:
            self._worker = asyncio.get_running_loop().create_task(self._run())

    async def _run(self) -> None:
        while True:
            work = await self._work.get()
            try:
                await work
            except (OSError, sqlite3.Error) as error:
                self._tell_trouble(error)
            finally:
                self._work.task_done()

    async def _look(self) -> None:
        await (await self._ready()).look()

    async def _note(self, release: AgentRelease, report: CallReport) -> None:
        await (await self._ready()).note(release, report)

    async def _put(
        self, release: AgentRelease, session: str, events: Sequence[QueuedEvent]
    ) -> None:
        await (await self._ready()).put(release, session, events)

    async def _put_letter(self, letter: Letter) -> None:
        await (await self._ready()).put_letter(letter)

    async def _finish(self, session: str) -> None:
        await (await self._ready()).finish(session)

    async def _adopt(self) -> None:
        await (await self._ready()).adopt()

    async def _ready(self) -> Outbox:
        self._egress.follow(self._releases.current.process.network)
        if self._outbox is None:
            spool = await asyncio.to_thread(self._spool, self._data_dir)
            couriers = Couriers(self._egress, self._data_dir, self.offer)
            self._outbox = Outbox(spool, couriers, self._tell)
            await self._outbox.adopt()
        return self._outbox

    def _spool(self, data_dir: Path) -> Spool:
        try:
            return Spool(data_dir)
        except (OSError, sqlite3.Error) as error:
            self._tell_trouble(error)
            return Spool(Path(tempfile.mkdtemp(prefix="lkrun-outbox-")))

    def _tell_trouble(self, error: Exception) -> None:
        reason = getattr(error, "strerror", None) or str(error)
        self._log.event(
            "outbox_failed",
            f"what is sent after calls cannot be kept in {self._data_dir}: {reason}; it is lost "
            "if the runner ends before it has arrived",
            level="error",
            folder=str(self._data_dir),
            error=reason,
        )

    def _tell(self, delivery: Delivery, state: State, error: str) -> None:
        self.count(delivery.kind, "failed" if state == "waiting" else state)
        if state == "sent":
            return
        what = f"{delivery.agent}: {delivery.kind} {delivery.target}"
        if state == "waiting":
            words = f"{what} not sent at attempt {delivery.attempts}: {error}"
            self._log.event(
                "delivery_failed", words, level="warning", session=delivery.call,
                agent=delivery.agent, delivery=delivery.id, kind=delivery.kind,
                attempts=delivery.attempts, error=error,
            )  # fmt: skip
            return
        again = f"lkrun deliveries replay {delivery.id} tries again"
        words = f"{what} given up after {delivery.attempts} attempts: {error}; {again}"
        self._log.event(
            "delivery_given_up", words, level="error", session=delivery.call,
            agent=delivery.agent, delivery=delivery.id, kind=delivery.kind,
            attempts=delivery.attempts, error=error,
        )  # fmt: skip
