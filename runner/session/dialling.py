"""How a conversation has a number dialled: what it asks of whoever has a telephone."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal, Protocol

AnsweredBy = Literal["person", "mailbox", "menu", "full", "unsure", "nobody"]

ANSWERED: Final = "answered"


@dataclass(frozen=True, slots=True)
class NumberToDial:
    """What is dialled.

    Attributes:
        to: the number, as it was given.
        ring_for: seconds.
        trunk: by which it goes out; the usual one without it.
        caller_id: the number that is seen; the trunk's own without it.
        keys: pressed once it is answered.
    """

    to: str
    ring_for: float = 30.0
    trunk: str | None = None
    caller_id: str | None = None
    keys: str = ""


@dataclass(frozen=True, slots=True)
class DialResult:
    """What came of it.

    Attributes:
        reason: `answered`, or why nobody is there: `busy`, `no_answer`, `opted_out`, ….
        words: the same as a sentence.
        reached: whether the telephone network was asked.
    """

    reason: str = ANSWERED
    words: str = ""
    reached: bool = True

    @property
    def answered(self) -> bool:
        """Whether somebody, or something, picked up."""
        return self.reason == ANSWERED


class Telephone(Protocol):
    """Who has one.

    Attributes:
        to: the number that was ordered, which wins over the agent's own; None: that one.
        identity: of who answers, in the room of the call.
        pretended: who answers where there is no telephone; None: there is one.
    """

    to: str | None
    identity: str
    pretended: AnsweredBy | None

    async def dial(self, number: NumberToDial) -> DialResult:
        """Ring, and return when somebody has answered or nobody will."""
        ...

    def found(self, by: AnsweredBy) -> None:
        """Take note of who has answered."""
        ...


class NoTelephone:
    """Where there is none: in chat, on the page, in tests. Somebody answers at once."""

    def __init__(self, answered_by: AnsweredBy = "person", to: str | None = None) -> None:
        """Take who answers; `nobody` lets it ring in vain."""
        self.pretended: AnsweredBy | None = answered_by
        self.to, self.identity = to, ""

    async def dial(self, number: NumberToDial) -> DialResult:
        """Pretend to."""
        if self.pretended != "nobody":
            return DialResult()
        return DialResult("no_answer", f"nobody picked up within {number.ring_for:g}s")

    def found(self, by: AnsweredBy) -> None:
        """Nobody wants to know."""
