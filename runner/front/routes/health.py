"""Whether the runner is alive and ready, its figures, and the description of this API."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any, Final

from aiohttp import web

from runner.front.models.health import ReadyReply, StatusReply
from runner.front.problems import HttpProblem
from runner.front.routes.route import ApiRequest, Route

_PROMETHEUS: Final = "text/plain; version=0.0.4; charset=utf-8"
"""Prometheus' text format."""


async def _health(_: ApiRequest) -> dict[str, Any]:
    return {"status": "ok"}


async def _ready(request: ApiRequest) -> dict[str, Any]:
    reason = request.runner.not_ready()
    if reason is not None:
        raise HttpProblem(503, "not_ready", reason)
    load = request.runner.load()
    return {"status": "ready", **(asdict(load) if load.max_calls is not None else {})}


async def _metrics(request: ApiRequest) -> web.Response:
    figures = request.runner.metrics().encode()
    return web.Response(body=figures, headers={"Content-Type": _PROMETHEUS})


async def _openapi(request: ApiRequest) -> web.Response:
    return web.json_response(request.site.document)


ROUTES: Final = (
    Route(
        "health",
        "GET",
        "/health",
        _health,
        "Whether the runner is alive",
        StatusReply,
        open=True,
        counted=False,
    ),
    Route(
        "ready",
        "GET",
        "/ready",
        _ready,
        "Whether a release is served and every agent is registered; and whether calls are taken",
        ReadyReply,
        errors=(503,),
        open=True,
        counted=False,
    ),
    Route("metrics", "GET", "/metrics", _metrics, "Figures for Prometheus", kind="text/plain"),
    Route("openapi", "GET", "/openapi.json", _openapi, "This document"),
)
