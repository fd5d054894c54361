"""Tickets, for browsers: they cannot send a token where they open a stream."""

from __future__ import annotations

from typing import Any, Final

from runner.front.models.tickets import TicketReply
from runner.front.routes.route import ApiRequest, Route
from runner.front.tickets import SECONDS
from runner.front.tokens import shown


async def _ticket(request: ApiRequest) -> dict[str, Any]:
    ticket = request.site.tickets.give(shown(request.raw))
    return {"ticket": ticket, "expires_in": SECONDS}


ROUTES: Final = (
    Route(
        "ticket",
        "POST",
        "/v1/tickets",
        _ticket,
        "A ticket for a stream, good once and for a minute: ?ticket=…",
        TicketReply,
        status=201,
        callers=True,
        previews=True,
    ),
)
