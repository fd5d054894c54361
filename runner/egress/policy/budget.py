"""The time that one call of a tool has, for everything together."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Budget:
    """Seconds that begin to run when it is made, within a running event loop."""

    seconds: float
    _ends: float = field(init=False)

    def __post_init__(self) -> None:
        """Start the clock."""
        object.__setattr__(self, "_ends", asyncio.get_running_loop().time() + self.seconds)

    @property
    def left(self) -> float:
        """Seconds that are left; never less than nothing."""
        return max(0.0, self._ends - asyncio.get_running_loop().time())

    def of(self, seconds: float) -> float:
        """So much of these seconds as there is time for."""
        return min(seconds, self.left)
