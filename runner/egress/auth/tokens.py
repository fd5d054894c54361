"""Access tokens (RFC 6749): got once, kept, renewed before they expire, by one at a time."""

from __future__ import annotations

import asyncio
import base64
import json
import logging
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import quote_plus, urlencode

import httpx

from runner.egress.policy.retry import PASSING, retry_after
from runner.egress.request.headers import header_value
from runner.egress.trouble import CANNOT_ASK, RequestError, one_line
from runner.secret import NONE, Secret

_log = logging.getLogger("lkrun.egress")

Send = Callable[[httpx.Request], Awaitable[httpx.Response]]
"""Sends a request of a proof's own, checked and bounded like all others; its body is read."""

Hide = Callable[[Secret[str]], None]
"""Takes what nobody may see from now on."""

_EARLY: Final = 60.0
"""Seconds before its end in which a token is renewed; of a short-lived one the last tenth."""

_LONGEST: Final = 15.0
"""Seconds that one request for a token may take; who waits has their own time besides."""

_REASON: Final = 120
_OK: Final = 200


@dataclass(frozen=True, slots=True)
class Grant:
    """What a token is got for. Equal grants share one token."""

    token_url: Secret[str]
    client_id: Secret[str]
    client_secret: Secret[str]
    scopes: tuple[Secret[str], ...]
    audience: Secret[str]
    refresh_token: Secret[str]


@dataclass(slots=True)
class _Held:
    """What is held of one grant."""

    grant: Grant
    refresh_token: Secret[str]
    token: Secret[str] = NONE
    renew_at: float = 0.0
    secret_in_body: bool = False
    renewing: asyncio.Task[None] | None = None


class Tokens:
    """The access tokens of a process. Belongs to one event loop."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        """Begin with none; `clock` gives seconds that only grow."""
        self._clock = clock
        self._held: dict[Grant, _Held] = {}

    async def of(
        self, grant: Grant, send: Send, hide: Callable[[Secret[str]], None]
    ) -> tuple[Secret[str], bool]:
        """Give a token that is good now, and whether it is new.

        Args:
            grant: what it is got for.
            send: sends the request for it, where there is none yet.
            hide: takes what nobody may see from now on.

        Raises:
            RequestError: there is none to be had.
        """
        held = self._held.setdefault(grant, _Held(grant, grant.refresh_token))
        is_new = not held.token or self._clock() >= held.renew_at
        if is_new:
            await self._renew(held, send)
        hide(held.token)
        if held.refresh_token:
            hide(held.refresh_token)
        return held.token, is_new

    def refused(self, grant: Grant, token: Secret[str]) -> None:
        """Forget a token that the service does not take any more."""
        held = self._held.get(grant)
        if held is not None and held.token == token:
            held.token = NONE

    async def aclose(self) -> None:
        """End what is still asked."""
        tasks = [each.renewing for each in self._held.values() if each.renewing is not None]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def _renew(self, held: _Held, send: Send) -> None:
        """Wait for the one request for a token; it goes on when who began it is gone.

        A grant may give a new refresh token each time: one that nobody waits for any more must not
        be lost.
        """
        if held.renewing is None or held.renewing.done():
            held.renewing = asyncio.create_task(self._ask(held, send))
            held.renewing.add_done_callback(_seen)
        await asyncio.shield(held.renewing)

    async def _ask(self, held: _Held, send: Send) -> None:
        try:
            async with asyncio.timeout(_LONGEST):
                response = await send(_request(held))
                if _wants_the_secret_in_the_body(held, response):
                    held.secret_in_body = True
                    response = await send(_request(held))
        except TimeoutError:
            raise RequestError(
                f"no access token: {_server(held)} did not answer within {_LONGEST:g}s", CANNOT_ASK,
                passing=True,
            ) from None  # fmt: skip
        answer = _answer(held, response)
        held.token = _token(held, answer)
        held.renew_at = self._clock() + _good_for(answer)
        new = answer.get("refresh_token")
        if (
            held.refresh_token
            and isinstance(new, str)
            and new
            and Secret(new) != held.refresh_token
        ):
            held.refresh_token = Secret(new)
            _log.warning(
                "%s gave a new refresh token in place of the one in the secret; lkrun keeps it "
                "until it ends, and then the old one may be refused", _server(held),
            )  # fmt: skip


def _seen(task: asyncio.Task[None]) -> None:
    """Look at how it ended, so that nobody complains where nobody waits any more."""
    if not task.cancelled():
        task.exception()


def _server(held: _Held) -> str:
    return httpx.URL(held.grant.token_url.reveal()).host


def _request(held: _Held) -> httpx.Request:
    grant = held.grant
    form = {"grant_type": "client_credentials"}
    if held.refresh_token:
        form = {"grant_type": "refresh_token", "refresh_token": held.refresh_token.reveal()}
    form |= {"scope": " ".join(scope.reveal() for scope in grant.scopes)} if grant.scopes else {}
    form |= {"audience": grant.audience.reveal()} if grant.audience else {}
    headers = {"Accept": "application/json", "User-Agent": "lkrun"}
    if not grant.client_secret:
        form["client_id"] = grant.client_id.reveal()
    elif held.secret_in_body:
        form |= {"client_id": grant.client_id.reveal()}
        form |= {"client_secret": grant.client_secret.reveal()}
    else:  # RFC 6749, section 2.3.1
        both = (grant.client_id, grant.client_secret)
        pair = ":".join(quote_plus(each.reveal()) for each in both)
        headers["Authorization"] = f"Basic {base64.b64encode(pair.encode()).decode()}"
    headers["Content-Type"] = "application/x-www-form-urlencoded"
    return httpx.Request(
        "POST", grant.token_url.reveal(), headers=headers, content=urlencode(form).encode()
    )


def _wants_the_secret_in_the_body(held: _Held, response: httpx.Response) -> bool:
    """Whether the server does not know the header that all must know (section 2.3.1)."""
    if held.secret_in_body or not held.grant.client_secret or response.status_code == _OK:
        return False
    return _json(response).get("error") in ("invalid_client", "invalid_request")


def _json(response: httpx.Response) -> dict[str, Any]:
    try:
        data = json.loads(response.content)
    except (ValueError, RecursionError):
        return {}
    return data if isinstance(data, dict) else {}


def _answer(held: _Held, response: httpx.Response) -> dict[str, Any]:
    answer = _json(response)
    if response.status_code == _OK and answer.get("access_token"):
        return answer
    status = response.status_code
    said = [answer.get(name) for name in ("error", "error_description")]
    reason = one_line(": ".join(each for each in said if isinstance(each, str)), _REASON)
    if status == _OK:
        reason = "there is no access_token in its answer"
    elif answer.get("error") == "invalid_grant" and held.refresh_token:
        reason = "the refresh token is not valid any more: get a new one with lkrun auth"
    header = response.headers.get("retry-after", "")
    raise RequestError(
        f"no access token: {_server(held)} answered {status}{f': {reason}' if reason else ''}",
        CANNOT_ASK,
        passing=status in PASSING,
        retry_after=retry_after(header, time.time()),
    )


def _token(held: _Held, answer: dict[str, Any]) -> Secret[str]:
    kind = answer.get("token_type", "bearer")
    if str(kind).casefold() != "bearer":
        raise RequestError(
            f"no access token: {_server(held)} gives tokens of type "
            f"'{one_line(str(kind), 40)}', and only bearer is known"
        )
    return Secret(header_value(str(answer["access_token"]), "the access token"))


def _good_for(answer: dict[str, Any]) -> float:
    """Seconds until it is renewed; a token of unknown length is good until it is refused."""
    try:
        lifetime = float(answer["expires_in"])
    except (KeyError, TypeError, ValueError):
        return float("inf")
    return max(0.0, lifetime - min(_EARLY, lifetime / 10))
