"""A request on its way: composed, proven, sent within its budget, its answer read or left open."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Final

import httpx

from runner.egress.auth.seam import AuthContext, Authentication, authentication
from runner.egress.auth.tokens import Tokens
from runner.egress.exchange import Answer, Exchange, server_of
from runner.egress.files import ReadFile, content
from runner.egress.hiding import Hiding
from runner.egress.mask import Mask
from runner.egress.network.phases import Stopwatch
from runner.egress.network.tls import OwnTls, own_context
from runner.egress.network.wire import OWN, ROUTE, Route
from runner.egress.policy.budget import Budget
from runner.egress.policy.limits import Limits
from runner.egress.policy.retry import Retry
from runner.egress.port import Attempt
from runner.egress.request.compose import Outgoing, compose
from runner.egress.request.headers import QuietRequest
from runner.egress.request.redirect import follow
from runner.egress.request.texts import Texts
from runner.egress.response.incoming import receive
from runner.egress.trouble import UNUSABLE, RequestError, one_line
from runner.schema.http import Request
from runner.schema.services import Service
from runner.secret import Secret

_OWN_REQUEST: Final = 256 * 1024
"""Bytes of the answer to a request of a proof's own."""


@dataclass(frozen=True, slots=True)
class Means:
    """What all calls of a process share.

    Attributes:
        wire: sends.
        limits: server → what a request has to pass before.
        tokens: access tokens.
        files: reads files of the folder.
        timed: whether the time of each part of a request is taken.
    """

    wire: httpx.AsyncBaseTransport
    limits: Callable[[str], Limits]
    tokens: Tokens
    files: ReadFile
    timed: bool = False


@dataclass(slots=True)
class Sending:
    """One request on its way.

    Attributes:
        spec: the author's block, with what its service says.
        service: what it asks, where that has a name.
        texts: renders what is sent.
        hiding: what nobody may see.
        attempts: the requests that were sent.
        own_tls: whom its connections trust and what they show, where that is not the usual.
        streamed: whether the body of a good answer is left to be read by who asked.
        last: the exchange that was answered.
        message: names the request over all its attempts, those of another day too; or nothing.
        trace: the trace that it belongs to; or nothing.
        content: what is sent as JSON instead of a body of the block.
    """

    spec: Request
    service: Service | None
    texts: Texts
    hiding: Hiding
    means: Means
    attempts: list[Attempt] = field(default_factory=list)
    own_tls: ssl.SSLContext | None = None
    streamed: bool = False
    last: Exchange | None = None
    message: str = ""
    trace: str = ""
    content: bytes | None = None

    @property
    def mask(self) -> Mask:
        """What nobody may see."""
        return self.hiding.mask

    async def answer(self) -> Answer:
        """Send it, as often as its author allows.

        Raises:
            RequestError: it did not succeed.
        """
        spec, budget = self.spec, Budget(self.spec.longest)
        outgoing, proof = self.prepared()
        retries = spec.retries if spec.repeatable else 0
        attempt = partial(self._attempt, outgoing, proof, budget)
        return await Retry(retries, budget).run(attempt)

    def prepared(self) -> tuple[Outgoing, Authentication | None]:
        """The request, ready to be sent, and what proves who sends it.

        Raises:
            RequestError: a value or a secret is missing, or cannot be sent.
        """
        auth = self.spec.auth
        proof = authentication(auth, self._for_proof()) if auth is not None else None
        outgoing = self.composed()
        self.own_tls = self._own_tls(proof)
        self.hiding.add((*outgoing.hidden, *(proof.hidden if proof else ())))
        return outgoing, proof

    def composed(self) -> Outgoing:
        """The request, ready to be sent.

        Raises:
            RequestError: it cannot be sent.
        """
        outgoing = compose(self.spec, self.texts, self._file, self.message, self.trace)
        if self.content is None:
            return outgoing
        plain = outgoing.request
        headers = [(n, v) for n, v in plain.headers.raw if n.lower() != b"content-length"]
        headers.append((b"Content-Type", b"application/json"))
        request = httpx.Request(plain.method, plain.url, headers=headers, content=self.content)
        return replace(outgoing, request=request)

    def _for_proof(self) -> AuthContext:
        tokens, hide = self.means.tokens, self.hiding.learn
        return AuthContext(
            self.texts.proof, self._own_request, tokens, hide, self._file, self.message
        )

    def _file(self, path: str) -> bytes:
        return content(self.means.files, path)

    def _own_tls(self, proof: Authentication | None) -> ssl.SSLContext | None:
        """Whom this service's connections trust, and what they show; None: the usual."""
        own = proof.tls if proof is not None else OwnTls()
        if self.service is not None and self.service.authority is not None and not own.authority:
            own = replace(own, authority=Secret(self._file(self.service.authority)))
        return own_context(own) if own else None

    async def _attempt(
        self, outgoing: Outgoing, proof: Authentication | None, budget: Budget
    ) -> Answer:
        """Send it once, and follow where it is sent on to."""
        timeout, server = self.spec.timeout, server_of(outgoing.request.url)

        async def send() -> Answer:
            seconds = budget.of(timeout)
            hops = _Hops(self, outgoing, proof, seconds)
            try:
                async with asyncio.timeout(seconds):
                    answer = await hops.run()
            except Exception as caught:  # noqa: BLE001 - each is put into words
                raise hops.exchange.trouble(caught) from None
            self.last = hops.exchange
            return answer

        return await self.means.limits(server).run(send, server, timeout, budget)

    def _trusted_for_tokens(self) -> ssl.SSLContext | None:
        """Whom a token's server is trusted by: the service's authority and the usual ones."""
        if self.service is None or self.service.authority is None:
            return None
        return own_context(OwnTls(Secret(self._file(self.service.authority)), usual=True))

    async def _own_request(self, request: httpx.Request) -> httpx.Response:
        """Send what a proof asks for itself: a token."""
        request.extensions[ROUTE] = Route(self.spec.private_network, self._trusted_for_tokens())
        request.extensions[OWN] = True
        exchange = Exchange(request, self.spec, self.mask, self.spec.longest)
        try:
            response = await self.means.wire.handle_async_request(request)
            try:
                body = await receive(response, _OWN_REQUEST)
            finally:
                await response.aclose()
        except Exception as caught:  # noqa: BLE001 - each is put into words
            trouble = exchange.trouble(caught)
            raise RequestError(
                f"no access token: {trouble.error}", trouble.for_model, passing=trouble.passing
            ) from None
        headers = [(n, v) for n, v in response.headers.raw if n.lower() != b"content-encoding"]
        return httpx.Response(response.status_code, headers=headers, content=body)


@dataclass(slots=True)
class _Hops:
    """The requests of one attempt: the tool's own, and those that redirects lead to.

    Attributes:
        exchange: the one that is on its way.
    """

    sending: Sending
    outgoing: Outgoing
    proof: Authentication | None
    seconds: float
    exchange: Exchange = field(init=False)

    def __post_init__(self) -> None:
        self.exchange = self._exchange(self.outgoing.request, at_home=True)

    async def run(self) -> Answer:
        """Send them, until one is answered.

        Raises:
            RequestError: the answer is a failure.
        """
        spec, first = self.sending.spec, self.outgoing.request
        at_home, shown = True, self.outgoing.shown
        for hop in range(spec.redirects + 1):
            plain = _copy(self.exchange.request) if spec.redirects else self.exchange.request
            answer = await self._proven(shown, at_home=at_home)
            if answer.trouble is not None:
                raise answer.trouble
            if not answer.redirects or not spec.redirects:
                return answer
            if hop == spec.redirects:
                break
            next_hop = follow(plain, answer.response, first.url, self.outgoing.guarded)
            at_home, shown = next_hop.at_home, str(next_hop.request.url)
            self.exchange = self._exchange(next_hop.request, at_home=at_home)
        where = one_line(self.sending.mask.text(answer.response.headers["location"]), 160)
        raise RequestError(
            f"it redirected {spec.redirects + 1} times, the last time to {where}, "
            f"and redirects: {spec.redirects} are followed",
            UNUSABLE,
            status=answer.response.status_code,
        )

    async def _proven(self, shown: str, *, at_home: bool) -> Answer:
        """Send one request with its proof, as often as that asks for."""
        if self.proof is None or not at_home:
            return await self._sent(shown)
        flow = self.proof.async_auth_flow(self.exchange.request)
        try:
            request = await anext(flow)
            while True:
                self.exchange.request = request
                answer = await self._sent(self.proof.shown(shown))
                try:
                    request = await flow.asend(answer.response)
                except StopAsyncIteration:
                    return answer
                await answer.response.aclose()
                self.exchange = self._exchange(request, at_home=at_home)
        finally:
            await flow.aclose()

    async def _sent(self, shown: str) -> Answer:
        """Send one request; what was sent is noted however it ends."""
        exchange, error = self.exchange, None
        exchange.mask = self.sending.mask
        try:
            answer = await exchange.over(self.sending.means.wire)
        except asyncio.CancelledError:
            error = exchange.late(TimeoutError()).error
            raise
        except Exception as caught:  # noqa: BLE001 - each is put into words
            trouble = exchange.trouble(caught)
            error = trouble.error
            raise trouble from None
        else:
            error = answer.trouble.error if answer.trouble is not None else None
            return answer
        finally:
            if exchange.sent:
                self._note(exchange, shown, error)

    def _note(self, exchange: Exchange, shown: str, error: str | None) -> None:
        mask = self.sending.mask
        problem = one_line(mask.text(error)) if error is not None else None
        phases = exchange.stopwatch.ms if exchange.stopwatch is not None else {}
        method, url = exchange.request.method, mask.text(shown)
        self.sending.attempts.append(
            Attempt(method, url, exchange.status, problem, exchange.ms, phases)
        )

    def _exchange(self, request: httpx.Request, *, at_home: bool) -> Exchange:
        spec = self.sending.spec
        if at_home:
            request.extensions[ROUTE] = Route(spec.private_network, self.sending.own_tls)
        stopwatch = Stopwatch() if self.sending.means.timed else None
        streamed = self.sending.streamed
        return Exchange(
            request, spec, self.sending.mask, self.seconds, stopwatch, streamed=streamed
        )


def _copy(request: httpx.Request) -> httpx.Request:
    """The same request, which a proof may change."""
    return QuietRequest(
        request.method, request.url, headers=request.headers.raw, content=request.content
    )
