"""What a call of a campaign comes to, and whether its contact is called again."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Literal

from runner.records.campaigns import REACHED

if TYPE_CHECKING:
    from runner.serve.outgoing.outcome import Outcome

AGAIN: Final = frozenset({"no_answer", "busy", "mailbox", "failed", "lost"})
"""After these a contact is called once more, while there are attempts left."""

FAILED: Final = frozenset({"failed", "wrong_number"})
"""What `failed` of `stop_when` counts."""

OUTCOMES: Final = (
    "answered", "no_answer", "busy", "mailbox", "failed", "wrong_number", "opted_out", "lost",
    "skipped", "removed",
)  # fmt: skip
"""What may become of a contact."""

_OF: Final[dict[str, str]] = {
    "busy": "busy",
    "no_answer": "no_answer",
    "refused": "no_answer",
    "unreachable": "no_answer",
    "hung_up": "no_answer",
    "cancelled": "no_answer",
    "not_found": "wrong_number",
    "bad_number": "wrong_number",
    "no_number": "wrong_number",
    "network_failed": "failed",
    "forbidden": "failed",
}
"""Why nobody answered → the outcome of an attempt that was made."""

HOPELESS: Final = frozenset({"no_trunk", "no_money"})
"""Every further call would fail alike, so that the campaign is paused."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a call came to.

    Attributes:
        outcome: one of `OUTCOMES`; empty where nobody was dialled.
        pause: why no further call can be made either, for people.
    """

    outcome: str
    pause: str = ""


def verdict(outcome: Outcome) -> Verdict:
    """Read what came of a call."""
    if outcome.answered_by in REACHED:
        return Verdict("answered")
    if outcome.answered_by in ("mailbox", "full"):
        return Verdict("mailbox")
    if outcome.reason == "opted_out":
        return Verdict("opted_out")
    if outcome.reason in HOPELESS:
        return Verdict("", outcome.words or outcome.reason)
    return Verdict(_OF.get(outcome.reason, ""))


Undialled = Literal["later", "opted_out", "wrong_number", "pause"]

_REFUSED: Final[dict[str, Undialled]] = {
    "opted_out": "opted_out",
    "bad_number": "wrong_number",
    "no_trunk": "pause",
    "unknown_agent": "pause",
    "bad_request": "pause",
}
"""Why an order was not taken → what becomes of it; otherwise it is tried again later."""


def undialled(code: str) -> Undialled:
    """What becomes of an order that was not taken."""
    return _REFUSED.get(code, "later")
