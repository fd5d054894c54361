"""What a service answers: read within bounds, unpacked, understood."""

from __future__ import annotations

import asyncio
import codecs
import contextlib
import json
import math
import zlib
from dataclasses import dataclass
from email.message import Message
from typing import TYPE_CHECKING, Any, Final

from runner.egress.mask import Mask
from runner.egress.trouble import UNUSABLE, RequestError

if TYPE_CHECKING:
    import httpx

MOST: Final = 256 * 1024
"""Bytes of an answer, unpacked."""

MAX_DEPTH: Final = 64
_ANY_HEADER: Final = 47  # zlib: gzip or zlib, told by the header
_NO_HEADER: Final = -15
_CODINGS: Final = frozenset({"gzip", "x-gzip", "deflate"})
_LEGACY: Final = (
    "ascii", "big5", "cp125", "cp874", "euc_", "gb", "iso2022", "iso8859", "johab", "koi8", "mac-",
    "shift_jis", "tis-620", "utf-16", "utf-32",
)  # fmt: skip
_WITH_NUL: Final = ("utf-16", "utf-32")
_HEAD: Final = 1024

COMPLAINT: Final = 160
"""Characters of a service's own words in an error."""

_COMPLAINT_SECONDS: Final = 0.5


@dataclass(frozen=True, slots=True)
class Content:
    """The body of an answer.

    Attributes:
        data: what its JSON says, else its text; None where it is empty or no text at all.
        is_json: whether it is JSON, whatever its label says. Nothing counts as JSON too.
        label: its media type, for a body that is no text.
    """

    data: Any
    is_json: bool
    label: str = ""


async def receive(response: httpx.Response, most: int = MOST) -> bytes:
    """Read a body as it comes, and stop where it is too large.

    Raises:
        Trouble: it is larger than `most`, packed in an unknown way, or damaged.
    """
    body = bytearray()
    parts = aiter(response.stream)  # type: ignore[arg-type]  # a body that is sent at once has both
    async with contextlib.aclosing(parts):  # type: ignore[type-var]  # it is a generator
        async for part in parts:
            body += part
            if len(body) > most:
                raise _too_large(most)
    return unpack(bytes(body), codings(response), most)


async def complaint(response: httpx.Response, most: int) -> bytes:
    """Give what a service says of its failure; nothing where it does not come, or is too much."""
    try:
        async with asyncio.timeout(_COMPLAINT_SECONDS):
            return await receive(response, most)
    except Exception:  # noqa: BLE001  (the status says enough)
        return b""


def codings(response: httpx.Response) -> list[str]:
    """Give how a body is packed: the values of `Content-Encoding`."""
    header = response.headers.get("content-encoding", "")
    return [coding.strip() for coding in header.lower().split(",") if coding.strip()]


def _too_large(most: int) -> RequestError:
    return RequestError(f"the answer is larger than {most / 1024:g} KB", UNUSABLE)


def unpack(body: bytes, packed: list[str], most: int = MOST) -> bytes:
    """Undo the codings of `Content-Encoding`, the last one first; never makes more than `most`.

    Raises:
        Trouble: it would be more, a coding is unknown, or the body is damaged.
    """
    for coding in reversed(packed):
        if coding == "identity" or not body:
            continue
        if coding not in _CODINGS:
            raise RequestError(
                f"the answer is packed as '{coding}', which was not asked for", UNUSABLE
            )
        body = _inflate(body, most)
    return body


def _inflate(body: bytes, most: int) -> bytes:
    for header in (_ANY_HEADER, _NO_HEADER):
        unpacking = zlib.decompressobj(header)
        try:
            plain = unpacking.decompress(body, most + 1)
        except zlib.error:
            continue
        if len(plain) > most:
            raise _too_large(most)
        if unpacking.eof:
            return plain
    raise RequestError("the answer is damaged: it cannot be unpacked", UNUSABLE)


def understand(body: bytes, content_type: str, mask: Mask) -> Content:
    """Read a body as JSON if it is JSON, else as text; no byte makes this fail.

    Args:
        body: unpacked.
        content_type: the header, which is believed only about the letters of a text.
        mask: what nobody may see.

    Raises:
        Trouble: it is nested more deeply than anything can use.
    """
    if not body.strip():
        return Content(None, is_json=True)
    text = _decoded(body, content_type)
    try:
        data = json.loads(text, parse_float=_number, parse_constant=lambda _: None)
    except ValueError:
        return _as_text(body, content_type, mask)
    except RecursionError:
        raise _too_deep() from None
    if not _is_shallow(data):
        raise _too_deep()
    # without an escape, what stands in the texts stands in the whole
    if "\\" in text or mask.finds(text):
        data = mask.data(_clean(data))
    return Content(data, is_json=True)


def _too_deep() -> RequestError:
    return RequestError("the answer is nested too deeply", UNUSABLE)


def _number(text: str) -> float | None:
    value = float(text)
    return value if math.isfinite(value) else None


def _is_shallow(data: Any) -> bool:
    level = [data]
    for _ in range(MAX_DEPTH):
        level = [
            child
            for each in level
            if isinstance(each, dict | list)
            for child in (each.values() if isinstance(each, dict) else each)
        ]
        if not level:
            return True
    return False


def _clean(data: Any) -> Any:
    """Replace halves of letters, which no UTF-8 can hold, and leave out NUL, which no table can."""
    if isinstance(data, str):
        return data.replace("\0", "").encode("utf-8", "replace").decode()
    if isinstance(data, dict):
        return {_clean(key): _clean(item) for key, item in data.items()}
    return [_clean(item) for item in data] if isinstance(data, list) else data


def _as_text(body: bytes, content_type: str, mask: Mask) -> Content:
    header = _label(content_type)
    charset = _charset(header)
    if b"\0" in body[:_HEAD] and not charset.startswith(_WITH_NUL):
        return Content(None, is_json=False, label=header.get_content_type())
    return Content(mask.text(_clean(body.decode(charset, "replace"))), is_json=False)


def _decoded(body: bytes, content_type: str) -> str:
    """Read letters as JSON has them, in UTF-8, -16 or -32, else as the label says."""
    try:
        return body.decode(json.detect_encoding(body))
    except ValueError:
        return body.decode(_charset(_label(content_type)), "replace")


def _label(content_type: str) -> Message:
    header = Message()
    header["content-type"] = content_type.encode("ascii", "replace").decode()
    return header


def _charset(header: Message) -> str:
    """Believe a label that names an alphabet; others (`zlib`, `punycode`) are tricks."""
    try:
        name = codecs.lookup(header.get_content_charset("utf-8")).name
    except (LookupError, ValueError):
        return "utf-8-sig"
    return name if name.startswith(_LEGACY) else "utf-8-sig"
