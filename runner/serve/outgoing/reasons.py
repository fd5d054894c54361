"""Why nobody answered, in words: SIP statuses, and what LiveKit refuses.

Follows RFC 3261, section 21, and https://docs.livekit.io/sip/outbound-calls/.
"""

from __future__ import annotations

from typing import Final

from runner.serve.outgoing.outcome import Dialled

WORDS: Final[dict[str, str]] = {
    "busy": "the line is busy",
    "no_answer": "nobody picked up in time",
    "refused": "the call was refused on the other side",
    "not_found": "there is no such number",
    "unreachable": "the telephone cannot be reached: it is off, or without a connection",
    "hung_up": "it was hung up while it rang",
    "opted_out": "the number is on the list of those who are never called",
    "no_list": "the list of those who are never called cannot be read, so nobody is called",
    "bad_number": "it is not a phone number",
    "no_number": "there is no number to call: 'dial: to' came out empty",
    "full": "as many calls as may be are in progress",
    "no_trunk": "there is no such trunk: look at phone.trunk, or LIVEKIT_SIP_OUTBOUND_TRUNK",
    "no_money": "the trunk's account has no money left, or has not paid",
    "forbidden": "the provider of the trunk does not allow this call: look at its user name and "
    "password, the number that calls (phone.from), and the countries that may be called",
    "network_failed": "the telephone network could not put the call through",
    "no_livekit": "LiveKit cannot be reached",
    "livekit_failed": "LiveKit could not do it",
    "cancelled": "the call was ended before anybody answered",
    "lost": "the runner that made the call was gone before its end: nobody knows what came of it",
    "not_taken": "no process took the call in time",
}
"""Reason → a sentence for people."""

RETRIED: Final = frozenset({"busy", "no_answer", "refused", "unreachable", "hung_up"})
"""Where another attempt at another time may find somebody."""

REACHED: Final = RETRIED | {"not_found", "network_failed"}
"""Where the telephone network was asked: `dial: on_no_answer` is done."""

_SIP: Final[dict[int, str]] = {
    401: "forbidden",
    402: "no_money",
    403: "forbidden",
    404: "not_found",
    407: "forbidden",
    408: "no_answer",
    410: "not_found",
    480: "unreachable",
    484: "not_found",
    485: "not_found",
    486: "busy",
    487: "hung_up",
    600: "busy",
    603: "refused",
    604: "not_found",
    606: "network_failed",
    607: "refused",
    608: "refused",
}

_TWIRP: Final[dict[str, str]] = {
    "deadline_exceeded": "no_answer",
    "not_found": "no_trunk",
    "permission_denied": "forbidden",
    "unauthenticated": "forbidden",
    "resource_exhausted": "full",
    "unavailable": "no_livekit",
}


def dialled(reason: str, more: str = "", sip: int | None = None) -> Dialled:
    """What came of it, with its sentence; `more` stands behind that."""
    words = WORDS.get(reason, "")
    return Dialled(reason, f"{words} ({more})" if more else words, sip)


def by_sip_status(status: int, phrase: str = "") -> Dialled:
    """What a SIP status of the telephone network means."""
    named = f"SIP status {status} {phrase}".strip()
    reason = _SIP.get(status) or ("refused" if status >= _GLOBAL else "network_failed")
    return dialled(reason, named, status)


_GLOBAL: Final = 600
"""From here on, a status says that nobody need try elsewhere."""


def by_twirp(code: str, message: str) -> Dialled:
    """What an answer of LiveKit's API means that names no SIP status."""
    reason = _TWIRP.get(code, "livekit_failed")
    return dialled(reason, message if reason != "no_answer" else "")
