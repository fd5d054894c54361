"""Signed messages of services (Standard Webhooks 1.0.0, https://www.standardwebhooks.com)."""

from __future__ import annotations

import base64
import hashlib
import hmac
import time
from collections import OrderedDict
from collections.abc import Callable
from typing import Final

from aiohttp import web

from runner.front.problems import HttpProblem
from runner.secret import Secret

ID: Final = "webhook-id"
MOMENT: Final = "webhook-timestamp"
SIGNATURE: Final = "webhook-signature"

PREFIX: Final = "whsec_"
SHORTEST: Final = 24
"""Bytes of a key."""

OLDEST: Final = 300
"""Seconds by which a signed moment may differ from now."""

REMEMBERED: Final = 600.0
"""Seconds in which a message of the same id is the same."""

MOST: Final = 50_000
"""Ids that are remembered."""

_LONGEST: Final = {ID: 256, MOMENT: 20, SIGNATURE: 4096}
_KEY: Final = web.RequestKey("lkrun.webhook", Secret)


def key_of(secret: str) -> bytes | None:
    """The key that a secret stands for; None where it is none of Standard Webhooks."""
    try:
        key = base64.b64decode(secret.strip().removeprefix(PREFIX), validate=True)
    except ValueError:
        return None
    return key if len(key) >= SHORTEST else None


def usable(secret: Secret[str]) -> bool:
    """Whether anything can be signed with a secret."""
    return key_of(secret.reveal()) is not None


def is_signed(request: web.Request, secret: Secret[str] | None) -> bool:
    """Whether a request wants to prove itself by a signature; `check` says whether it does."""
    if secret is None or SIGNATURE not in request.headers:
        return False
    request[_KEY] = secret
    return True


def check(request: web.Request, body: bytes) -> None:
    """Let a request on that is not signed, or by the right secret.

    Raises:
        HttpProblem: its signature is not the runner's (401), or too old.
    """
    secret = request.get(_KEY)
    if secret is None:
        return
    name, moment, signatures = (_header(request, each) for each in (ID, MOMENT, SIGNATURE))
    if not (moment.isascii() and moment.isdigit()):
        raise _refused(f"'{MOMENT}' is not a moment", "send seconds since 1970")
    signed_at, now = int(moment), time.time()
    if not signed_at - OLDEST <= now <= signed_at + OLDEST:
        hint = "send it anew with the moment of now; check the clocks of both machines"
        raise _refused("the signature is more than five minutes from now", hint)
    key = key_of(secret.reveal())
    signed = f"{name}.{moment}.".encode() + body
    digest = hmac.digest(key or b"", signed, hashlib.sha256)
    right = f"v1,{base64.b64encode(digest).decode()}".encode()
    same = [hmac.compare_digest(right, each.encode()) for each in signatures.split(" ")]
    if key is None or not any(same):
        hint = "sign the body as it is sent, with the secret of runner.http.webhook_secret"
        raise _refused("the signature is not that of this runner's secret", hint)


def _header(request: web.Request, name: str) -> str:
    sent = request.headers.getall(name, [])
    if len(sent) != 1 or not 0 < len(sent[0]) <= _LONGEST[name] or not sent[0].isprintable():
        message = f"a signed message has one header '{name}', and this one does not"
        raise _refused(message, f"send {ID}, {MOMENT} and {SIGNATURE}")
    return sent[0]


def _refused(message: str, hint: str) -> HttpProblem:
    return HttpProblem(401, "unauthorized", message, hint, {"WWW-Authenticate": "Bearer"})


class Deliveries:
    """Messages that have come, by their id: each counts once.

    Args:
        clock: seconds that only grow.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        """None has come."""
        self._clock = clock
        self._known: OrderedDict[str, tuple[float, str]] = OrderedDict()

    def take(self, name: str) -> str | None:
        """Note a message; where the same has come before, what it was answered by now."""
        now = self._clock()
        while self._known and next(iter(self._known.values()))[0] < now - REMEMBERED:
            self._known.popitem(last=False)
        if name in self._known:
            return self._known[name][1]
        self._known[name] = (now, "")
        if len(self._known) > MOST:
            self._known.popitem(last=False)
        return None

    def answered(self, name: str, answer: str) -> None:
        """Note what it was answered."""
        if name in self._known:
            self._known[name] = (self._known[name][0], answer)

    def refused(self, name: str) -> None:
        """It was not taken: it may come again."""
        self._known.pop(name, None)
