"""Campaigns: whom agents call, and what came of it."""

from __future__ import annotations

from typing import Any, Final

from aiohttp import web

from runner.front.models.campaigns import CampaignDetail, CampaignRow, CampaignRows
from runner.front.problems import HttpProblem
from runner.front.routes.route import ApiRequest, Route

_FEW, _MOST = 100, 1000


async def _listed(request: ApiRequest) -> list[dict[str, Any]]:
    return await request.runner.campaigns.listed()


async def _one(request: ApiRequest) -> dict[str, Any]:
    cursor = _number(request, "cursor", 0, 1 << 31)
    limit = _number(request, "limit", _FEW, _MOST)
    return await request.runner.campaigns.one(request.path["name"], cursor, max(limit, 1))


def _number(request: ApiRequest, name: str, usual: int, most: int) -> int:
    text = request.raw.query.get(name)
    if text is None:
        return usual
    if not (text.isascii() and text.isdecimal()) or int(text) > most:
        hint = f"write a whole number up to {most}"
        raise HttpProblem(400, "bad_request", f"'{name}' is not such a number", hint)
    return int(text)


async def _results(request: ApiRequest) -> web.Response:
    text = await request.runner.campaigns.results(request.path["name"])
    return web.Response(text=text, content_type="text/csv", charset="utf-8")


async def _start(request: ApiRequest) -> dict[str, Any]:
    return await request.runner.campaigns.start(request.path["name"])


async def _pause(request: ApiRequest) -> dict[str, Any]:
    return await request.runner.campaigns.pause(request.path["name"])


async def _stop(request: ApiRequest) -> dict[str, Any]:
    return await request.runner.campaigns.stop(request.path["name"])


ROUTES: Final = (
    Route(
        "campaigns",
        "GET",
        "/v1/campaigns",
        _listed,
        "The campaigns, with counts by outcome",
        CampaignRows,
        errors=(503,),
    ),
    Route(
        "campaign",
        "GET",
        "/v1/campaigns/{name}",
        _one,
        "One of them: its contacts, each with its attempts",
        CampaignDetail,
        query={
            "cursor": "contacts behind this line of the table",
            "limit": f"so many at most; {_FEW} without it",
        },
        errors=(400, 404, 503),
    ),
    Route(
        "campaign_results",
        "GET",
        "/v1/campaigns/{name}/results.csv",
        _results,
        "Its results for a spreadsheet: a line a contact",
        kind="text/csv",
        errors=(404, 503),
    ),
    Route(
        "start_campaign",
        "POST",
        "/v1/campaigns/{name}/start",
        _start,
        "Begin it, or go on with it: the contacts are checked first",
        CampaignRow,
        errors=(404, 422, 503),
    ),
    Route(
        "pause_campaign",
        "POST",
        "/v1/campaigns/{name}/pause",
        _pause,
        "Call nobody more until it is started again; calls in progress go on",
        CampaignRow,
        errors=(404, 409, 503),
    ),
    Route(
        "stop_campaign",
        "POST",
        "/v1/campaigns/{name}/stop",
        _stop,
        "End it: a start afterwards begins from the start",
        CampaignRow,
        errors=(404, 409, 503),
    ),
)
