"""Errors as they go over the wire: one shape, also where aiohttp or the wire itself refuses."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from http import HTTPStatus
from typing import Any, Final

from aiohttp import web

from runner.front.problems import HttpProblem

_SCHEMES: Final = {"ws": "http", "http": "ws", "wss": "https", "https": "wss"}
"""LiveKit is spoken with by both: scheme → the other one."""


def policy(livekit: str | None = None) -> str:
    """What a page may load and reach: the runner, and LiveKit at exactly this address."""
    reached = "".join(f" {each}" for each in _origins(livekit or ""))
    return (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; "
        f"connect-src 'self'{reached}; media-src 'self' blob:; base-uri 'none'; "
        "form-action 'none'; frame-ancestors 'none'; "
        "require-trusted-types-for 'script'; trusted-types 'none'"
    )


def _origins(url: str) -> tuple[str, ...]:
    """An address as its two origins; nothing where it is none."""
    scheme, _, rest = url.partition("://")
    place = rest.partition("/")[0]
    if scheme not in _SCHEMES or not re.fullmatch(r"[A-Za-z0-9.\-:\[\]]+", place):
        return ()
    return (f"{scheme}://{place}", f"{_SCHEMES[scheme]}://{place}")


HEADERS: Final = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": policy(),
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=(self)",
    "Referrer-Policy": "no-referrer",
    "Server": "lkrun",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
}
"""Set on every answer."""

OWN: Final = frozenset({"Content-Security-Policy", "Cross-Origin-Resource-Policy"})
"""Of these, what an answer may say itself."""


def response(problem: HttpProblem, body: Mapping[str, Any] | None = None) -> web.Response:
    """A problem as an answer; `body` where it has another shape than ours."""
    return web.json_response(
        body or problem.body, status=problem.status, headers={**HEADERS, **problem.headers}
    )


def raw(problem: HttpProblem) -> bytes:
    """A problem as bytes, for a connection on which no request was understood; it is the last."""
    body = json.dumps(problem.body).encode()
    about: Mapping[str, str] = {
        **HEADERS,
        **problem.headers,
        "Content-Type": "application/json; charset=utf-8",
        "Content-Length": str(len(body)),
        "Connection": "close",
    }
    head = [f"HTTP/1.1 {problem.status} {HTTPStatus(problem.status).phrase}"]
    head += [f"{name}: {value}" for name, value in about.items()]
    return "\r\n".join([*head, "", ""]).encode() + body


def from_http(method: str, error: web.HTTPException) -> HttpProblem:
    """What aiohttp refuses, in our words."""
    if isinstance(error, web.HTTPMethodNotAllowed):
        allowed = ", ".join(sorted(error.allowed_methods))
        message = f"{method} is not possible at this address"
        return HttpProblem(405, "wrong_method", message, f"use {allowed}", {"Allow": allowed})
    if isinstance(error, web.HTTPNotFound):
        hint = "the routes are listed at /openapi.json"
        return HttpProblem(404, "unknown_route", "there is nothing at this address", hint)
    if isinstance(error, web.HTTPExpectationFailed):
        hint = "leave the header Expect out, or send 100-continue"
        return HttpProblem(417, "bad_request", "what the header Expect asks for is unknown", hint)
    return HttpProblem(error.status, "bad_request", error.reason)
