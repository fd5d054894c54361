"""An answer that comes in pieces: server-sent events, or a line of JSON each."""

from __future__ import annotations

import codecs
from collections.abc import AsyncIterator, Callable

from runner.egress.trouble import UNUSABLE, RequestError

MOST = 1024 * 1024
"""Characters of one piece."""

DONE = "[DONE]"
"""What OpenAI's protocol ends with."""


async def whole(parts: AsyncIterator[bytes]) -> AsyncIterator[str]:
    """Yield all of it at once."""
    yield b"".join([part async for part in parts]).decode("utf-8", "replace")


async def ndjson(parts: AsyncIterator[bytes]) -> AsyncIterator[str]:
    """Yield each line that holds something.

    Raises:
        RequestError: a line never ends.
    """
    async for line in _lines(parts):
        if line.strip():
            yield line


async def sse(parts: AsyncIterator[bytes]) -> AsyncIterator[str]:
    """Yield the data of each event (WHATWG HTML, section 9.2), until `[DONE]`.

    Raises:
        RequestError: a line never ends.
    """
    data: list[str] = []
    async for line in _lines(parts):
        if not line and data:
            text, data = "\n".join(data), []
            if text.strip() == DONE:
                return
            yield text
        field, _, value = line.partition(":")
        if field == "data":
            data.append(value.removeprefix(" "))
    if data and "\n".join(data).strip() != DONE:
        yield "\n".join(data)


async def _lines(parts: AsyncIterator[bytes]) -> AsyncIterator[str]:
    decoder = codecs.getincrementaldecoder("utf-8-sig")("replace")
    rest = ""
    async for part in parts:
        *lines, rest = (rest + decoder.decode(part)).split("\n")
        if len(rest) > MOST:
            raise RequestError("a line of the answer never ends", UNUSABLE)
        for line in lines:
            yield line.removesuffix("\r")
    rest += decoder.decode(b"", final=True)
    if rest:
        yield rest.removesuffix("\r")


READERS: dict[str | bool, Callable[[AsyncIterator[bytes]], AsyncIterator[str]]] = {
    "sse": sse,
    "ndjson": ndjson,
    False: whole,
}
"""`stream` → what cuts an answer into pieces."""
