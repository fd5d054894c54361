"""How often Python looks for objects in circles that nothing holds any more.

Its own pace looks through all that lives each time some hundred objects were made. A command makes
a hundred thousand while it is imported and while files are read, and drops next to none.
"""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

RARELY: Final = (20_000, 20, 100)
"""A talk makes and drops a hundred thousand objects; LiveKit's modules hold half a million."""

_USUALLY: Final = gc.get_threshold()


def collect_rarely() -> None:
    """Look rarely from now on: for a command, which ends soon."""
    gc.set_threshold(*RARELY)


def collect_usually() -> None:
    """Look at Python's own pace from now on: for what runs for months."""
    gc.set_threshold(*_USUALLY)


@contextmanager
def paused() -> Iterator[None]:
    """Look for none while a `with` block runs."""
    looks = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if looks:
            gc.enable()
