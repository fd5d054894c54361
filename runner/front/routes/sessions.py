"""Dialogues and calls."""

from __future__ import annotations

from typing import Any, Final

from runner.front.models.sessions import SessionDetail, SessionRows
from runner.front.port import SessionInfo
from runner.front.routes.route import ApiRequest, Route


async def _sessions(request: ApiRequest) -> list[SessionInfo]:
    return request.runner.sessions()


async def _session(request: ApiRequest) -> dict[str, Any]:
    return await request.runner.session(request.path["id"])


async def _end(request: ApiRequest) -> None:
    await request.runner.end(request.path["id"])


ROUTES: Final = (
    Route("sessions", "GET", "/v1/sessions", _sessions, "Dialogues and calls", SessionRows),
    Route(
        "session",
        "GET",
        "/v1/sessions/{id}",
        _session,
        "One of them with its events and variables",
        SessionDetail,
        errors=(404,),
    ),
    Route(
        "end_session",
        "DELETE",
        "/v1/sessions/{id}",
        _end,
        "End it",
        status=204,
        errors=(404, 409),
    ),
)
