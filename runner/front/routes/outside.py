"""What happens elsewhere, and what is asked of an agent from there."""

from __future__ import annotations

from typing import Any, Final

from runner.front.models.outside import EventReply, EventRequest
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
)
