"""Rooms and a telephone for calls that agents make, without LiveKit."""

from __future__ import annotations

import asyncio
from typing import Any

from runner.front.port import DialogueError
from runner.serve.outgoing.outcome import Dialled


class FakePlaces:
    """Makes rooms that are nowhere.

    Attributes:
        called: the calls whose agent was called, in order.
        closed: rooms that were closed.
    """

    def __init__(self) -> None:
        self.called: list[Any] = []
        self.closed: list[str] = []
        self.refuses: DialogueError | None = None

    def order_in(self, mark: str) -> str | None:
        return mark.partition(" ")[2] if mark.startswith("own ") else None

    async def call_in(self, call: Any) -> None:
        if self.refuses is not None:
            raise self.refuses
        self.called.append(call)

    async def close(self, call: Any) -> None:
        self.closed.append(call.id)

    async def close_room(self, room: str) -> None:
        self.closed.append(room)


class FakeTelephone:
    """Answers at once, or as it is told.

    Attributes:
        rung: what was dialled.
        result: what comes of it.
        picks_up: is waited for before.
    """

    def __init__(self) -> None:
        self.rung: list[Any] = []
        self.result = Dialled("answered")
        self.picks_up = asyncio.Event()
        self.picks_up.set()

    async def dial(self, wish: Any) -> Dialled:
        self.rung.append(wish)
        await self.picks_up.wait()
        return self.result

    async def pass_on(self, wish: Any) -> Dialled:
        """Pass a caller on, as a number is dialled."""
        return await self.dial(wish)
