"""Providers that are services: one request each, whose answer is read as it comes.

They are asked by the process of the call, since sound has no place on the call socket; by the same
guard, proofs and proxy as tools.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

import httpx

from runner.addresses import Guard
from runner.egress.auth.tokens import Tokens
from runner.egress.client import Ways
from runner.egress.exchange import Exchange, server_of
from runner.egress.files import ReadFile, no_folder
from runner.egress.hiding import Hiding
from runner.egress.network.resolver import Resolver
from runner.egress.network.tls import tls_context
from runner.egress.network.wire import Wire
from runner.egress.policy.limits import Limits, ServiceLimits
from runner.egress.request.texts import Texts
from runner.egress.response.incoming import codings
from runner.egress.secrets import Ledger, Secrets
from runner.egress.sending import Means, Sending
from runner.egress.trouble import UNUSABLE, RequestError
from runner.schema.http import Request
from runner.schema.services import Service
from runner.secret import Secret

_PLAIN: Final = {"Accept": "*/*", "Accept-Encoding": "identity"}
"""What comes is read piece by piece, so it shall not be packed."""


@dataclass(slots=True)
class OpenAnswer:
    """An answer whose body is still coming.

    Attributes:
        status: 2xx.
        content_type: its label.
        server: host and port, for people.
    """

    response: httpx.Response
    exchange: Exchange
    silence: float
    most: int

    @property
    def status(self) -> int:
        """What the service answered."""
        return self.response.status_code

    @property
    def content_type(self) -> str:
        """Its label."""
        label: str = self.response.headers.get("content-type", "")
        return label

    @property
    def server(self) -> str:
        """Host and port, for people."""
        return server_of(self.exchange.request.url)

    async def pieces(self) -> AsyncIterator[bytes]:
        """Yield the body as it comes.

        Raises:
            RequestError: it breaks off, stops coming for too long, or is too large.
        """
        packed = [coding for coding in codings(self.response) if coding != "identity"]
        if packed:
            raise RequestError(
                f"the answer is packed as '{packed[0]}', which was not asked for", UNUSABLE
            )
        parts, size = aiter(self.response.stream), 0  # type: ignore[arg-type]  # as in `receive`
        while True:
            try:
                async with asyncio.timeout(self.silence):
                    part = await anext(parts)
            except StopAsyncIteration:
                return
            except TimeoutError:
                raise RequestError(
                    f"{self.server} stopped in its answer for {self.silence:.3g}s",
                    passing=True,
                    timed_out=True,
                ) from None
            except Exception as caught:  # noqa: BLE001 - each is put into words
                raise self.exchange.trouble(caught) from None
            size += len(part)
            if size > self.most:
                raise RequestError(f"the answer is larger than {self.most / 1024:g} KB", UNUSABLE)
            yield part

    async def whole(self, *, within: float | None = None) -> bytes:
        """The body, all of it.

        Args:
            within: seconds that it may take altogether.

        Raises:
            RequestError: as `pieces`.
        """
        try:
            async with asyncio.timeout(within):
                return b"".join([part async for part in self.pieces()])
        except TimeoutError:
            raise RequestError(
                f"{self.server} did not end its answer within {within:.3g}s",
                passing=True,
                timed_out=True,
            ) from None


class _LookUp(Mapping[str, str]):
    """Secrets that a function knows, as an environment."""

    def __init__(self, resolve: Callable[[str], Secret[str] | None]) -> None:
        self._resolve = resolve

    def __getitem__(self, name: str) -> str:
        value = self._resolve(name)
        if value is None:
            raise KeyError(name)
        return value.reveal()

    def __iter__(self) -> Any:
        return iter(())

    def __len__(self) -> int:
        return 0


_OPEN: Final = Ways()


@dataclass(frozen=True, slots=True)
class ProviderNetwork:
    """How the process of a call reaches services.

    Attributes:
        ways: private hosts that may be reached, and the proxy.
        files: reads files of the folder.
    """

    ways: Ways = _OPEN
    files: ReadFile = no_folder


USUAL_NETWORK: Final = ProviderNetwork()
"""No private host, no proxy, no folder."""


@dataclass(slots=True)
class ProviderEgress:
    """Sends the requests of a call's providers, over connections of its own.

    Attributes:
        resolve: looks a secret up by its name.
        env: the environment variables that its templates use, as they were at load.
        places: template → `file:line`.
        transport: what sends instead of real connections; it does its own checks.
    """

    resolve: Callable[[str], Secret[str] | None]
    network: ProviderNetwork = USUAL_NETWORK
    env: Mapping[str, str] = field(default_factory=dict)
    places: Mapping[str, str] = field(default_factory=dict)
    transport: httpx.AsyncBaseTransport | None = None
    _limits: ServiceLimits = field(default_factory=ServiceLimits)
    _tokens: Tokens = field(default_factory=Tokens)
    _wire: httpx.AsyncBaseTransport | None = None
    _retiring: asyncio.Task[None] | None = None

    @contextlib.asynccontextmanager
    async def open(
        self,
        spec: Request,
        service: Service | None,
        values: Mapping[str, Any],
        *,
        files: Mapping[str, bytes] | None = None,
        silence: float,
    ) -> AsyncIterator[OpenAnswer]:
        """Send a request, and give its answer as soon as that begins; afterwards it is let go.

        Args:
            spec: the author's block, with what its service says.
            service: what it asks, where that has a name.
            values: what its templates may use besides `env` and `secrets`.
            files: path → bytes, of files that are in no folder.
            silence: seconds that the answer may pause.

        Raises:
            RequestError: no good answer came.
        """
        sending = self._sending(spec, service, values, files or {})
        answer = await self._answer(sending)
        try:
            assert sending.last is not None  # noqa: S101 - there was an answer
            yield OpenAnswer(answer, sending.last, silence, spec.max_response)
        except RequestError as error:
            error.hide(sending.mask)
            raise
        finally:
            await answer.aclose()

    def follow(self, newer: ProviderEgress) -> None:
        """Go by another release from now on; connections by the old ways are closed when idle."""
        old, changed = self._wire, newer.network.ways != self.network.ways
        self.resolve, self.network = newer.resolve, newer.network
        self.env, self.places = newer.env, newer.places
        if changed and isinstance(old, Wire):
            self._wire = None
            self._retiring = asyncio.get_running_loop().create_task(old.retire())

    async def aclose(self) -> None:
        """Close all connections."""
        await self._tokens.aclose()
        if self._retiring is not None:
            self._retiring.cancel()
        if self._wire is not None:
            await self._wire.aclose()

    async def _answer(self, sending: Sending) -> httpx.Response:
        try:
            return (await sending.answer()).response
        except RequestError as error:
            sending.hiding.renew()
            error.hide(sending.mask)
            raise

    def _sending(
        self,
        spec: Request,
        service: Service | None,
        values: Mapping[str, Any],
        files: Mapping[str, bytes],
    ) -> Sending:
        secrets = Secrets(_LookUp(self.resolve))
        texts = Texts({"env": self.env, **values}, Ledger(secrets), self.places)
        name = str(spec.service)

        def limits(server: str) -> Limits:
            return self._limits.of(name, service) if service else self._limits.of_server(server)

        def read(path: str) -> bytes:
            return files[path] if path in files else self.network.files(path)

        means = Means(self._sender(), limits, self._tokens, read)
        given = {n.lower() for n in spec.headers}
        more = {n: v for n, v in _PLAIN.items() if n.lower() not in given}
        spec = spec.model_copy(update={"headers": {**spec.headers, **more}})
        return Sending(spec, service, texts, Hiding(secrets), means, streamed=True)

    def _sender(self) -> httpx.AsyncBaseTransport:
        if self._wire is None:
            ways = self.network.ways
            self._wire = self.transport or Wire(
                Guard(ways.allow), Resolver(), tls_context(), ways.through
            )
        return self._wire
