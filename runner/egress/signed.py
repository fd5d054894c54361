"""Signed posts: to programs that answer at once, whose secrets may be changed while they serve."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import time
from collections.abc import Generator, Mapping
from dataclasses import dataclass, field, replace
from typing import Final

import httpx

from runner import __version__
from runner.egress.auth.seam import Authentication
from runner.egress.exchange import Answer
from runner.egress.hiding import Hiding
from runner.egress.policy.limits import Limits
from runner.egress.policy.turns import Turns
from runner.egress.request.compose import Outgoing
from runner.egress.request.texts import Texts
from runner.egress.secrets import Ledger, Secrets
from runner.egress.sending import Means, Sending
from runner.egress.trouble import RequestError
from runner.schema.external_agents import PREFIX, secret_problem
from runner.schema.http import Request
from runner.schema.types.texts import Sent
from runner.schema.types.urls import RequestUrl
from runner.secret import Secret

LARGEST_REPLY: Final = 64 * 1024
"""Bytes of an answer that are read."""

_AT_ONCE: Final = 100_000

_SPARE: Final = 1.0
"""Seconds more than one attempt has: it is told by its own time when it is late."""


@dataclass(frozen=True, slots=True)
class SignedPost:
    """What is posted, and how it proves whose it is.

    Attributes:
        url, secrets, headers: as the author wrote them.
        content: the body, JSON: the very bytes that are signed.
        message: its id, the same over all attempts.
        style: `standard`, `livekit` or `both`.
        seconds: in which it must be answered.
        hidden: what of the body nobody may see, whoever sends it back.
        trace: the trace that it belongs to (https://www.w3.org/TR/trace-context/); or nothing.
    """

    url: str
    secrets: tuple[str, ...]
    headers: Mapping[str, str]
    content: bytes
    message: str
    style: str = "standard"
    seconds: float = 10.0
    hidden: tuple[Secret[str], ...] = field(default=(), repr=False)
    trace: str = ""


class ManySignatures(Authentication):
    """Signs with each of several secrets, so that a program may know any of them.

    `standard` follows Standard Webhooks 1.0.0: a list of signatures, separated by spaces. `livekit`
    is a hash of the body alone in hex, by the first secret as it is written.

    Raises:
        RequestError: a secret is not of the right form; its value is not told.
    """

    def __init__(self, secrets: tuple[Secret[str], ...], message: str, style: str) -> None:
        for secret in secrets:
            problem = secret_problem(secret.reveal())
            if problem is not None:
                raise RequestError(problem)
        self.hidden = secrets
        self._message, self._style = message, style

    def auth_flow(self, request: httpx.Request) -> Generator[httpx.Request, httpx.Response, None]:
        """Add the headers."""
        now = str(int(time.time()))
        if self._style != "livekit":
            signed = f"{self._message}.{now}.".encode() + request.content
            signatures = (_signature(secret, signed) for secret in self.hidden)
            request.headers["webhook-signature"] = " ".join(signatures)
            request.headers["webhook-timestamp"] = now
        request.headers["webhook-id"] = self._message
        if self._style != "standard":
            first = self.hidden[0].map(lambda text: text.strip().encode())
            digest = hmac.digest(first.reveal(), request.content, hashlib.sha256)
            request.headers["X-LiveKit-Signature"] = digest.hex()
            request.headers["X-LiveKit-Timestamp"] = now
        yield request


def _signature(secret: Secret[str], signed: bytes) -> str:
    held = base64.b64decode(secret.reveal().strip().removeprefix(PREFIX), validate=True)
    return f"v1,{base64.b64encode(hmac.digest(held, signed, hashlib.sha256)).decode()}"


@dataclass(slots=True, kw_only=True)
class _Signing(Sending):
    """One such post on its way."""

    secrets: tuple[str, ...]
    style: str

    def prepared(self) -> tuple[Outgoing, Authentication | None]:
        """The request, and its signatures.

        Raises:
            RequestError: a secret is missing, or not of the right form.
        """
        secrets = tuple(self._secret(text) for text in self.secrets)
        proof = ManySignatures(secrets, self.message, self.style)
        outgoing = self.composed()
        self.hiding.add((*outgoing.hidden, *secrets))
        return outgoing, proof

    def _secret(self, text: str) -> Secret[str]:
        return self.texts.proof(text)


async def post_signed(
    post: SignedPost, secrets: Secrets, means: Means, env: Mapping[str, str]
) -> tuple[int, bytes]:
    """Post once.

    Returns:
        The status, one of 2xx, and the body.

    Raises:
        RequestError: there was no such answer; no secret stands in its words.
    """
    hiding, texts = Hiding(secrets), Texts({"env": env}, Ledger(secrets))
    for value in post.hidden:
        hiding.learn(value)
    headers = {name: Sent(text) for name, text in post.headers.items()}
    if not any(name.casefold() == "user-agent" for name in headers):
        headers["User-Agent"] = Sent(f"lkrun/{__version__}")
    sending = _Signing(
        _spec("POST", post.url, post.seconds, headers), None, texts, hiding, _unbounded(means),
        content=post.content, message=post.message, secrets=post.secrets, style=post.style,
        trace=post.trace,
    )  # fmt: skip
    answer = await _answer(sending)
    return answer.response.status_code, answer.body


async def probe(
    url: str, seconds: float, secrets: Secrets, means: Means, env: Mapping[str, str]
) -> bytes:
    """Ask an address whether it works; gives what it answers.

    Raises:
        RequestError: it does not.
    """
    texts = Texts({"env": env}, Ledger(secrets))
    spec = _spec("GET", url, seconds, {})
    return (await _answer(Sending(spec, None, texts, Hiding(secrets), _unbounded(means)))).body


def _spec(method: str, url: str, seconds: float, headers: Mapping[str, Sent]) -> Request:
    return Request.model_construct(
        url=RequestUrl(url), method=method, timeout=seconds, budget=seconds + _SPARE,
        headers=dict(headers), private_network=True, max_response=LARGEST_REPLY,
    )  # fmt: skip


def _unbounded(means: Means) -> Means:
    """The same, without turns: callers wait, and a program says itself when it is full."""
    return replace(means, limits=lambda _server: Limits(Turns(_AT_ONCE)))


async def _answer(sending: Sending) -> Answer:
    try:
        return await sending.answer()
    except RequestError as trouble:
        sending.hiding.renew()
        trouble.hide(sending.mask)
        raise


def body_of(data: Mapping[str, object]) -> bytes:
    """A body as it is signed and sent."""
    return json.dumps(data, ensure_ascii=False, separators=(",", ":"), default=str).encode()
