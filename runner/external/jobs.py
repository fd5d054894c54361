"""A job of an external agent, and what may become of it."""

from __future__ import annotations

import hashlib
import hmac
import secrets
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Final, Literal

from runner.secret import Secret

Status = Literal[
    "requested", "accepted", "running", "success", "failed", "rejected", "cancelled"
]  # fmt: skip

OVER: Final = frozenset({"success", "failed", "rejected", "cancelled"})
"""What a job is at its end; it changes no more."""

_ORDER: Final = ("requested", "accepted", "running")


def _token() -> Secret[str]:
    return Secret(secrets.token_urlsafe(32))


def _digest(token: str) -> str:
    return hashlib.sha256(token.encode("utf-8", "replace")).hexdigest()


@dataclass(slots=True)
class Job:
    """One program, and one call that it is wanted for.

    Attributes:
        id: LiveKit's, with the name behind it where several programs have the same.
        agent: the name below `external_agents`.
        kind: `JT_ROOM` or `JT_PUBLISHER`.
        identity: who the program is in the room.
        attempts: how often it was asked.
        joined: when it was first seen in the room.
        status_token: by which it says how the job goes.
        token_digest: what is kept of that token.
        told_end: whether `agent.job.ended` was sent.
    """

    id: str
    agent: str
    kind: str
    room: str
    dispatch: str
    identity: str
    requested: datetime = field(default_factory=lambda: datetime.now(UTC))
    status: Status = "requested"
    error: str = ""
    message: str = ""
    attempts: int = 0
    accepted: bool = False
    joined: datetime | None = None
    ended: datetime | None = None
    status_token: Secret[str] = field(default_factory=_token, repr=False)
    told_end: bool = False
    token_digest: str = ""

    def __post_init__(self) -> None:
        """Know the token by its digest, unless it is that of a job that was kept."""
        self.token_digest = self.token_digest or _digest(self.status_token.reveal())

    @property
    def over(self) -> bool:
        """Whether it changes no more."""
        return self.status in OVER

    def is_own(self, sent: str) -> bool:
        """Whether a token is the one of this job, in a time that tells nothing."""
        return hmac.compare_digest(_digest(sent), self.token_digest)

    def advance(self, status: Status, error: str = "") -> bool:
        """Go on to a status; never back, and never on from an end.

        Returns:
            Whether it has changed.
        """
        if self.over or status == self.status:
            return False
        if status in _ORDER and _ORDER.index(status) < _ORDER.index(self.status):
            return False
        self.status, self.error = status, error or self.error
        self.accepted = self.accepted or status in ("accepted", "running")
        if self.over:
            self.ended = datetime.now(UTC)
        return True

    def again(self) -> None:
        """Begin again what has failed: somebody had it sent again."""
        self.status, self.error, self.ended, self.told_end = "requested", "", None, False
        self.accepted, self.joined = False, None
        self.status_token = _token()
        self.token_digest = _digest(self.status_token.reveal())

    def to_data(self) -> dict[str, Any]:
        """The same for people and programs; no token."""
        return {
            "id": self.id,
            "agent": self.agent,
            "job_type": self.kind,
            "room": self.room,
            "dispatch_id": self.dispatch,
            "participant_identity": self.identity,
            "status": self.status,
            "error": self.error or None,
            "message": self.message or None,
            "attempts": self.attempts,
            "requested": _moment(self.requested),
            "joined": _moment(self.joined),
            "ended": _moment(self.ended),
        }


def _moment(when: datetime | None) -> str | None:
    return None if when is None else when.isoformat(timespec="milliseconds").replace("+00:00", "Z")
