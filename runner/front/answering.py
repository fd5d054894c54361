"""A route's handler on the wire: the body read, the answer held to its model, errors in words."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

from aiohttp import web
from pydantic import BaseModel

from runner.diagnostics.nearest import did_you_mean
from runner.front import body, webhooks
from runner.front.port import DialogueError, Runner
from runner.front.problems import HttpProblem, from_dialogue
from runner.front.responses import response
from runner.front.routes.route import JSON, ApiRequest, Route, Site
from runner.front.tickets import PARAMETER


def answering(
    route: Route, site: Site, body_seconds: float
) -> Callable[[web.Request], Awaitable[web.StreamResponse]]:
    """What aiohttp calls for a route; a body that takes longer than `body_seconds` is refused."""

    async def answer(request: web.Request) -> web.StreamResponse:
        try:
            return await _answer(route, site, request, body_seconds)
        except HttpProblem as problem:
            return response(problem, route.problem.of(problem))

    return answer


async def _answer(
    route: Route, site: Site, request: web.Request, body_seconds: float
) -> web.StreamResponse:
    _known(route, request)
    content = None
    if route.request is not None:
        raw = await body.received(request, seconds=body_seconds)
        webhooks.check(request, raw)
        content = body.understood(request, raw, route.request)
    elif route.method != "GET" and request.can_read_body:
        body.check_label(request)
    try:
        value = await route.handler(ApiRequest(site, request.match_info, content, request))
    except DialogueError as error:
        raise _problem(error, _agent(request, content), site.runner) from None
    return _response(route, value)


def _agent(request: web.Request, content: Any) -> str:
    """The agent that a request names."""
    named = (getattr(content, each, None) for each in ("model", "agent"))
    return request.match_info.get("name") or next((str(each) for each in named if each), "")


def _known(route: Route, request: web.Request) -> None:
    """Refuse what is asked for in the address and is not there, or is asked for twice.

    Raises:
        HttpProblem: it is not, or it is.
    """
    if route.query is None:
        return
    unknown = next((name for name in request.query if name not in route.query), None)
    if unknown is not None and not (route.ticketed and unknown == PARAMETER):
        hint = did_you_mean(unknown, route.query) or f"there are: {', '.join(route.query)}"
        raise HttpProblem(400, "bad_request", f"unknown parameter '{unknown[:40]}'", hint)
    twice = next((name for name in request.query if len(request.query.getall(name)) > 1), None)
    if twice is not None:
        message = f"'{twice[:40]}' stands twice in the address"
        raise HttpProblem(400, "bad_request", message, "give it once")


def _problem(error: DialogueError, agent: str, runner: Runner) -> HttpProblem:
    return from_dialogue(error, agent, [each.name for each in runner.agents()])


def _response(route: Route, value: Any) -> web.StreamResponse:
    if isinstance(value, web.StreamResponse):
        return value
    if route.reply is None:
        return web.Response(status=route.status)
    return web.Response(
        text=_json(route.reply, value), status=route.status, content_type=JSON, charset="utf-8"
    )


def _json(model: type[BaseModel], value: Any) -> str:
    """JSON that is what the OpenAPI document promises.

    Raises:
        pydantic.ValidationError: the runner handed over something else; a fault of lkrun.
    """
    return model.model_validate(value).model_dump_json(by_alias=True)
