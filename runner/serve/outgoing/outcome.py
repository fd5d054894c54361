"""A call that an agent makes, and what comes of it."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final, Literal, get_args

if TYPE_CHECKING:
    from runner.front.calls_port import Order

State = Literal["queued", "dialing", "ringing", "answered", "ended"]

AnsweredBy = Literal["person", "mailbox", "menu", "full", "unsure", "nobody"]

STATES: Final[tuple[str, ...]] = get_args(State)

NOBODY: Final = "nobody"


@dataclass(frozen=True, slots=True)
class Dialled:
    """What came of dialling a number.

    Attributes:
        reason: `answered`; or why nobody is there: see `runner.serve.outgoing.reasons`.
        words: the same as a sentence for people; empty where somebody answered.
        sip: the status that the telephone network gave.
    """

    reason: str
    words: str = ""
    sip: int | None = None

    @property
    def answered(self) -> bool:
        """Whether somebody, or something, picked up."""
        return self.reason == "answered"


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of a call, once it is over.

    Attributes:
        answered_by: who picked up: `person mailbox menu full unsure nobody`.
        reason: how it ended: of one that was answered as `call.ended_by` has it (`end_call`,
            `caller_left`, …); else why nobody answered (`busy`, `no_answer`, `opted_out`, …).
        words: the same as a sentence where nobody answered.
        session: the id of the session, for the records; None where it came to none.
        sip: the status that the telephone network gave, where it gave one.
    """

    answered_by: str
    reason: str
    words: str = ""
    session: str | None = None
    sip: int | None = None


@dataclass(slots=True, eq=False)
class OutgoingCall:
    """One call, from the order to its end.

    Attributes:
        id: its own; that of its session is `session`, once that has begun.
        order: what was asked for.
        number: whom it calls, once that is known.
    """

    id: str
    order: Order
    number: str | None = None
    state: State = "queued"
    session: str | None = None
    answered_by: str | None = None
    dialled: Dialled | None = None
    outcome: Outcome | None = None
    began: datetime = field(default_factory=lambda: datetime.now(UTC))
    ended: datetime | None = None
    _over: asyncio.Event = field(default_factory=asyncio.Event)

    async def over(self) -> Outcome:
        """Wait for its end: what came of it."""
        await self._over.wait()
        assert self.outcome is not None  # noqa: S101 - `end` sets it first
        return self.outcome

    def advance(self, state: State) -> None:
        """It has come so far; it never goes back."""
        if STATES.index(state) > STATES.index(self.state):
            self.state = state

    def end(self, reason: str, words: str = "") -> None:
        """It is over; the first end stands."""
        if self.outcome is not None:
            return
        dialled = self.dialled
        if dialled is not None and not dialled.answered:
            reason, words = dialled.reason, dialled.words
        by = self.answered_by or ("unsure" if dialled and dialled.answered else NOBODY)
        self.outcome = Outcome(by, reason, words, self.session, dialled.sip if dialled else None)
        self.answered_by, self.state = by, "ended"
        self.ended = datetime.now(UTC)
        self._over.set()

    def ended_before(self, outcome: Outcome, when: float) -> None:
        """It was over before this runner knew of it; `when` is in seconds since 1970."""
        self.outcome, self.state = outcome, "ended"
        self.answered_by, self.session = outcome.answered_by, outcome.session
        self.ended = datetime.fromtimestamp(when, UTC)
        self._over.set()

    def to_data(self) -> dict[str, Any]:
        """As `GET /v1/calls/{id}` shows it."""
        outcome = self.outcome
        return {
            "id": self.id,
            "agent": self.order.agent,
            "to": self.number,
            "state": self.state,
            "answered_by": self.answered_by,
            "reason": outcome.reason if outcome else None,
            "message": (outcome.words or None) if outcome else None,
            "sip_status": outcome.sip if outcome else None,
            "session_id": self.session,
            "began": _moment(self.began),
            "ended": _moment(self.ended) if self.ended else None,
        }


def _moment(when: datetime) -> str:
    return when.isoformat(timespec="seconds").replace("+00:00", "Z")
