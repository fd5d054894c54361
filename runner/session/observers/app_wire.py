"""What goes between a call and the caller's app: JSON, bounded."""

from __future__ import annotations

import json
from typing import Any, Final, Never

from livekit import rtc

from runner.session.errors import AppRefusedError
from runner.template import as_data, as_text

LARGEST: Final = 15 * 1024
"""Bytes of what goes either way: more does not fit into one call of LiveKit's."""


def shown(value: Any) -> str:
    """A value as an attribute: texts as they are, all else as JSON."""
    data = as_data(value)
    if data is None:
        return ""
    if isinstance(data, list | dict):
        return json.dumps(data, ensure_ascii=False)
    return as_text(value, wire=True)


def payload(written: str | bytes) -> dict[str, Any]:
    """What came from an app.

    Raises:
        AppRefusedError: it is no JSON object.
    """
    raw = written if isinstance(written, bytes) else written.encode("utf-8", "replace")
    if len(raw) > LARGEST:
        refuse("the payload is longer than 15 KB")
    try:
        data = json.loads(raw.decode() or "{}", parse_constant=_no_number)
        json.dumps(data, ensure_ascii=False).encode()
    except (ValueError, RecursionError):
        refuse("the payload is not JSON")
    if not isinstance(data, dict):
        refuse('the payload is not a JSON object, such as {"name": "value"}')
    return data


def _no_number(word: str) -> Never:
    raise ValueError(word)


def returned(answer: str) -> Any:
    """What a method of the app has returned: data where that is JSON, else text."""
    try:
        return json.loads(answer)
    except (ValueError, RecursionError):
        return answer


def why(error: rtc.RpcError, method: str) -> str:
    """Why a method of the app has failed."""
    if error.code == rtc.RpcError.ErrorCode.UNSUPPORTED_METHOD:
        return f"the app has no method '{method}'"
    if error.code == rtc.RpcError.ErrorCode.REQUEST_PAYLOAD_TOO_LARGE:
        return "what is sent to the app is longer than 15 KB"
    return f"the app answered: {error.message[:300]}"


def refuse(problem: str) -> Never:
    """Refuse what an app sends.

    Raises:
        AppRefusedError: always.
    """
    raise AppRefusedError(problem)
