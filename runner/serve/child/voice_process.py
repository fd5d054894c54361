"""What the forkserver runs for a call by the front's WebSocket; the main process names it."""

from __future__ import annotations

import asyncio
from pathlib import Path


def main(home: str, call: str, rate: int) -> None:
    """Hold a call until its end.

    Args:
        home: the runtime directory of the runner.
        call: its id.
        rate: samples a second, both ways.
    """
    from runner.serve.child.voice import hold

    asyncio.run(hold(Path(home), call, rate))
