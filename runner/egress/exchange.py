"""One request out, its answer back, and how it is told when that fails."""

from __future__ import annotations

import ssl
from collections.abc import Callable
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any, Final

import httpcore
import httpx

from runner.egress.mask import Mask
from runner.egress.network.guard import Blocked
from runner.egress.network.resolver import Unresolved
from runner.egress.response.incoming import COMPLAINT, complaint, receive
from runner.egress.trouble import UNREACHABLE, UNUSABLE, RequestError, one_line
from runner.schema.http import Request


@dataclass(slots=True)
class Exchange:
    """One request out and its answer back.

    Attributes:
        request: what is sent.
        spec: the author's block.
        mask: what nobody may see.
        sent: whether anything was sent; an address that is refused is none.
        status: what the service answered.
    """

    request: httpx.Request
    spec: Request
    mask: Mask
    sent: bool = False
    status: int | None = None

    @property
    def server(self) -> str:
        """Host and port, for people."""
        url = self.request.url
        return f"{url.host}:{url.port}" if url.port else url.host

    async def read(self, response: httpx.Response) -> tuple[bytes, str]:
        """Read the answer.

        Raises:
            Trouble: its status is a failure, or its body cannot be used.
        """
        self.status = response.status_code
        if not (200 <= self.status < 300 or self.status in self.spec.ok):  # noqa: PLR2004 - the statuses 2xx
            raise await self._status_trouble(response)
        return await receive(response), response.headers.get("content-type", "")

    async def _status_trouble(self, response: httpx.Response) -> RequestError:
        status = response.status_code
        phrase = _PHRASES.get(status, "")
        error = f"the service answered {status} {phrase}".rstrip()
        told = f"the service answered with status {status}{f' ({phrase})' if phrase else ''}"
        if 300 <= status < 400:  # noqa: PLR2004 - the statuses 3xx
            where = one_line(self.mask.text(response.headers.get("location", "")), COMPLAINT)
            to = f" to {where}" if where else ""
            return RequestError(f"{error}: it redirects{to}, and redirects are not followed", told)
        words = await complaint(response, self.mask)
        return RequestError(f"{error}: {words}" if words else error, told)

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
        time_given = f"{self.spec.timeout:g}s"
        if not self.sent:
            return RequestError(
                f"{self.server} was busy with other requests for {time_given}", _LATE
            )
        what = "did not answer" if self.status is None else "did not send its whole answer"
        return RequestError(f"{self.server} {what} within {time_given}", _LATE)

    def refused(self, caught: Exception) -> RequestError:
        """The address is not allowed: nothing was sent."""
        self.sent = False
        return RequestError(str(caught), UNREACHABLE)

    def unresolved(self, caught: Exception) -> RequestError:
        """There is no such host."""
        return RequestError(str(caught), UNREACHABLE)

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
                return RequestError(f"no connection: nothing listens at {self.server}", UNREACHABLE)
            cause = cause.__cause__ or cause.__context__
        return RequestError(f"no connection to {self.server}", UNREACHABLE)

    def broken(self, _caught: Exception) -> RequestError:
        """The connection ended in the middle, or what came is no HTTP."""
        if self.status is None:
            return RequestError(
                f"{self.server} ended the connection without an answer", UNREACHABLE
            )
        return RequestError(f"{self.server} ended the connection within its answer", UNUSABLE)

    def unsendable(self, _caught: Exception) -> RequestError:
        """The request breaks the rules of HTTP."""
        self.sent = False
        return RequestError("the request cannot be sent: a header or its body is not allowed")


_LATE: Final = "the service did not answer in time"
_PHRASES: Final = {int(status): status.phrase for status in HTTPStatus}
_TROUBLES: Final[tuple[tuple[Any, Callable[[Exchange, Any], RequestError]], ...]] = (
    (RequestError, lambda _trip, caught: caught),
    (TimeoutError, Exchange.late),
    (Blocked, Exchange.refused),
    (Unresolved, Exchange.unresolved),
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
