"""Calls that agents make."""

from __future__ import annotations

from typing import Any, Final

from runner.front.calls_port import Order
from runner.front.models.calls import LONGEST_KEY, CallRequest, CallRow
from runner.front.problems import HttpProblem
from runner.front.routes.route import ApiRequest, Route

KEY: Final = "Idempotency-Key"


async def _begin(request: ApiRequest) -> dict[str, Any]:
    body: CallRequest = request.body
    key = request.raw.headers.get(KEY)
    if key is not None and not 0 < len(key.strip()) <= LONGEST_KEY:
        message = f"'{KEY}' is empty, or longer than {LONGEST_KEY} characters"
        raise HttpProblem(400, "bad_request", message)
    return await request.runner.outgoing.begin(
        Order(body.agent, body.to, body.metadata, body.variables or {}, key)
    )


async def _call(request: ApiRequest) -> dict[str, Any]:
    return await request.runner.outgoing.call(request.path["id"])


ROUTES: Final = (
    Route(
        "begin_call",
        "POST",
        "/v1/calls",
        _begin,
        "Have an agent call somebody; the same `Idempotency-Key` within a day is the same call",
        CallRow,
        CallRequest,
        status=202,
        errors=(400, 404, 409, 422, 503),
    ),
    Route("call", "GET", "/v1/calls/{id}", _call, "How such a call goes", CallRow, errors=(404,)),
)
