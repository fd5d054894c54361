"""The body of a request."""

from __future__ import annotations

import json
import mimetypes
import posixpath
from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import quote_plus

import httpx

from runner.egress.request.address import form_encoded, pairs
from runner.egress.request.texts import Texts
from runner.schema.http import Body, FilePart
from runner.secret import reveal
from runner.template import Empty, as_text


def body(
    spec: Body | None, texts: Texts, file: Callable[[str], bytes]
) -> tuple[bytes | None, dict[bytes, bytes]]:
    """Write a body, and the header that says what it is.

    Raises:
        RequestError: a file that is sent cannot be read.
    """
    if spec is None:
        return None, {}
    if spec.form is not None:
        entries = pairs(texts.entries(spec.form), _wire_text)
        content = form_encoded(entries, quote_via=quote_plus).encode()
        return content, {b"Content-Type": b"application/x-www-form-urlencoded"}
    if spec.text is not None:
        content = reveal(texts.sealed(spec.text)).encode("utf-8", "replace")
        return content, {b"Content-Type": b"text/plain; charset=utf-8"}
    if spec.multipart is not None:
        return _multipart(spec.multipart, texts, file)
    data = texts.json(spec.json_)
    if isinstance(data, Empty):
        return None, {}
    written = json.dumps(data, ensure_ascii=False, separators=(",", ":"), default=reveal)
    return written.encode("utf-8", "replace"), {b"Content-Type": b"application/json"}


def _multipart(
    parts: Mapping[str, Any], texts: Texts, file: Callable[[str], bytes]
) -> tuple[bytes, dict[bytes, bytes]]:
    """Write a form with files (RFC 7578); a part without a value is left out."""
    written: list[tuple[str, tuple[str | None, bytes, str | None]]] = []
    for name, part in parts.items():
        if isinstance(part, FilePart):
            path = str(part.file)
            label = mimetypes.guess_type(path)[0] or "application/octet-stream"
            written.append((name, (posixpath.basename(path), file(path), label)))
            continue
        for key, text in pairs(texts.entries({name: part}), _wire_text):
            written.append((key, (None, text.encode("utf-8", "replace"), None)))
    form = httpx.Request("POST", "http://form", files=written)
    return form.read(), {b"Content-Type": form.headers["Content-Type"].encode()}


def _wire_text(value: Any) -> str:
    return as_text(value, wire=True)
