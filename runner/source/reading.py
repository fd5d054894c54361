"""One file's bytes, and nothing that could hang or fill the memory."""

# os.path: a thousand files are looked at every two seconds, and pathlib is slow
# ruff: noqa: PTH112, PTH116

from __future__ import annotations

import errno
import os
import stat
from dataclasses import dataclass

MAX_SIZE = 256 * 1024
"""How many bytes a file of the configuration folder may have."""

_FLAGS = os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0)


@dataclass(frozen=True, slots=True)
class TextProblem:
    """What is wrong with a file, for whoever knows the place to show it at."""

    code: str
    message: str
    help: str | None = None


def unfit(path: str, subject: str, most: int) -> TextProblem | None:
    """Return what is wrong with a file that is there, without reading it."""
    try:
        state = os.stat(path)
        if not stat.S_ISREG(state.st_mode):
            return not_a_file(path, subject)
        os.close(os.open(path, _FLAGS))
    except OSError as error:
        return unreadable(error, subject)
    return _too_large(subject, most) if state.st_size > most else None


def read(path: str, subject: str = "this file", most: int = MAX_SIZE) -> bytes | TextProblem | None:
    """Return the bytes of a regular file, what is wrong with it, or None where there is none.

    Args:
        path: where the system finds it.
        subject: how a problem's message calls it.
        most: bytes that it may have.
    """
    try:
        if not stat.S_ISREG(os.stat(path).st_mode):
            return not_a_file(path, subject)
        handle = os.open(path, _FLAGS)
    except FileNotFoundError:
        return None
    except OSError as error:
        return unreadable(error, subject)
    try:
        if not stat.S_ISREG(os.fstat(handle).st_mode):
            return not_a_file(path, subject)
        return _bounded(handle, subject, most)
    except OSError as error:
        return unreadable(error, subject)
    finally:
        os.close(handle)


def not_a_file(path: str, subject: str = "this") -> TextProblem:
    """Return the problem of something that is no regular file."""
    what = "is a folder" if os.path.isdir(path) else "is a pipe or a device"
    return TextProblem("E006", f"{subject} {what}, not a file", "rename it or take it away")


def unreadable(error: OSError, subject: str = "this") -> TextProblem:
    """Return the problem of a file or folder that the system does not give out."""
    if error.errno == errno.ELOOP:
        return TextProblem("E003", f"{subject} is a link that leads in a circle", "remove the link")
    reason = _REASONS.get(error.errno or 0, (error.strerror or "unknown reason").lower())
    return TextProblem("E001", f"{subject} cannot be read: {reason}", _HELP.get(error.errno or 0))


def _bounded(handle: int, subject: str, most: int) -> bytes | TextProblem:
    parts: list[bytes] = []
    size = 0
    while size <= most:
        part = os.read(handle, most + 1 - size)
        if not part:
            return b"".join(parts)
        parts.append(part)
        size += len(part)
    return _too_large(subject, most)


def _too_large(subject: str, most: int) -> TextProblem:
    limit = f"{most // 1024} KB" if most < 1024 * 1024 else f"{most // 1024**2} MB"
    hint = "split it into several files" if most == MAX_SIZE else "use a smaller file"
    return TextProblem("E002", f"{subject} is larger than {limit}", hint)


_REASONS = {
    errno.EACCES: "lkrun is not allowed to",
    errno.EPERM: "lkrun is not allowed to",
    errno.ENAMETOOLONG: "its path is too long",
}
_HELP = {
    errno.EACCES: "give the user that runs lkrun the right to read it",
    errno.EPERM: "give the user that runs lkrun the right to read it",
}
