"""Lines from a terminal, with editing and history, that Ctrl-C ends at any moment.

`input` with readline waits inside C, where a Ctrl-C that comes between the prompt and the wait is
only seen at the next key. So the keyboard is read in a thread of its own, and the main thread, in
which Python handles signals, waits for it.
"""

from __future__ import annotations

import contextlib
import sys
import threading
from collections.abc import Iterator
from queue import SimpleQueue

try:
    import termios
except ImportError:  # Windows has none, and its console restores itself
    termios = None  # type: ignore[assignment]  # a module elsewhere


def lines(prompt: str) -> Iterator[str]:
    """What is typed, a line at a time, until Ctrl-D; several pasted lines are one.

    Raises:
        KeyboardInterrupt: Ctrl-C was pressed, while it waited or between two lines.
    """
    with contextlib.suppress(ImportError):
        import readline  # noqa: PLC0415 - importing it gives `input` its editing and history

        readline.parse_and_bind("set enable-bracketed-paste on")
    typed: SimpleQueue[str | None] = SimpleQueue()
    wanted = threading.Semaphore(0)

    def read() -> None:
        while True:
            wanted.acquire()
            try:
                typed.put(input(prompt))
            except (EOFError, OSError):
                typed.put(None)
                return

    threading.Thread(target=read, name="keyboard", daemon=True).start()
    with _as_it_was():
        while True:
            wanted.release()
            line = typed.get()
            if line is None:
                return
            yield line


def typed() -> str:
    """What stands on the line that is being typed."""
    with contextlib.suppress(ImportError):
        import readline  # noqa: PLC0415 - as above

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
