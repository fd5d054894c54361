"""Who rings people up for a call, and passes callers on: the main process, by LiveKit."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final, Protocol

ANSWERED: Final = "answered"


@dataclass(frozen=True, slots=True)
class Reached:
    """What came of it.

    Attributes:
        reason: `answered`, or why not: `busy`, `no_answer`, ….
        words: the same for the log.
        sip: the status that the telephone network gave.
    """

    reason: str = ANSWERED
    words: str = ""
    sip: int | None = None

    @property
    def answered(self) -> bool:
        """Whether somebody is there."""
        return self.reason == ANSWERED


@dataclass(frozen=True, slots=True)
class PassOn:
    """A caller by telephone is passed on; the agent is gone then.

    Attributes:
        to: a number as the whole world dials it, or a SIP address.
        identity: of the caller, in the room of the call.
        seconds: so long it rings.
        headers: SIP headers that go with it.
    """

    to: str
    identity: str
    seconds: float
    headers: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class RingUp:
    """A person is called into a room.

    Attributes:
        to: a number as the whole world dials it, or a SIP address.
        room: where they will be.
        identity: theirs in it.
        seconds: so long it rings.
        trunk: by which it goes out; without it the agent's, or the runner's.
        caller_id: the number that they see; without it the agent's, or the trunk's.
        keys: pressed once it is answered.
        headers: SIP headers that go with it.
    """

    to: str
    room: str
    identity: str
    seconds: float
    trunk: str | None = None
    caller_id: str | None = None
    keys: str = ""
    headers: Mapping[str, str] = field(default_factory=dict)


class TransferLine(Protocol):
    """Who does it."""

    async def pass_on(self, wish: PassOn) -> Reached:
        """Pass the caller on; what came of it."""

    async def ring_up(self, wish: RingUp) -> Reached:
        """Call a person into a room; what came of it."""


Rehearsed = Callable[[str, Mapping[str, Any]], Awaitable[Reached]]
"""Says what comes of a transfer where there is no telephone: tool (or nothing), and what the
transfer goes by. A test does."""
