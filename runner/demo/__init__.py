"""The service of the demonstration: a clinic's calendar and invoices.

It is started when a tool asks `demo.localhost`. `.localhost` never leaves the machine (RFC 6761),
so a folder that names this host cannot mean anybody else's service.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from runner.demo.service import Service

HOST = "demo.localhost"
"""The host under which tools reach it, whatever port it got."""


class Demonstration:
    """The service, started when its port is first asked for. Belongs to one event loop."""

    def __init__(self) -> None:
        """Nothing is started yet."""
        self._service: Service | None = None
        self._port = 0
        self._starting = asyncio.Lock()

    async def port(self) -> int:
        """Its port on 127.0.0.1."""
        async with self._starting:
            if self._service is None:
                from runner.demo.service import Service  # noqa: PLC0415 - only the demonstration pays for it

                service = Service()
                self._port = await service.start()
                self._service = service
            return self._port

    async def aclose(self) -> None:
        """Stop it, if it was started."""
        if self._service is not None:
            await self._service.stop()
            self._service = None
