"""The keys that a login provider signs with (JSON Web Key Set, RFC 7517), kept and fetched anew."""

from __future__ import annotations

import asyncio
import json
import logging
import math
import time
from collections.abc import Awaitable, Callable, Mapping
from typing import Any, Final

from runner.front.problems import HttpProblem

LARGEST: Final = 64 * 1024
"""Bytes of a key set."""

SECONDS: Final = 5.0
"""Seconds in which a provider must have given its keys."""

PAUSE: Final = 30.0
"""Seconds between two requests for them, whoever asks."""

FRESH: Final = 3600.0
"""Seconds for which keys are taken as they are; later they are fetched while they are used."""

STALE: Final = 24 * 3600.0
"""Seconds after which keys that could not be fetched anew are none."""

Fetch = Callable[[str, float], Awaitable[bytes]]
"""Reads an address within so many seconds; whatever it raises, there was no answer."""

Key = Mapping[str, Any]

_log = logging.getLogger("lkrun.front")


class SigningKeys:
    """The keys of one provider; who waits for them costs nobody else anything."""

    def __init__(self, url: str, fetch: Fetch, clock: Callable[[], float] = time.monotonic) -> None:
        """Take where they are, and who fetches them; nothing is asked yet."""
        self.url = url
        self._fetch = fetch
        self._clock = clock
        self._keys: list[Key] = []
        self._since = -math.inf
        self._asked = -math.inf
        self._failed = False
        self._fetching: asyncio.Task[None] | None = None

    async def find(self, kid: str | None, fits: Callable[[Key], bool]) -> Key:
        """The key of a name, or the only one that fits where a token names none.

        Raises:
            HttpProblem: there is none, or more than one (401); there are no keys at all (503).
        """
        found = self._matching(kid, fits)
        if not found or self._clock() - self._since > FRESH:
            self._ask()
        if self._fetching is not None and (not found or self._clock() - self._since > STALE):
            await asyncio.wait({self._fetching})
        found = self._matching(kid, fits)
        usable = self._clock() - self._since <= STALE
        if not usable or (not found and self._failed):
            raise self._away()
        if len(found) != 1:
            raise _none(kid, found)
        return found[0]

    async def close(self) -> None:
        """Stop fetching."""
        if self._fetching is not None:
            self._fetching.cancel()
            await asyncio.wait({self._fetching})

    def _matching(self, kid: str | None, fits: Callable[[Key], bool]) -> list[Key]:
        return [key for key in self._keys if fits(key) and kid in (None, key.get("kid"))]

    def _ask(self) -> None:
        now = self._clock()
        if self._fetching is None and now - self._asked >= PAUSE:
            self._asked = now
            self._fetching = asyncio.get_running_loop().create_task(self._renew())

    async def _renew(self) -> None:
        try:
            async with asyncio.timeout(SECONDS):
                keys = keys_of(await self._fetch(self.url, SECONDS))
        except Exception as error:  # noqa: BLE001 - whatever a server does, its keys are not there
            self._failed = True
            why = "it does not answer" if isinstance(error, TimeoutError) else str(error)[:300]
            _log.warning("the keys of the login provider could not be fetched: %s", why)
        else:
            self._keys, self._since, self._failed = keys, self._clock(), False
        finally:
            self._fetching = None

    def _away(self) -> HttpProblem:
        wait = max(1, math.ceil(self._asked + PAUSE - self._clock()))
        message = "the login provider's keys cannot be fetched, so no ID token can be looked at"
        hint = f"try again in {wait} seconds; the runner's log says why"
        return HttpProblem(503, "login_unavailable", message, hint, {"Retry-After": str(wait)})


def keys_of(raw: bytes) -> list[Key]:
    """The keys of a set that may sign.

    Raises:
        ValueError: it is none; the text is for the runner's owner.
    """
    if len(raw) > LARGEST:
        raise ValueError(f"what stands there is longer than {LARGEST // 1024} KB")
    try:
        document = json.loads(raw)
    except (ValueError, RecursionError):
        raise ValueError("what stands there is not JSON") from None
    keys = document.get("keys") if isinstance(document, dict) else None
    if not isinstance(keys, list):
        why = "what stands there is no set of keys: it has no list 'keys'"
        raise ValueError(why)  # noqa: TRY004 - what a server sends has no type of ours
    return [key for key in keys if isinstance(key, dict) and key.get("use") in (None, "sig")]


def _none(kid: str | None, found: list[Key]) -> HttpProblem:
    if not found:
        message = "this ID token is signed with a key that the login provider does not have"
        return refused(message, "sign in again with the login provider of runner.http.jwt")
    if kid is None:
        message = "this ID token does not say which key it is signed with, and there are several"
        return refused(message, "the login provider must send 'kid' in the token's header")
    message = "the login provider has two keys of the name that this ID token says"
    return refused(message, "the login provider must give each of its keys a 'kid' of its own")


def refused(message: str, help: str) -> HttpProblem:  # noqa: A002 - the word of the API
    """What somebody is told whose ID token is none."""
    return HttpProblem(401, "unauthorized", message, help, {"WWW-Authenticate": "Bearer"})
