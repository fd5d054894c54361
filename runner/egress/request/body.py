"""The body of a request."""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import quote_plus

from runner.egress.request.address import form_encoded, pairs
from runner.egress.request.texts import Texts
from runner.schema.http import Body
from runner.template import Empty, as_text


def body(spec: Body | None, texts: Texts) -> tuple[bytes | None, dict[str, bytes]]:
    """Write a body, and the header that says what it is."""
    if spec is None:
        return None, {}
    if spec.form is not None:
        entries = pairs(texts.entries(spec.form), _wire_text)
        content = form_encoded(entries, quote_via=quote_plus).encode()
        return content, {"Content-Type": b"application/x-www-form-urlencoded"}
    if spec.text is not None:
        content = texts.text(spec.text).encode("utf-8", "replace")
        return content, {"Content-Type": b"text/plain; charset=utf-8"}
    data = texts.json(spec.json_)
    if isinstance(data, Empty):
        return None, {}
    written = json.dumps(data, ensure_ascii=False, separators=(",", ":"))
    return written.encode("utf-8", "replace"), {"Content-Type": b"application/json"}


def _wire_text(value: Any) -> str:
    return as_text(value, wire=True)
