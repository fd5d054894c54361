"""External agents: their jobs, what their programs say of them, and what is delivered."""

from __future__ import annotations

from typing import Any, Final

from runner.front.models.jobs import (
    DeliveryRow,
    DeliveryRows,
    ExternalAgentRows,
    JobRow,
    JobRows,
    StatusBody,
)
from runner.front.routes.route import ApiRequest, Route
from runner.front.tokens import shown


async def _jobs(request: ApiRequest) -> list[dict[str, Any]]:
    return request.runner.external.jobs()


async def _job(request: ApiRequest) -> dict[str, Any]:
    return request.runner.external.job(request.path["id"])


async def _cancel(request: ApiRequest) -> dict[str, Any]:
    return request.runner.external.cancel(request.path["id"])


async def _status(request: ApiRequest) -> dict[str, Any]:
    body, token = request.body, shown(request.raw).reveal()
    return request.runner.external.report(
        request.path["id"], token, body.status, body.error, body.message
    )


async def _agents(request: ApiRequest) -> list[dict[str, Any]]:
    return await request.runner.external.agents()


async def _deliveries(request: ApiRequest) -> list[dict[str, Any]]:
    return await request.runner.external.deliveries()


async def _replay(request: ApiRequest) -> dict[str, Any]:
    return await request.runner.external.replay(request.path["id"])


ROUTES: Final = (
    Route(
        "external_agents",
        "GET",
        "/v1/external-agents",
        _agents,
        "The external agents: health, breaker, last deliveries",
        ExternalAgentRows,
    ),
    Route("jobs", "GET", "/v1/jobs", _jobs, "The last jobs of external agents", JobRows),
    Route("job", "GET", "/v1/jobs/{id}", _job, "One of them", JobRow, errors=(404,)),
    Route(
        "cancel_job",
        "POST",
        "/v1/jobs/{id}/cancel",
        _cancel,
        "End it: its program is told, and taken out of the room after 10 s",
        JobRow,
        errors=(404, 409),
    ),
    Route(
        "job_status",
        "POST",
        "/v1/jobs/{id}/status",
        _status,
        "How it goes, told by its program with the job's own token",
        JobRow,
        StatusBody,
        errors=(400, 401, 404, 409),
        open=True,
    ),
    Route(
        "deliveries",
        "GET",
        "/v1/deliveries",
        _deliveries,
        "What was sent of calls and jobs, and what could not be, the newest first",
        DeliveryRows,
    ),
    Route(
        "replay_delivery",
        "POST",
        "/v1/deliveries/{id}/replay",
        _replay,
        "Send one again that was given up, under the same id",
        DeliveryRow,
        status=202,
        errors=(404, 409),
    ),
)
