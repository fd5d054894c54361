"""A request's body: read with a limit on size and time, then understood as JSON (RFC 8259)."""

from __future__ import annotations

import asyncio
import json
import math
from typing import Any, Final, Never, TypeVar

from aiohttp import web
from pydantic import BaseModel, ValidationError

from runner.front.models.base import LONGEST_BODY
from runner.front.problems import HttpProblem, from_validation

RequestT = TypeVar("RequestT", bound=BaseModel)

JSON: Final = "application/json"

_EXAMPLE: Final = 'write, for example, {"text": "hello"}'


def understood(request: web.Request, raw: bytes, model: type[RequestT]) -> RequestT:
    """Read a body into its model; an empty one is an empty object.

    Raises:
        HttpProblem: it is no JSON, or not what the model allows.
    """
    if raw:
        check_label(request)
    try:
        return model.model_validate(_parsed(raw) if raw.strip() else {})
    except ValidationError as error:
        raise from_validation(error, model) from None


async def received(request: web.Request, *, seconds: float) -> bytes:
    """The body, as it was sent.

    Raises:
        HttpProblem: it is too long or too slow.
    """
    if request.headers.get("Content-Encoding", "identity").lower() != "identity":
        raise HttpProblem(400, "bad_request", "a compressed body is not read here", "send it plain")
    if (request.content_length or 0) > LONGEST_BODY:
        raise _too_long()
    raw = bytearray()
    try:
        async with asyncio.timeout(seconds):
            async for chunk in request.content.iter_any():
                raw += chunk
                if len(raw) > LONGEST_BODY:
                    raise _too_long()
    except TimeoutError:
        message = f"the body did not arrive within {seconds:g} seconds"
        raise HttpProblem(408, "too_slow", message, headers={"Connection": "close"}) from None
    except web.RequestPayloadError:
        headers = {"Connection": "close"}
        message = "the body is not what its headers promise"
        raise HttpProblem(400, "bad_request", message, headers=headers) from None
    return bytes(raw)


def check_label(request: web.Request) -> None:
    """Refuse a body that is not labelled as JSON, also where none is wanted.

    A page of another site can send any label but this one without asking first (Fetch standard).

    Raises:
        HttpProblem: 415.
    """
    if request.content_type == JSON:
        return
    label = request.headers.get("Content-Type")
    named = f"labelled '{label[:100]}'" if label else "not labelled"
    hint = f"send the header Content-Type: {JSON}"
    raise HttpProblem(415, "not_json", f"the body is {named}, and only JSON is read here", hint)


def _too_long() -> HttpProblem:
    message = f"the body is longer than {LONGEST_BODY // 1024} KB"
    return HttpProblem(413, "too_long", message, "send a shorter text")


def _parsed(raw: bytes) -> Any:
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise _no_json("the body is not UTF-8") from None
    try:
        value = json.loads(
            text, parse_constant=_no_number, parse_float=_finite, object_pairs_hook=_once
        )
    except json.JSONDecodeError as error:
        where = f"line {error.lineno}, column {error.colno}"
        raise _no_json(f"the body is not JSON: it breaks off or goes wrong at {where}") from None
    except RecursionError:
        raise _no_json("the body is nested too deep") from None
    except ValueError:  # whole numbers of thousands of digits
        raise _no_json("the body holds a number that is too long") from None
    try:
        json.dumps(value, ensure_ascii=False).encode()
    except UnicodeEncodeError:
        message = "the body holds half of a character (a lone surrogate)"
        raise HttpProblem(422, "out_of_bounds", message) from None
    return value


def _no_json(message: str) -> HttpProblem:
    return HttpProblem(400, "bad_request", message, _EXAMPLE)


def _no_number(word: str) -> Never:
    raise _no_json(f"{word} is not a number in JSON")


def _finite(digits: str) -> float:
    value = float(digits)
    if math.isinf(value):
        raise _no_json("the body holds a number that is too large")
    return value


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    values: dict[str, Any] = {}
    for name, value in pairs:
        if name in values:
            raise _no_json(f"'{name[:60]}' stands twice in the body")
        values[name] = value
    return values
