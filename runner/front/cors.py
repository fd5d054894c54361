"""Pages of other sites that may ask: CORS (Fetch standard), by the origins that are listed."""

from __future__ import annotations

from typing import Final

from aiohttp import web

_HEADERS: Final = "content-type, authorization, x-sandbox-id, x-session-id"
_KEPT: Final = "600"
"""Seconds for which a browser need not ask again."""


def of_origin(request: web.Request, origins: frozenset[str]) -> dict[str, str]:
    """The headers by which a listed page may read the answer; nothing where no page is listed."""
    if not origins:
        return {}
    about = {"Vary": "Origin"}
    origin = request.headers.get("Origin", "")
    if origin.lower() in origins:
        about["Access-Control-Allow-Origin"] = origin
        about["Access-Control-Expose-Headers"] = "Retry-After"
    return about


def preflight(request: web.Request, origins: frozenset[str]) -> web.Response | None:
    """The answer to a listed page's browser that asks what it may; None if it asks anything else.

    The browser sends no token with it.
    """
    asks = request.method == "OPTIONS" and "Access-Control-Request-Method" in request.headers
    refused = request.match_info.http_exception
    if not asks or not isinstance(refused, web.HTTPMethodNotAllowed):
        return None
    if request.headers.get("Origin", "").lower() not in origins:
        return None
    methods = ", ".join(sorted(refused.allowed_methods))
    about = {
        "Access-Control-Allow-Methods": methods,
        "Access-Control-Allow-Headers": _HEADERS,
        "Access-Control-Max-Age": _KEPT,
    }
    return web.Response(status=204, headers=about)
