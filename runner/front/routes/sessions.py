"""Dialogues and calls."""

from __future__ import annotations

from typing import Any, Final

from aiohttp import web

from runner.front.event_stream import send
from runner.front.models.actions import ActionRequest
from runner.front.models.sessions import SessionDetail, SessionRows
from runner.front.problems import HttpProblem
from runner.front.routes.route import ApiRequest, Route
from runner.front.talks_port import SessionInfo

_YAML: Final = "application/yaml"
"""RFC 9512, 2.1."""

_LONGEST: Final = 12
"""Digits of an event's number."""


async def _sessions(request: ApiRequest) -> list[SessionInfo]:
    return [each for each in request.runner.sessions() if request.may_see(each.id)]


async def _session(request: ApiRequest) -> dict[str, Any]:
    return await request.runner.session(request.own(request.path["id"]))


async def _act(request: ApiRequest) -> None:
    body: ActionRequest = request.body
    action = body.model_dump(by_alias=True, exclude_unset=True)
    await request.runner.act(request.path["id"], action)


async def _as_test(request: ApiRequest) -> web.Response:
    text = await request.runner.as_test(request.own(request.path["id"]))
    return web.Response(text=text, content_type=_YAML)


async def _end(request: ApiRequest) -> None:
    await request.runner.end(request.own(request.path["id"]))


async def _audio(request: ApiRequest) -> web.StreamResponse:
    file = request.runner.sound(request.own(request.path["id"]))
    return web.FileResponse(file, headers={"Content-Type": "audio/wav"})


async def _events(request: ApiRequest) -> web.StreamResponse:
    events = await request.runner.events(request.own(request.path["id"]), _after(request.raw))
    return await send(request.raw, events, request.site.closing)


def _after(request: web.Request) -> int:
    """The number of the last event that the client has; a browser sends it as it connects again."""
    written = request.headers.get("Last-Event-ID") or request.query.get("after") or "0"
    if not (written.isascii() and written.isdigit() and len(written) < _LONGEST):
        message = f"'{written[:40]}' is not the number of an event"
        raise HttpProblem(
            400, "bad_request", message, "send the id of the last event that you have"
        )
    return int(written)


ROUTES: Final = (
    Route(
        "sessions",
        "GET",
        "/v1/sessions",
        _sessions,
        "Dialogues and calls",
        SessionRows,
        callers=True,
        previews=True,
    ),
    Route(
        "session",
        "GET",
        "/v1/sessions/{id}",
        _session,
        "One of them with its events and variables",
        SessionDetail,
        errors=(404,),
        callers=True,
        previews=True,
    ),
    Route(
        "session_events",
        "GET",
        "/v1/sessions/{id}/events",
        _events,
        "Its events as they happen, until its end (Server-Sent Events)",
        kind="text/event-stream",
        ticketed=True,
        errors=(400, 404),
        callers=True,
        previews=True,
    ),
    Route(
        "session_audio",
        "GET",
        "/v1/sessions/{id}/audio",
        _audio,
        "The sound of a dialogue in which both speak, until an hour after its end",
        kind="audio/wav",
        ticketed=True,
        errors=(404,),
        callers=True,
        previews=True,
    ),
    Route(
        "session_test",
        "GET",
        "/v1/sessions/{id}/test",
        _as_test,
        "A test of the language, in YAML, of what was said in it",
        kind=_YAML,
        errors=(404,),
        previews=True,
    ),
    Route(
        "act",
        "POST",
        "/v1/sessions/{id}/actions",
        _act,
        "Have one action of the language done, between two turns",
        request=ActionRequest,
        status=204,
        errors=(404, 409, 429, 503),
    ),
    Route(
        "end_session",
        "DELETE",
        "/v1/sessions/{id}",
        _end,
        "End it",
        status=204,
        errors=(404, 409),
        callers=True,
        previews=True,
    ),
)
