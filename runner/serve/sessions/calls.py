"""The calls and dialogues that are on, as the main process knows them."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from runner.front.talks_port import SessionInfo
from runner.schema.agents import Limits
from runner.serve.kept import masking_of
from runner.serve.sessions.event_log import EventLog
from runner.serve.sessions.owners import RoomOwners
from runner.serve.sessions.past import HOUR, PastSessions
from runner.serve.sessions.service_answers import ServiceAnswers
from runner.serve.socket.messages import End

if TYPE_CHECKING:
    from runner.front.calls_port import Order
    from runner.front.talks_port import Preview
    from runner.masking import Masking
    from runner.schema.recording import Record
    from runner.serve.log import Log
    from runner.serve.releases.served import Releases
    from runner.serve.socket.peer import Peer


@dataclass(frozen=True, slots=True)
class TurnFigures:
    """What a turn of a dialogue took.

    Attributes:
        milliseconds: from the words to the answer.
    """

    number: int
    milliseconds: int
    input_tokens: int
    output_tokens: int


@dataclass(slots=True)
class CallInfo:
    """A call, or a dialogue of the text host.

    Attributes:
        id: the LiveKit job's, or the dialogue's own.
        kind: `call` or `text`.
        release: the id of the release that is pinned for it.
        room: the LiveKit room.
        dispatch: the LiveKit dispatch that it came by.
        started: the moment, to be shown.
        began: the same by a clock that nobody sets, to measure how long it takes.
        peer: the process that holds it, once that has connected.
        answered: whether the conversation has begun.
        ending: why it has been told to end, or will be as soon as its process has connected.
        failure: why the last answer failed, for its owner alone.
        spoken: whether both speak in a dialogue.
        record: what is kept of it, as its agent said when it began.
        kept: whether what is said in it may be kept and sent: not before a caller who is asked
            has agreed.
        caller: the identity of who calls, where they have proved it.
        order: of a call that the agent makes: what was ordered.
        preview: the id of the preview that it began with.
        services: what they answered to its tools.
    """

    id: str
    agent: str
    kind: str
    release: str
    persona: str
    room: str | None = None
    dispatch: str | None = None
    started: datetime = field(default_factory=lambda: datetime.now(UTC))
    began: float = field(default_factory=time.monotonic)
    turns: int = 0
    variables: dict[str, Any] = field(default_factory=dict)
    events: EventLog = field(default_factory=EventLog)
    peer: Peer | None = None
    answered: bool = False
    ending: str | None = None
    reason: str | None = None
    ended: datetime | None = None
    failure: str | None = None
    spoken: bool = False
    record: Record | None = None
    kept: bool = True
    caller: str | None = None
    order: Order | None = None
    preview: str | None = None
    services: ServiceAnswers = field(default_factory=ServiceAnswers)

    @property
    def masking(self) -> Masking:
        """What masks what is kept, sent and logged of it."""
        return masking_of(self.record)

    def take(self, event: dict[str, Any]) -> None:
        """Note an event of the conversation."""
        self.events.add(event)
        turn = event.get("turn")
        if isinstance(turn, int):
            self.turns = max(self.turns, turn)
        persona = event.get("to") if event.get("type") == "handoff" else event.get("persona")
        if event.get("type") == "end" and self.reason is None:
            self.reason = str(event.get("reason"))
        if isinstance(persona, str) and persona:
            self.persona = persona

    def tell_end(self, reason: str = "shutdown") -> None:
        """Have its process end it now; the first reason stands."""
        self.ending = self.ending or reason
        if self.peer is not None:
            self.peer.send(End(self.id, self.ending))

    def info(self) -> SessionInfo:
        """The same as the HTTP front shows it."""
        return SessionInfo(
            self.id,
            self.agent,
            self.persona,
            self.kind,
            self.release,
            _moment(self.started),
            self.turns,
            self.room,
        )

    def detail(self) -> dict[str, Any]:
        """The same with all that is known of it."""
        info = self.info()
        return {
            **{name: getattr(info, name) for name in info.__slots__},
            "events": list(self.events),
            "variables": self.variables,
            "ended": _moment(self.ended) if self.ended else None,
            "reason": self.reason,
        }

    def close(self, reason: str) -> None:
        """It has ended: whoever hears its events is told, though its process could not say so."""
        self.reason, self.ended, self.peer = reason, datetime.now(UTC), None
        last = self.events.last
        if self.answered and (last is None or last.get("type") != "end"):
            self.events.add({"turn": self.turns, "type": "end", "reason": reason})
        self.events.close()


def _moment(when: datetime) -> str:
    return when.isoformat(timespec="seconds").replace("+00:00", "Z")


class Calls:
    """All that are on; begins them with a pin on the served release, and gives it back.

    Attributes:
        on_answer: told each one whose conversation begins.
        on_agree: told each one whose caller has agreed to be recorded, where they were asked.
        on_turn: told what each turn of a dialogue took.
        on_end: told each one that has ended.
        on_event: told each event of each, as `lkrun chat --format json` has it.
        on_failure: told why an answer in one has failed, and which part did.
        owners: whose rooms are whose.
    """

    def __init__(self, releases: Releases, log: Log) -> None:
        """Begin with none."""
        self._releases = releases
        self._log = log
        self._on: dict[str, CallInfo] = {}
        self._past: PastSessions[CallInfo] = PastSessions()
        self._ended = asyncio.Event()
        self.owners = RoomOwners()
        self.on_answer: list[Callable[[CallInfo], None]] = []
        self.on_agree: list[Callable[[CallInfo], None]] = []
        self.on_turn: list[Callable[[CallInfo, TurnFigures], None]] = []
        self.on_end: list[Callable[[CallInfo], None]] = []
        self.on_event: list[Callable[[CallInfo, dict[str, Any]], None]] = []
        self.on_failure: list[Callable[[CallInfo, str, str], None]] = []

    def begin(  # noqa: PLR0913 - what is known of it at its beginning, by name
        self,
        call_id: str,
        agent: str,
        kind: str,
        *,
        room: str | None = None,
        dispatch: str = "",
        caller: str | None = None,
        preview: Preview | None = None,
    ) -> CallInfo:
        """Begin one on the served release, or on a preview's; in a room it is its owner's call.

        Raises:
            KeyError: the release has no such agent, or the preview is over.
        """
        now = datetime.now().astimezone()
        shown = preview.release if preview is not None else self._releases.current.id
        known = self._releases.agent(shown, agent)
        if known is None:
            raise KeyError(agent)
        spec = known.agent
        release = self._releases.pin(call_id, shown)
        call = CallInfo(
            call_id, agent, kind, release, str(spec.answers_at(now)), room, dispatch or None,
            record=spec.record, kept=spec.record is None or spec.record.consent is None,
            caller=caller or (self.owners.of(room) if room is not None else None),
            preview=preview.id if preview is not None else None,
        )  # fmt: skip
        self._on[call_id] = call
        return call

    def take(self, call: CallInfo, event: dict[str, Any]) -> None:
        """Note what happened in one."""
        call.take(event)
        for listener in self.on_event:
            listener(call, event)

    def identify(self, call: CallInfo, identity: str) -> None:
        """Note who calls, where another runner has let them into a room of their own."""
        room = call.room or ""
        if call.caller is None and self.owners.proves(room, identity):
            call.caller = self.owners.claim(room, identity)

    def agree(self, call: CallInfo) -> None:
        """Note that the caller has agreed to be recorded."""
        if not call.kept:
            call.kept = True
            for listener in self.on_agree:
                listener(call)

    def failed(self, call: CallInfo, reason: str, part: str) -> None:
        """Note why an answer in one has failed, and which part did."""
        call.failure = reason
        for listener in self.on_failure:
            listener(call, reason, part)

    def get(self, call_id: str) -> CallInfo | None:
        """One that is on."""
        return self._on.get(call_id)

    def past(self, call_id: str, within: float = HOUR) -> CallInfo | None:
        """One that has ended no longer ago than so many seconds."""
        return self._past.get(call_id, within)

    def all(self, kind: str | None = None, agent: str | None = None) -> list[CallInfo]:
        """Those that are on, of one kind or agent or of any."""
        return [
            call
            for call in self._on.values()
            if kind in (None, call.kind) and agent in (None, call.agent)
        ]

    def answer(self, call: CallInfo) -> None:
        """Note that the conversation has begun."""
        if call.answered:
            return
        call.answered = True
        self._log.event(
            "session_started",
            f"{call.agent}: {call.kind} {call.id} has begun",
            session=call.id,
            agent=call.agent,
            kind=call.kind,
            release=call.release,
            room=call.masking.data(call.room),
        )
        for listener in self.on_answer:
            listener(call)

    def turned(self, call: CallInfo, turn: TurnFigures) -> None:
        """Note what a turn took."""
        for listener in self.on_turn:
            listener(call, turn)

    def end(self, call_id: str, reason: str) -> None:
        """Note that one has ended; one that is unknown has ended before."""
        call = self._on.pop(call_id, None)
        if call is None:
            return
        call.close(reason)
        self._releases.unpin(call.release, call_id)
        took = time.monotonic() - call.began
        crashed = reason in ("crashed", "error")
        if call.answered or crashed:
            self._log.event(
                "session_ended",
                f"{call.agent}: {call.kind} {call.id} has ended after {took:.0f} s: {reason}",
                level="warning" if crashed else "info",
                session=call.id,
                agent=call.agent,
                kind=call.kind,
                release=call.release,
                room=call.masking.data(call.room),
                reason=reason,
                turns=call.turns,
                duration=round(took, 3),
            )
        if call.answered:
            self._past.keep(call)
        self._ended.set()
        for listener in self.on_end:
            listener(call)

    async def none(self) -> None:
        """Return when no call is on; dialogues do not count."""
        while self.all("call"):
            self._ended.clear()
            await self._ended.wait()


def turn_budget(releases: Releases, call: CallInfo) -> float:
    """Seconds that a turn of a call may take."""
    agent = releases.agent(call.release, call.agent)
    limits = agent.agent.limits if agent is not None else None
    return (limits or Limits()).max_turn
