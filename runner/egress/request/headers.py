"""Requests and their headers: what may stand in them, what follows from the request itself."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Final

import httpx

from runner.egress.trouble import RequestError
from runner.secret import Secret, reveal

_CONTROL: Final = re.compile(r"[\x00-\x08\x0a-\x1f\x7f]")
_FRAMING: Final = frozenset(
    {"connection", "content-length", "expect", "te", "trailer", "transfer-encoding", "upgrade"}
)


class QuietRequest(httpx.Request):
    """A request that shows nothing of its address but the host: a secret may stand in it."""

    def __repr__(self) -> str:
        """Name the method and the host."""
        return f"<{type(self).__name__}({self.method!r}, {self.url.host!r})>"


def header_value(value: str, what: str) -> str:
    """What stands in a header, without spaces around it.

    Args:
        value: the text.
        what: whose value it is, for the error.

    Raises:
        RequestError: it has a line break or another control character.
    """
    text = value.strip(" \t")
    if _CONTROL.search(text):
        raise RequestError(f"the value of {what} has a line break or control character")
    return text


def set_header(request: httpx.Request, name: str, value: Secret[str]) -> None:
    """Give a request a header, in UTF-8 where a letter is beyond ASCII."""
    text = value.reveal()
    if text.isascii():
        request.headers[name] = text
        return
    others = [(n, v) for n, v in request.headers.raw if n.lower() != name.lower().encode()]
    written = (name.encode(), text.encode("utf-8", "replace"))
    request.headers = httpx.Headers([*others, written])


def headers(entries: Mapping[str, Any], write: Any) -> list[tuple[bytes, bytes]]:
    """Write headers, in UTF-8 where a letter is beyond ASCII.

    Args:
        entries: name → value.
        write: a value → its text.

    Raises:
        RequestError: one of them cannot be sent.
    """
    written = []
    for name, value in entries.items():
        if name.lower() in _FRAMING:
            raise RequestError(
                f"the header '{name}' cannot be set: it follows from the request itself"
            )
        text = header_value(write(reveal(value)), f"the header '{name}'")
        written.append((name.encode(), text.encode("utf-8", "replace")))
    return written
