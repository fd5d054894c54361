"""From the name of a host to its addresses, without waiting for ever."""

from __future__ import annotations

import asyncio
import contextlib
import ipaddress
import socket
import threading
from collections.abc import Callable
from typing import Any

from runner.addresses import Address
from runner.egress.network.phases import looking_up

Lookup = Callable[[str], list[str]]


class Unresolved(Exception):  # noqa: N818  (it is an answer, and never leaves the egress)
    """The host has no address."""


def system_lookup(host: str) -> list[str]:
    """Ask the system, which may take long.

    Raises:
        OSError: there is no such name.
    """
    entries = socket.getaddrinfo(host, None, type=socket.SOCK_STREAM)
    return [str(entry[4][0]) for entry in entries]


class Resolver:
    """Looks names up, each in a thread of its own.

    A name that is being looked up is not asked for twice, so a name server that hangs costs one
    thread a name. The threads are daemons: none of them holds up the end of the process.
    """

    def __init__(self, lookup: Lookup = system_lookup) -> None:
        """Take the blocking function that looks a name up."""
        self._lookup = lookup
        self._running: dict[str, asyncio.Future[Any]] = {}

    async def addresses(self, host: str) -> tuple[Address, ...]:
        """Give the addresses of a host, in the system's order.

        Raises:
            Unresolved: there is none.
        """
        with contextlib.suppress(ValueError):
            return (ipaddress.ip_address(host),)
        running = self._running.get(host) or self._start(host)
        with looking_up():
            addresses = await asyncio.shield(running)
        if not addresses:
            raise Unresolved(f"the host '{host}' is not known, or cannot be looked up")
        return tuple(addresses)

    def _start(self, host: str) -> asyncio.Future[Any]:
        loop = asyncio.get_running_loop()
        future = self._running[host] = loop.create_future()

        def done(addresses: list[Address]) -> None:
            del self._running[host]
            future.set_result(addresses)

        def work() -> None:
            addresses: list[Address] = []
            with contextlib.suppress(OSError, ValueError):
                addresses = list(dict.fromkeys(map(ipaddress.ip_address, self._lookup(host))))
            with contextlib.suppress(RuntimeError):  # the loop has ended meanwhile
                loop.call_soon_threadsafe(done, addresses)

        threading.Thread(target=work, name=f"lookup of {host}", daemon=True).start()
        return future
