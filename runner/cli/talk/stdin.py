"""Lines of stdin, waited for in a thread of their own.

The main thread runs the conversation, and Python handles signals there: Ctrl-C is seen at any
moment, and nobody who writes slowly holds the agent up.
"""

from __future__ import annotations

import asyncio
import codecs
import contextlib
import os
import sys
import threading
from collections.abc import AsyncGenerator, Iterator

_PIECE = 64 * 1024


async def lines() -> AsyncGenerator[str, None]:
    """The lines of stdin, until its end; the next is read when it is wanted."""
    loop = asyncio.get_running_loop()
    arrived: asyncio.Queue[str | None] = asyncio.Queue()
    wanted = threading.Semaphore(0)
    source = _lines(sys.stdin.fileno())

    def read() -> None:
        line: str | None = ""
        while line is not None:
            wanted.acquire()
            line = next(source, None)
            with contextlib.suppress(RuntimeError):  # the conversation is over
                loop.call_soon_threadsafe(arrived.put_nowait, line)

    threading.Thread(target=read, name="stdin", daemon=True).start()
    while True:
        wanted.release()
        line = await arrived.get()
        if line is None:
            return
        yield line


def _lines(descriptor: int) -> Iterator[str]:
    """Lines of a descriptor; read without the lock of `sys.stdin`, for which an exit would wait."""
    decoder = codecs.getincrementaldecoder("utf-8")("replace")
    rest = ""
    while piece := os.read(descriptor, _PIECE):
        *whole, rest = (rest + decoder.decode(piece)).split("\n")
        for line in whole:
            yield line.removesuffix("\r")
    if rest:
        yield rest
