"""Campaigns as the HTTP front asks for them, in threads: `runner.front.campaigns_port`."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, TypeVar

from runner.front.port import DialogueError
from runner.records import campaigns as kept
from runner.records.database import DatabaseError
from runner.serve.campaigns import desk
from runner.serve.campaigns.table import table

if TYPE_CHECKING:
    from runner.records.database import Database
    from runner.serve.records.place import Place
    from runner.serve.releases.served import Releases

T = TypeVar("T")


class ServedCampaigns:
    """Implements `runner.front.campaigns_port.CampaignBook`."""

    def __init__(self, releases: Releases, place: Place, read: desk.ReadTable) -> None:
        self._releases, self._place, self._read = releases, place, read

    async def listed(self) -> list[dict[str, Any]]:
        """All of them."""
        return await self._ask(lambda: desk.summaries(self._begun(), self._releases.current))

    async def one(self, name: str, cursor: int, most: int) -> dict[str, Any]:
        """One with its contacts."""
        release = self._releases.current
        return await self._ask(lambda: desk.detail(self._begun(), release, name, cursor, most))

    async def results(self, name: str) -> str:
        """The results of one as CSV."""
        release = self._releases.current
        return await self._ask(lambda: "".join(table(desk.everybody(self._begun(), release, name))))

    async def start(self, name: str) -> dict[str, Any]:
        """Begin one, or go on with it."""
        release = self._releases.current
        return await self._ask(
            lambda: desk.start(self._place.database(), release, name, self._read)
        )

    async def pause(self, name: str) -> dict[str, Any]:
        """Call nobody more until it is started again."""
        return await self._set(name, kept.PAUSED)

    async def stop(self, name: str) -> dict[str, Any]:
        """End it: who starts it afterwards begins from the start."""
        return await self._set(name, kept.STOPPED)

    async def _set(self, name: str, state: str) -> dict[str, Any]:
        release = self._releases.current
        return await self._ask(lambda: desk.set_state(self._begun(), release, name, state))

    def _begun(self) -> Database | None:
        return self._place.database() if self._place.begun() else None

    async def _ask(self, ask: Callable[[], T]) -> T:
        try:
            return await asyncio.to_thread(ask)
        except DatabaseError as error:
            raise DialogueError("records_unavailable", str(error), error.help) from None
