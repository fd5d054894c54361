"""What the HTTP front asks of external agents and deliveries: plain data, as `port`."""

from __future__ import annotations

from typing import Any, Protocol


class JobBook(Protocol):
    """Jobs of external agents, and what is delivered. Each raises `DialogueError`.

    Its codes: `unknown_job`, `unknown_delivery` (404), `wrong_token` (401), `ended` (409),
    `room_gone` (409).
    """

    def jobs(self) -> list[dict[str, Any]]:
        """The last jobs, the newest first."""
        ...

    def job(self, name: str) -> dict[str, Any]:
        """One of them."""
        ...

    def cancel(self, name: str) -> dict[str, Any]:
        """End one; what it is then."""
        ...

    def report(
        self, name: str, token: str, status: str, error: str | None, message: str | None
    ) -> dict[str, Any]:
        """Hear from its program how one goes; what it is then."""
        ...

    async def agents(self) -> list[dict[str, Any]]:
        """The external agents that are served, with how they are."""
        ...

    async def deliveries(self) -> list[dict[str, Any]]:
        """What was sent and is to be sent, the newest first."""
        ...

    async def replay(self, name: str) -> dict[str, Any]:
        """Send one again that was given up; what it is then."""
        ...
