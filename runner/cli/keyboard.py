"""Lines from a terminal or a pipe, waited for in a thread of their own.

The main thread runs the conversation, and Python handles signals there: Ctrl-C is seen at any
moment, and nobody who types slowly holds the agent up.
"""

from __future__ import annotations

import asyncio
import codecs
import contextlib
import os
import sys
import threading
from collections.abc import AsyncIterator, Callable, Iterator

try:
    import termios
except ImportError:  # Windows has none, and its console restores itself
    termios = None  # type: ignore[assignment]  # a module elsewhere

_PIECE = 64 * 1024


async def lines(prompt: str) -> AsyncIterator[str]:
    """What is typed, a line at a time, until Ctrl-D; several pasted lines are one."""
    with contextlib.suppress(ImportError):
        import readline

        readline.parse_and_bind("set enable-bracketed-paste on")
    with _as_it_was():
        async for line in _read(lambda: _typed(prompt)):
            yield line


async def piped() -> AsyncIterator[str]:
    """The lines of stdin, until its end; the next is read when it is wanted."""
    arriving = _lines(sys.stdin.fileno())
    async for line in _read(lambda: next(arriving, None)):
        yield line


def _typed(prompt: str) -> str | None:
    try:
        return input(prompt)
    except (EOFError, OSError):
        return None


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


async def _read(read: Callable[[], str | None]) -> AsyncIterator[str]:
    """What a blocking function gives, called in a daemon thread, until it gives None."""
    loop = asyncio.get_running_loop()
    arrived: asyncio.Queue[str | None] = asyncio.Queue()
    wanted = threading.Semaphore(0)

    def reading() -> None:
        line: str | None = ""
        while line is not None:
            wanted.acquire()
            line = read()
            with contextlib.suppress(RuntimeError):  # the conversation is over
                loop.call_soon_threadsafe(arrived.put_nowait, line)

    threading.Thread(target=reading, name="keyboard", daemon=True).start()
    while True:
        wanted.release()
        line = await arrived.get()
        if line is None:
            return
        yield line


def typed() -> str:
    """What stands on the line that is being typed."""
    with contextlib.suppress(ImportError):
        import readline

        return readline.get_line_buffer()
    return ""


@contextlib.contextmanager
def _as_it_was() -> Iterator[None]:
    """Leave the terminal as it was, also while the thread still reads a line."""
    if termios is None:
        yield
        return
    before = termios.tcgetattr(sys.stdin)
    try:
        yield
    finally:
        termios.tcsetattr(sys.stdin, termios.TCSADRAIN, before)
