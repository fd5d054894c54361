"""Listens to all calls and dialogues, and sees to it that what happened in them is kept."""

from __future__ import annotations

import asyncio
import sqlite3
import tempfile
import time
import uuid
from collections.abc import Awaitable, Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from runner.masking import masking
from runner.records import notes
from runner.records.disk import DiskTrouble, disk_trouble
from runner.records.notes import Note, note
from runner.records.spool import Noted, RecordSpool
from runner.serve.kept import Kept
from runner.serve.records.place import Place
from runner.serve.records.reports import of_report

if TYPE_CHECKING:
    from runner.egress.secrets import Secrets
    from runner.link.release import AgentRelease
    from runner.records.database import DatabaseError
    from runner.serve.log import Log
    from runner.serve.records.spooling import Spooling
    from runner.serve.records.storing import Storing
    from runner.serve.releases.served import Releases
    from runner.serve.sessions.calls import CallInfo, Calls, TurnFigures
    from runner.serve.socket.messages import Reported

PATIENCE: Final = 5.0
"""Seconds after its end in which the process of a session says what came of it."""

_FLUSH: Final = 0.25
"""Seconds that the answer to a turn waits at most until it is on the disk."""

_SETTLING: Final = 10.0
"""Seconds that who ends a session waits at most until it is in a database that answers."""

_LAST: Final = 5.0
_DEAD: Final = frozenset({"crashed", "hung"})
"""Ends after which a process says nothing any more."""


class Recorder:
    """Takes notes of sessions, and brings them to the database.

    Attributes:
        place: where they are kept.

    Args:
        beside: waits until what else must be on the disk is there.
    """

    def __init__(  # noqa: PLR0913 - whom it hears and where it writes, by name
        self,
        releases: Releases,
        calls: Calls,
        log: Log,
        secrets: Secrets,
        env: Mapping[str, str],
        *,
        beside: Callable[[], Awaitable[None]] | None = None,
    ) -> None:
        """Listen; nothing is written before something has happened."""
        self._releases, self._calls, self._log = releases, calls, log
        self.place = Place(lambda: releases.current.process, secrets, env)
        self._beside = beside
        self._early: dict[str, list[Note]] = {}
        self._on: dict[str, AgentRelease | None] = {}
        self._said: set[str] = set()
        self._opting_out: dict[str, str] = {}
        self._timers: dict[str, asyncio.TimerHandle] = {}
        self._settling: dict[str, asyncio.Event] = {}
        self._spooling: Spooling | None = None
        self._storing: Storing | None = None
        self._spool: RecordSpool | None = None
        self._troubles: dict[str, str | None] = {}
        calls.on_answer.append(self._answered)
        calls.on_agree.append(self._agreed)
        calls.on_event.append(self._event)
        calls.on_turn.append(self._turn)
        calls.on_end.append(self._ended)

    def begin(self) -> None:
        """Go on with what earlier runners have left."""
        if (self.place.data_dir / "spool").is_dir() or self.place.begun():
            self._ready().wake()

    @property
    def up(self) -> bool:
        """Whether the database took what it was given last."""
        return self._storing is None or self._storing.up

    async def written(self) -> None:
        """Wait a little until all that has happened is on the disk."""
        if self._spooling is not None:
            await self._spooling.written(_FLUSH)
        if self._beside is not None:
            await self._beside()

    async def settled(self, session: str) -> None:
        """Wait a little until a session that has ended is in the database."""
        settling = self._settling.get(session)
        if settling is not None and self._storing is not None and self._storing.up:
            try:
                async with asyncio.timeout(_SETTLING):
                    await settling.wait()
            except TimeoutError:
                return

    def keep(self, kind: str, agent: str, outcome: str, about: dict[str, Any]) -> str:
        """Keep something beside the sessions; gives its id."""
        name = f"{kind}_{uuid.uuid4().hex[:16]}"
        release = self._releases.current
        known = release.agents.get(agent)
        labels = {n: str(text) for n, text in known.agent.labels.items()} if known else {}
        kept = Kept(known.agent.record if known else None, self.place.keep)
        about = kept.data(about) if known else self._masked(about)
        noted = note(
            notes.ALONE, time.time(), id=name, kind=kind, agent=agent, release=release.id,
            labels=labels, keep=kept.keep, outcome=outcome, about=about,
            user_id=about.get("user_id"),
        )  # fmt: skip
        self._put(name, [noted], over=True)
        return name

    def _masked(self, about: dict[str, Any]) -> dict[str, Any]:
        """What is of no agent, without what any of them masks."""
        records = (each.agent.record for each in self._releases.current.agents.values())
        kinds = {kind for record in records if record is not None for kind in record.mask}
        masked: dict[str, Any] = masking(frozenset(kinds)).data(about)
        return masked

    def take(self, call: CallInfo | None, message: Reported) -> None:
        """Take what the process of a session says of it; `call` is None once that has ended."""
        agent = self._agent(call) if call is not None else self._on.get(message.call)
        said = of_report(message.report, agent)
        if said is None:
            return
        session = message.call
        known = call or self._calls.past(session)
        if known is None or not known.kept:
            return
        noted = note(notes.REPORT, time.time(), report=self._of(known).report(said))
        ended = bool(message.report.get("ended_by"))
        if session in self._early:
            self._early[session].append(noted)
        elif session in self._on:
            self._put(session, [noted])
        elif ended and message.report.get("final"):
            self._put(session, [noted], over=True)  # models have read it after all
            return
        if ended:
            self._said.add(session)
            if session in self._timers:
                self._over(session)

    async def stop(self) -> None:
        """Keep all that is known; what can be stored at once is."""
        for session in list(self._timers):
            self._over(session)
        if self._spooling is None or self._storing is None or self._spool is None:
            return
        await self._spooling.stop()
        await asyncio.to_thread(self._storing.stop, _LAST)
        self._spool.close()
        self.place.close()

    def figures(self) -> dict[str, float]:
        """What the metrics tell."""
        if self._spooling is None or self._storing is None or self._spool is None:
            return {"up": 1, "waiting": 0, "refused": 0, "stored": 0, "lost": 0, "silent": 0}
        try:
            counts = self._spool.counts()
        except sqlite3.Error:
            counts = {}
        return {
            "up": float(self._storing.up),
            "waiting": counts.get("ready", 0),
            "refused": counts.get("refused", 0),
            "stored": self._storing.count,
            "lost": self._spooling.lost,
            "silent": self._storing.silent,
        }

    def _agent(self, call: CallInfo) -> AgentRelease | None:
        return self._releases.agent(call.release, call.agent)

    def _answered(self, call: CallInfo) -> None:
        """The conversation has begun: what was noted until now is worth keeping."""
        if not call.kept or call.id in self._on:
            return
        self._on[call.id] = self._agent(call)
        self._put(call.id, [self._began(call), *self._early.pop(call.id, [])])

    def _agreed(self, call: CallInfo) -> None:
        """The caller has agreed: what they say from now on is kept, and nothing of before."""
        self._early.pop(call.id, None)
        self._answered(call)

    def _began(self, call: CallInfo) -> Note:
        agent = self._agent(call)
        labels = {n: str(text) for n, text in agent.agent.labels.items()} if agent else {}
        return note(
            notes.BEGAN, call.started.timestamp(), id=call.id, kind=call.kind, agent=call.agent,
            release=call.release, room=self._of(call).data(call.room), persona=call.persona,
            labels=labels, keep=self._of(call).keep, mask=sorted(call.masking.kinds),
            sound=call.kind == "call" and call.record is not None and call.record.audio,
        )  # fmt: skip

    def _of(self, call: CallInfo) -> Kept:
        """What is kept of a call: as its agent said when it began."""
        return Kept(call.record, self.place.keep)

    def _event(self, call: CallInfo, event: dict[str, Any]) -> None:
        self._note(call, note(notes.EVENT, time.time(), event=self._of(call).event(event)))
        if event["type"] == notes.OPT_OUT and event["number"]:
            self._opt_out(call, event["number"])

    def _opt_out(self, call: CallInfo, number: str) -> None:
        """Keep that a number is never to be called: at once, and whatever is kept of the call."""
        noted = note(notes.OPT_OUT, time.time(), number=number, agent=call.agent, session=call.id)
        name = f"{notes.OPT_OUT}_{uuid.uuid4().hex[:16]}"
        self._opting_out[name] = number
        self._put(name, [noted], over=True)

    def opted_out_just_now(self, number: str) -> bool:
        """Whether somebody has asked in a call never to be called, which is not stored yet."""
        return number in self._opting_out.values()

    def opted_out_on_disk(self, number: str) -> bool:
        """Likewise of what runners before this one have left. Threads may ask.

        Raises:
            DatabaseError: nobody can say so now.
        """
        if self._spool is None:
            return False
        try:
            waiting = self._spool.named(f"{notes.OPT_OUT}_")
        except sqlite3.Error as error:
            from runner.records.database import DatabaseError

            raise DatabaseError(f"what waits cannot be read: {error}") from None
        return any(each.get("number") == number for each in waiting)

    def _turn(self, call: CallInfo, turn: TurnFigures) -> None:
        noted = note(
            notes.TURN, time.time(), turn=turn.number, ms=turn.milliseconds,
            input_tokens=turn.input_tokens, output_tokens=turn.output_tokens,
        )  # fmt: skip
        self._note(call, noted)

    def _note(self, call: CallInfo, noted: Note) -> None:
        if call.id in self._on:
            self._put(call.id, [noted])
        elif call.kept:
            self._early.setdefault(call.id, []).append(noted)

    def _ended(self, call: CallInfo) -> None:
        self._early.pop(call.id, None)
        if call.id not in self._on:
            return
        self._settling[call.id] = asyncio.Event()
        self._put(call.id, [note(notes.ENDED, time.time(), reason=call.reason)])
        if call.id in self._said or call.reason in _DEAD:
            self._over(call.id)
            return
        loop = asyncio.get_running_loop()
        self._timers[call.id] = loop.call_later(PATIENCE, self._over, call.id)

    def _over(self, session: str) -> None:
        timer = self._timers.pop(session, None)
        if timer is not None:
            timer.cancel()
        self._on.pop(session, None)
        self._said.discard(session)
        self._put(session, [], over=True)

    def _put(self, session: str, lines: list[Note], *, over: bool = False) -> None:
        self._ready()
        if self._spooling is not None:
            self._spooling.put(Noted(session, tuple(lines), over))

    def _ready(self) -> Storing:
        """Begin with the disk and the database, once there is something for them."""
        if self._storing is None:
            from runner.serve.records.spooling import Spooling
            from runner.serve.records.storing import Storing

            self._spool = self._opened(self.place.data_dir)
            loop = asyncio.get_running_loop()
            self._storing = Storing(
                self._spool,
                self.place,
                lambda error: _safely(loop, self._tell_database, error),
                lambda sessions: _safely(loop, self._stored, sessions),
            )
            self._spooling = Spooling(
                self._spool,
                lambda why: _safely(loop, self._tell_disk, why),
                self._storing.wake,
            )
        return self._storing

    def _opened(self, data_dir: Path) -> RecordSpool:
        try:
            return RecordSpool(data_dir)
        except (OSError, sqlite3.Error) as error:
            self._tell_disk(disk_trouble(error))
            return RecordSpool(Path(tempfile.mkdtemp(prefix="lkrun-spool-")))

    def _stored(self, sessions: list[str]) -> None:
        for session in sessions:
            self._opting_out.pop(session, None)
            if (settling := self._settling.pop(session, None)) is not None:
                settling.set()

    def _tell_disk(self, trouble: DiskTrouble | None) -> None:
        why = trouble.words if trouble is not None else None
        if trouble is not None and self._is_news("disk", why):
            folder = str(self.place.data_dir)
            hint = f"; {trouble.help}" if trouble.help else ""
            self._log.event(
                "records_not_spooled",
                f"what happens in calls cannot be kept in {folder}: {why}{hint}; calls go on, and "
                "it is lost if the runner ends before it is in the database",
                level="error",
                folder=folder,
                error=why,
                help=trouble.help,
            )
        self._troubles["disk"] = why

    def _tell_database(self, error: DatabaseError | None) -> None:
        why = str(error) if error is not None else None
        before = self._troubles.get("database")
        if self._is_news("database", why):
            hint = f"; {error.help}" if error is not None and error.help else ""
            self._log.event(
                "records_not_stored",
                f"records cannot be stored: {why}{hint}; calls go on, and what happened in them "
                "waits on the disk",
                level="error",
                error=why,
                help=error.help if error is not None else None,
            )
        elif why is None and before is not None:
            self._log.event("records_stored", "records are stored again")

    def _is_news(self, what: str, why: str | None) -> bool:
        before, self._troubles[what] = self._troubles.get(what), why
        return why is not None and why != before


def _safely(loop: asyncio.AbstractEventLoop, tell: Callable[[Any], None], what: Any) -> None:
    """Tell from a thread; where the loop is gone, nobody listens any more."""
    try:
        loop.call_soon_threadsafe(tell, what)
    except RuntimeError:
        return
