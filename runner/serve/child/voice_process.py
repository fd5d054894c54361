"""What the forkserver runs for a call by the front's WebSocket; the main process names it."""

from __future__ import annotations

import asyncio
from pathlib import Path


def main(home: str, call: str, rate: int, identity: str | None, attributes: dict[str, str]) -> None:
    """Hold a call until its end.

    Args:
        home: the runtime directory of the runner.
        call: its id.
        rate: samples a second, both ways.
        identity: of the caller, where they have proved it.
        attributes: what else is proved of them.
    """
    from runner.serve.child.voice import hold
    from runner.session import Caller

    asyncio.run(hold(Path(home), call, rate, Caller(identity, None, "standard", attributes)))
