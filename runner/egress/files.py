"""Files of the folder that a request needs: read as they are now."""

from __future__ import annotations

from collections.abc import Callable

from runner.egress.trouble import RequestError

ReadFile = Callable[[str], bytes]
"""Path below the folder → its bytes; raises OSError, whose text says why there are none."""


def no_folder(path: str) -> bytes:
    """Read nothing, where there is no folder.

    Raises:
        OSError: always.
    """
    raise OSError(f"'{path}' cannot be read: there is no folder")


def content(read: ReadFile, path: str) -> bytes:
    """Read a file.

    Raises:
        RequestError: it cannot be read.
    """
    try:
        return read(path)
    except OSError as error:
        raise RequestError(str(error)) from None
