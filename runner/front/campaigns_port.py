"""What the HTTP front asks of campaigns: plain data, as `port`."""

from __future__ import annotations

from typing import Any, Protocol


class CampaignBook(Protocol):
    """The campaigns of the folder. Each raises `DialogueError`.

    Its codes: `unknown_campaign` (404), `bad_contacts` (422), `ended` (409),
    `records_unavailable` (503).
    """

    async def listed(self) -> list[dict[str, Any]]:
        """All of them."""
        ...

    async def one(self, name: str, cursor: int, most: int) -> dict[str, Any]:
        """One with its contacts behind a line, and each one's attempts."""
        ...

    async def results(self, name: str) -> str:
        """The results of one as CSV."""
        ...

    async def start(self, name: str) -> dict[str, Any]:
        """Begin one, or go on with it."""
        ...

    async def pause(self, name: str) -> dict[str, Any]:
        """Call nobody more until it is started again."""
        ...

    async def stop(self, name: str) -> dict[str, Any]:
        """End it."""
        ...
