"""The routes: what each asks the runner and answers."""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable
from dataclasses import asdict, dataclass
from importlib import resources
from typing import Any, Final

from aiohttp import web
from pydantic import BaseModel

from runner import __version__
from runner.front import body, models, openapi
from runner.front.openapi import Described
from runner.front.port import DialogueError, Runner, Turn
from runner.front.problems import HttpProblem, from_dialogue

BODY_SECONDS: Final = 10.0
"""How long a request's body may take to arrive."""

_PROMETHEUS: Final = "text/plain; version=0.0.4; charset=utf-8"
"""Prometheus' text format."""

_FILES: Final = {
    "index.html": "text/html",
    "page.css": "text/css",
    "page.js": "text/javascript",
}


@dataclass(frozen=True, slots=True)
class Route:
    """A row of the table: how it is reached, who answers, and how it is described."""

    described: Described
    handler: Callable[[web.Request], Awaitable[web.StreamResponse]]


class Routes:
    """Handlers over a runner; `table` holds every route that the front has."""

    def __init__(self, runner: Runner, *, body_seconds: float = BODY_SECONDS) -> None:
        """Read the page's files."""
        self._runner = runner
        self._body_seconds = body_seconds
        folder = resources.files("runner.front") / "page"
        self._files = {name: (folder / name).read_bytes() for name in _FILES}
        handlers = {
            "page": self._page,
            "page_style": self._page,
            "page_script": self._page,
            "page_data": self._page_data,
            "health": self._health,
            "ready": self._ready,
            "agents": self._agents,
            "turn": self._turn,
            "sessions": self._sessions,
            "session": self._session,
            "end_session": self._end,
            "release": self._release,
            "reload": self._reload,
            "metrics": self._metrics,
            "openapi": self._openapi,
        }
        self.table = [Route(each, handlers[each.name]) for each in openapi.TABLE]

    async def _page(self, request: web.Request) -> web.Response:
        name = request.path.rpartition("/")[2] or "index.html"
        kind = _FILES[name]
        return web.Response(body=self._files[name], content_type=kind, charset="utf-8")

    async def _page_data(self, _: web.Request) -> web.Response:
        runner = self._runner
        agents = [asdict(each) | {"meet": runner.meet_link(each.name)} for each in runner.agents()]
        return answer(
            models.PageData,
            {
                "version": __version__,
                "livekit": runner.livekit_url,
                "release": self._served(),
                "agents": agents,
            },
        )

    async def _health(self, _: web.Request) -> web.Response:
        return answer(models.StatusReply, {"status": "ok"})

    async def _ready(self, _: web.Request) -> web.Response:
        why = self._runner.not_ready()
        if why is not None:
            raise HttpProblem(503, "not_ready", why)
        return answer(models.StatusReply, {"status": "ready"})

    async def _agents(self, _: web.Request) -> web.Response:
        return answer(models.AgentRows, [asdict(each) for each in self._runner.agents()])

    async def _turn(self, request: web.Request) -> web.Response:
        asked = await body.read(request, models.TurnRequest, seconds=self._body_seconds)
        agent = request.match_info["name"]
        text = asked.text if asked.text.strip() else ""
        began = time.perf_counter()
        try:
            turn = await self._runner.turn(
                agent, text, asked.session_id, asked.variables, asked.metadata
            )
        except DialogueError as error:
            names = [each.name for each in self._runner.agents()]
            raise from_dialogue(error, agent, names) from None
        return answer(models.TurnReply, _reply(turn, time.perf_counter() - began))

    async def _sessions(self, _: web.Request) -> web.Response:
        return answer(models.SessionRows, [asdict(each) for each in self._runner.sessions()])

    async def _session(self, request: web.Request) -> web.Response:
        try:
            found = await self._runner.session(request.match_info["id"])
        except DialogueError as error:
            raise from_dialogue(error, "", []) from None
        return answer(models.SessionDetail, found)

    async def _end(self, request: web.Request) -> web.Response:
        try:
            await self._runner.end(request.match_info["id"])
        except DialogueError as error:
            raise from_dialogue(error, "", []) from None
        return web.Response(status=204)

    async def _release(self, _: web.Request) -> web.Response:
        return answer(models.ReleaseReply, self._served())

    async def _reload(self, _: web.Request) -> web.Response:
        try:
            found = await self._runner.reload()
        except DialogueError as error:
            raise from_dialogue(error, "", []) from None
        return answer(models.ReloadReply, found)

    async def _metrics(self, _: web.Request) -> web.Response:
        headers = {"Content-Type": _PROMETHEUS}
        return web.Response(body=self._runner.metrics().encode(), headers=headers)

    async def _openapi(self, _: web.Request) -> web.Response:
        return web.json_response(openapi.document())

    def _served(self) -> dict[str, Any]:
        release = self._runner.release
        if not release:
            raise HttpProblem(503, "not_ready", "no release is served yet")
        return release


def _reply(turn: Turn, seconds: float) -> dict[str, Any]:
    return {
        "session_id": turn.session_id,
        "text": turn.text,
        "events": list(turn.events),
        "usage": {"input_tokens": turn.input_tokens, "output_tokens": turn.output_tokens},
        "latency_ms": round(seconds * 1000),
        "ended": turn.ended,
        "release": turn.release,
        "persona": turn.persona,
        "variables": turn.variables,
    }


def answer(model: type[BaseModel], value: Any) -> web.Response:
    """Answer with JSON that is what the OpenAPI document promises.

    Raises:
        pydantic.ValidationError: the runner handed over something else; a fault of lkrun.
    """
    text = model.model_validate(value).model_dump_json(by_alias=True)
    return web.Response(text=text, content_type="application/json", charset="utf-8")
