"""What is told of campaigns: frozen values between the database and who asks."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Final

LOADING, RUNNING, PAUSED = "loading", "running", "paused"
STOPPED, FINISHED = "stopped", "finished"
OVER: Final = (STOPPED, FINISHED)

WAITING, CALLING, DONE = "waiting", "calling", "done"

OPTED_OUT: Final = "opted_out"

LOST: Final = "lost"
"""The runner died in the middle of a call: nobody knows what came of it."""

REACHED: Final = frozenset({"person", "unsure", "menu"})
"""Who was talked with, as far as anybody can tell."""


@dataclass(frozen=True, slots=True)
class CampaignState:
    """A campaign as it stands."""

    name: str
    round: int
    agent: str
    state: str
    why: str
    started: float
    resumed: float
    changed: float


@dataclass(frozen=True, slots=True)
class NewContact:
    """Somebody to call, from the table."""

    number: str
    line: int
    zone: str
    columns: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Claimed:
    """A call that this runner, and nobody else, is to make.

    Attributes:
        attempt: which of the contact's, from 1.
    """

    campaign: str
    round: int
    number: str
    attempt: int
    zone: str
    columns: Mapping[str, str]
    began: float


@dataclass(frozen=True, slots=True)
class Limits:
    """What bounds the next calls.

    Attributes:
        at_once: calls at the same time, of all runners.
        attempts: calls to one contact.
        zones: where people may be called now.
        most: calls that this runner has room for.
        lease: seconds for which it is believed to live without a word.
    """

    at_once: int
    attempts: int
    zones: Collection[str]
    most: int
    lease: float


@dataclass(frozen=True, slots=True)
class Ended:
    """What came of an attempt.

    Attributes:
        again: when the contact may be called again; None: never.
    """

    outcome: str
    again: float | None
    words: str = ""
    answered_by: str = ""
    session: str = ""
