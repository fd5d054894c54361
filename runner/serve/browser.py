"""Opens the page in the person's browser, as `lkrun serve --open` asks for."""

from __future__ import annotations

import asyncio
import ipaddress
import sys
from collections.abc import Mapping
from typing import Final
from urllib.parse import urlsplit

_OPEN: Final = "import sys, webbrowser; sys.exit(not webbrowser.open(sys.argv[1], 2))"
_PATIENCE: Final = 10.0
"""Seconds after which nobody waits for a browser any more; it may go on."""


def here(address: str) -> str:
    """The page's address as a browser of this machine has it: one that means all is none."""
    split = urlsplit(address)
    host = ipaddress.ip_address(split.hostname or "127.0.0.1")
    if not host.is_unspecified:
        return address
    loopback = "127.0.0.1" if host.version == 4 else "[::1]"  # noqa: PLR2004 - of the two that there are
    return f"{split.scheme}://{loopback}:{split.port}"


async def show(address: str, env: Mapping[str, str]) -> bool:
    """Open the page.

    Args:
        address: where it is.
        env: the environment as the person has it: by it a browser is found.

    Returns:
        Whether a browser was found.
    """
    nothing = asyncio.subprocess.DEVNULL
    try:
        # by Python's own module, in a process: some browsers take over the terminal, or wait
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-c", _OPEN, here(address),
            env=dict(env), stdin=nothing, stdout=nothing, stderr=nothing, start_new_session=True,
        )  # fmt: skip
        async with asyncio.timeout(_PATIENCE):
            return await process.wait() == 0
    except OSError:
        return False
    except TimeoutError:
        return True
