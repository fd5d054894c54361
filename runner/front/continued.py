"""Which dialogue goes on for a name that a client chose."""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Final

MOST: Final = 10_000
"""Names that are remembered; those not heard of for longest go first."""


@dataclass
class Place:
    """Where the dialogue of a name stands.

    Attributes:
        session: its id; None before it begins, and after its end.
    """

    session: str | None = None
    lock: asyncio.Lock = field(default_factory=asyncio.Lock)


class Continued:
    """The dialogues that go on by a name."""

    def __init__(self) -> None:
        self._places: OrderedDict[tuple[str, str], Place] = OrderedDict()

    @asynccontextmanager
    async def of(self, name: tuple[str, str]) -> AsyncIterator[Place]:
        """The place of a name, for one request at a time: two do not begin two dialogues."""
        place = self._places.setdefault(name, Place())
        self._places.move_to_end(name)
        while len(self._places) > MOST:
            self._places.popitem(last=False)
        async with place.lock:
            yield place
