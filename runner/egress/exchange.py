"""One request out, its answer back, and how it is told when that fails."""

from __future__ import annotations

import ssl
import time
from collections.abc import Callable
from contextlib import nullcontext
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any, Final

import httpcore
import httpx

from runner.addresses import Blocked
from runner.egress.mask import Mask
from runner.egress.network.phases import Stopwatch
from runner.egress.network.resolver import Unresolved
from runner.egress.network.wire import TRACE
from runner.egress.policy.retry import PASSING, retry_after
from runner.egress.request.redirect import FOLLOWED
from runner.egress.response.incoming import COMPLAINT, complaint, receive, understand
from runner.egress.trouble import LATE, UNREACHABLE, UNUSABLE, RequestError, one_line
from runner.schema.http import Request

_SERVER_ERRORS: Final = 500


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back of one exchange.

    Attributes:
        response: its status and headers; the body is read already.
        body: unpacked.
        trouble: where its status is a failure.
    """

    response: httpx.Response
    body: bytes = b""
    trouble: RequestError | None = None

    @property
    def content_type(self) -> str:
        """Its label."""
        label: str = self.response.headers.get("content-type", "")
        return label

    @property
    def redirects(self) -> bool:
        """Whether it says where to ask instead."""
        return self.response.status_code in FOLLOWED and "location" in self.response.headers


@dataclass(slots=True)
class Exchange:
    """One request out and its answer back.

    Attributes:
        request: what is sent.
        spec: the author's block.
        mask: what nobody may see.
        seconds: the time that it has.
        stopwatch: takes the time of its parts, where somebody wants to know.
        sent: whether anything was sent; an address that is refused is none.
        status: what the service answered.
        streamed: whether the body of a good answer is left to be read, and closed, by who asked.
    """

    request: httpx.Request
    spec: Request
    mask: Mask
    seconds: float
    stopwatch: Stopwatch | None = None
    sent: bool = False
    status: int | None = None
    streamed: bool = False
    begun: float = field(default_factory=time.perf_counter)

    @property
    def server(self) -> str:
        """Host and port, for people."""
        return server_of(self.request.url)

    @property
    def ms(self) -> float:
        """Milliseconds since it began."""
        return round((time.perf_counter() - self.begun) * 1000, 1)

    async def over(self, wire: httpx.AsyncBaseTransport) -> Answer:
        """Send it, and read the answer.

        Raises:
            RequestError: no answer came that can be used.
        """
        self.sent = True
        if self.stopwatch is not None:
            self.request.extensions[TRACE] = {"trace": self.stopwatch.trace}
        with self.stopwatch.running() if self.stopwatch is not None else nullcontext():
            response = await wire.handle_async_request(self.request)
        left_open = False
        try:
            answer = await self._read(response)
            left_open = self.streamed and self._good(response.status_code)
            return answer
        finally:
            if not left_open:
                await response.aclose()

    def _good(self, status: int) -> bool:
        return 200 <= status < 300 or status in self.spec.ok  # noqa: PLR2004 - the statuses 2xx

    async def _read(self, response: httpx.Response) -> Answer:
        self.status = response.status_code
        if self._good(self.status):
            body = b"" if self.streamed else await receive(response, self.spec.max_response)
            return Answer(response, body)
        if self.status in FOLLOWED and self.spec.redirects and "location" in response.headers:
            return Answer(response)
        return Answer(response, trouble=await self._failure(response))

    async def _failure(self, response: httpx.Response) -> RequestError:
        """A status that is a failure, with what the service says of it."""
        status = response.status_code
        phrase = _PHRASES.get(status, "")
        error = f"the service answered {status} {phrase}".rstrip()
        message = f"the service answered with status {status}{f' ({phrase})' if phrase else ''}"
        data = None
        if 300 <= status < 400:  # noqa: PLR2004 - the statuses 3xx
            where = one_line(self.mask.text(response.headers.get("location", "")), COMPLAINT)
            to = f" to {where}" if where else ""
            error = f"{error}: it redirects{to}, and redirects are not followed"
        else:
            body = await complaint(response, self.spec.max_response)
            label = response.headers.get("content-type", "")
            data = understand(body, label, self.mask).data if body else None
            words = _words(body, self.mask)
            error = f"{error}: {words}" if words else error
        header = response.headers.get("retry-after", "")
        return RequestError(
            error,
            message,
            status=status,
            data=data,
            passing=status in PASSING,
            retry_after=retry_after(header, time.time()),
            counts=status >= _SERVER_ERRORS,
        )

    def trouble(self, caught: Exception) -> RequestError:
        """Put what ended the request into words.

        Raises:
            Exception: the same, where it is nothing that a service or a network does.
        """
        for kinds, words in _TROUBLES:
            if isinstance(caught, kinds):
                return words(self, caught)
        raise caught

    def late(self, _caught: Exception) -> RequestError:
        """The time of the attempt is over."""
        within = f"within {self.seconds:.3g}s"
        if self.seconds < self.spec.timeout:
            within = f"in what was left of its budget of {self.spec.longest:g}s"
        if not self.sent:
            return RequestError(f"there was no access token {within}", LATE)
        what = "did not answer" if self.status is None else "did not send its whole answer"
        return self._lost(f"{self.server} {what} {within}", LATE, timed_out=True)

    def refused(self, caught: Exception) -> RequestError:
        """The address is not allowed: nothing was sent."""
        self.sent = False
        return RequestError(str(caught), UNREACHABLE)

    def unresolved(self, caught: Exception) -> RequestError:
        """There is no such host."""
        return self._lost(str(caught))

    def refused_by_proxy(self, caught: Exception) -> RequestError:
        """The proxy does not let it through."""
        why = one_line(str(caught), COMPLAINT)
        return RequestError(
            f"no connection to {self.server}: the proxy answered {why}", UNREACHABLE
        )

    def unconnected(self, caught: Exception) -> RequestError:
        """There is no connection."""
        cause: BaseException | None = caught
        while cause is not None:
            if isinstance(cause, ssl.SSLCertVerificationError):
                why = f"its certificate is not trusted ({cause.verify_message.rstrip('.')})"
                return RequestError(f"no connection to {self.server}: {why}", UNREACHABLE)
            if isinstance(cause, ssl.SSLError):
                return RequestError(
                    f"no connection to {self.server}: it speaks no TLS", UNREACHABLE
                )
            if isinstance(cause, ConnectionRefusedError):
                return self._lost(f"no connection: nothing listens at {self.server}")
            cause = cause.__cause__ or cause.__context__
        return self._lost(f"no connection to {self.server}")

    def broken(self, _caught: Exception) -> RequestError:
        """The connection ended in the middle, or what came is no HTTP."""
        if self.status is None:
            return self._lost(f"{self.server} ended the connection without an answer")
        return self._lost(f"{self.server} ended the connection within its answer", UNUSABLE)

    def unsendable(self, _caught: Exception) -> RequestError:
        """The request breaks the rules of HTTP."""
        self.sent = False
        return RequestError("the request cannot be sent: a header or its body is not allowed")

    def _lost(
        self, error: str, words: str = UNREACHABLE, *, timed_out: bool = False
    ) -> RequestError:
        """A failure of the service or of the way to it, which may pass."""
        return RequestError(
            error, words, status=self.status, passing=True, counts=True, timed_out=timed_out
        )


def server_of(url: httpx.URL) -> str:
    """Host and port, for people."""
    return f"{url.host}:{url.port}" if url.port else url.host


def _words(body: bytes, mask: Mask) -> str:
    """The beginning of what a service says of its failure; nothing of a page or of binary data."""
    text = body.decode("utf-8", "replace")
    is_page = text.lstrip().startswith("<")
    return "" if "\0" in text or is_page else one_line(mask.text(text), COMPLAINT)


_PHRASES: Final = {int(status): status.phrase for status in HTTPStatus}
_TROUBLES: Final[tuple[tuple[Any, Callable[[Exchange, Any], RequestError]], ...]] = (
    (RequestError, lambda _exchange, caught: caught),
    (TimeoutError, Exchange.late),
    (Blocked, Exchange.refused),
    (Unresolved, Exchange.unresolved),
    (httpcore.ProxyError, Exchange.refused_by_proxy),
    ((httpcore.ConnectError, httpcore.ConnectTimeout, httpx.ConnectError), Exchange.unconnected),
    ((httpcore.LocalProtocolError, httpx.LocalProtocolError), Exchange.unsendable),
    (
        (
            httpcore.NetworkError,
            httpcore.ProtocolError,
            httpcore.TimeoutException,
            httpx.TransportError,
            OSError,
        ),
        Exchange.broken,
    ),
)
"""What a request may end with → how it is told; the first that fits."""
