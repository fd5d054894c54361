"""Work of a command that waits, until it is done or Ctrl-C."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from typing import Any, TypeVar

T = TypeVar("T")


def run(work: Coroutine[Any, Any, T]) -> T:
    """Do it, in an event loop of its own.

    Raises:
        KeyboardInterrupt: Ctrl-C was pressed. `asyncio.run` raises another exception where that
            was before the work had begun.
    """
    try:
        return asyncio.run(work)
    except asyncio.CancelledError:
        raise KeyboardInterrupt from None
