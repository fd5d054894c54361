"""What happens elsewhere, and what is asked of an agent from there."""

from __future__ import annotations

from typing import Any, Final

from runner.front.models.outside import (
    EventReply,
    EventRequest,
    IntentReply,
    IntentRequest,
    ToolReply,
    ToolRequest,
)
from runner.front.routes.route import ApiRequest, Route
from runner.front.webhooks import ID


async def _event(request: ApiRequest) -> dict[str, Any]:
    body: EventRequest = request.body
    name, deliveries = request.raw.headers.get(ID, "")[:256], request.site.deliveries
    if name and (known := deliveries.take(name)) is not None:
        return {"id": known}
    try:
        kept = await request.runner.event(body.event_type, body.data, body.session_id)
    except BaseException:
        deliveries.refused(name)
        raise
    deliveries.answered(name, kept)
    return {"id": kept}


async def _intent(request: ApiRequest) -> dict[str, Any]:
    body: IntentRequest = request.body
    return await request.runner.intent(body.agent, body.text, body.session_id)


async def _use_tool(request: ApiRequest) -> dict[str, Any]:
    body: ToolRequest = request.body
    return await request.runner.use_tool(body.agent, body.tool, body.arguments, body.session_id)


ROUTES: Final = (
    Route(
        "event",
        "POST",
        "/agent/event",
        _event,
        "Tell of something that has happened elsewhere; its session does what on_event says",
        EventReply,
        EventRequest,
        status=202,
        errors=(404, 409, 429, 503),
        signed=True,
    ),
    Route(
        "intent",
        "POST",
        "/agent/intent",
        _intent,
        "Which intent of an agent a text means; in a session, what it does is done",
        IntentReply,
        IntentRequest,
        errors=(404, 409, 429, 503),
    ),
    Route(
        "call_api",
        "POST",
        "/agent/call-api",
        _use_tool,
        "Have an HTTP tool of an agent ask its service, without a model",
        ToolReply,
        ToolRequest,
        errors=(404, 409, 429, 503),
    ),
)
