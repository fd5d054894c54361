"""The page: its files, and what it shows before anybody talks."""

from __future__ import annotations

import asyncio
import gzip
from dataclasses import asdict
from datetime import datetime
from functools import cache
from importlib import resources
from pathlib import PurePosixPath
from typing import Any, Final

from aiohttp import web

from runner import __version__
from runner.front.models.page import PageData, Portraits
from runner.front.port import Runner
from runner.front.problems import HttpProblem
from runner.front.responses import policy
from runner.front.routes.releases import served
from runner.front.routes.route import ApiRequest, Handler, Route
from runner.front.talks_port import Preview


@cache
def _content(name: str) -> bytes:
    return resources.files("runner.front").joinpath("page", *PurePosixPath(name).parts).read_bytes()


@cache
def _packed(name: str) -> bytes:
    return gzip.compress(_content(name), mtime=0)


async def _page(request: ApiRequest) -> web.Response:
    """The page, which may reach LiveKit where it is configured, and nothing else."""
    headers = {"Content-Security-Policy": policy(request.runner.livekit_url)}
    body = _content("index.html")
    return web.Response(body=body, content_type="text/html", charset="utf-8", headers=headers)


def _file(name: str, kind: str) -> Handler:
    async def answer(_: ApiRequest) -> web.Response:
        return web.Response(body=_content(name), content_type=kind, charset="utf-8")

    return answer


_MODULES: Final = {
    **{
        f"{name}.js": f"{name}.js"
        for name in (
            "agents", "api", "astest", "calls", "campaigns", "dom", "door", "external", "figures",
            "latency", "plots", "room", "said", "taps", "trace", "widget",
        )
    },
    "livekit-client.js": "vendor/livekit-client-2.23.0.js",
}  # fmt: skip
"""What the page's script is made of: name → file. It loads what is wanted."""


async def _widget(_: ApiRequest) -> web.Response:
    """What any page may load: it holds no secret, and gets nothing where it is not listed."""
    return _script(_content("widget-loader.js"), {"Cross-Origin-Resource-Policy": "cross-origin"})


async def _module(request: ApiRequest) -> web.Response:
    name = request.path["file"]
    if name not in _MODULES:
        raise HttpProblem(404, "unknown_file", "the page has no such file")
    if "gzip" not in request.raw.headers.get("Accept-Encoding", ""):
        return _script(_content(_MODULES[name]))
    packed = await asyncio.to_thread(_packed, _MODULES[name])
    return _script(packed, {"Content-Encoding": "gzip", "Vary": "Accept-Encoding"})


def _script(body: bytes, about: dict[str, str] | None = None) -> web.Response:
    return web.Response(body=body, headers=about, content_type="text/javascript", charset="utf-8")


async def _data(request: ApiRequest) -> dict[str, Any]:
    runner, preview = request.runner, request.preview
    if preview is not None:
        return _previewed(runner, preview)
    if runner.livekit_url is None:
        runner.expect_voice()
    agents = [asdict(each) | {"meet": runner.meet_link(each.name)} for each in runner.agents()]
    return {
        "version": __version__,
        "livekit": runner.livekit_url,
        "release": served(runner),
        "agents": agents,
        "folder": runner.folder(),
        "dev": runner.dev,
        "preview": None,
    }


def _previewed(runner: Runner, preview: Preview) -> dict[str, Any]:
    """What is shown of a preview, in which the front holds all calls by voice itself."""
    runner.expect_voice()
    agents = runner.agents(preview.release)
    names = [each.name for each in agents]
    return {
        "version": __version__,
        "livekit": None,
        "release": {"id": preview.release, "time": _moment(preview.made), "agents": names},
        "agents": [asdict(each) | {"meet": None} for each in agents],
        "folder": _AT_REST,
        "dev": False,
        "preview": {"expires": _moment(preview.expires)},
    }


def _moment(when: datetime) -> str:
    return when.isoformat(timespec="seconds").replace("+00:00", "Z")


_AT_REST: Final = {
    "broken": False,
    "looked": "",
    "diagnostics": [],
    "changed": None,
    "release": None,
    "changes": [],
}
"""How the folder stands where it is nobody's business."""


async def _portraits(request: ApiRequest) -> list[dict[str, Any]]:
    release = request.preview.release if request.preview is not None else None
    drawn = request.runner.portraits(release)
    return [asdict(each) | drawn[each.name] for each in request.runner.agents(release)]


def _row(name: str, path: str, file: str, kind: str, summary: str) -> Route:
    answer = _file(file, kind)
    return Route(name, "GET", path, answer, summary, kind=kind, open=True, counted=False)


ROUTES: Final = (
    Route(
        "page",
        "GET",
        "/",
        _page,
        "The page to talk",
        kind="text/html",
        open=True,
        counted=False,
    ),
    _row("page_style", "/-/page.css", "page.css", "text/css", "Its style"),
    _row("page_script", "/-/page.js", "page.js", "text/javascript", "Its script"),
    _row("page_voice", "/-/voice.js", "voice.js", "text/javascript", "Its calls by voice"),
    _row(
        "page_worklet",
        "/-/voice-worklet.js",
        "voice-worklet.js",
        "text/javascript",
        "Its microphone and loudspeaker",
    ),
    Route(
        "widget",
        "GET",
        "/widget.js",
        _widget,
        "The button for other sites: a script that opens a conversation",
        kind="text/javascript",
        open=True,
        counted=False,
        embedded=True,
    ),
    Route(
        "page_module",
        "GET",
        "/-/page/{file}",
        _module,
        "What its script is made of",
        kind="text/javascript",
        open=True,
        counted=False,
        errors=(404,),
    ),
    Route(
        "page_data",
        "GET",
        "/-/page.json",
        _data,
        "What it shows",
        PageData,
        errors=(503,),
        counted=False,  # an open page asks every two seconds
        previews=True,
    ),
    Route(
        "page_agents",
        "GET",
        "/-/page.agents.json",
        _portraits,
        "What it shows of the agents",
        Portraits,
        errors=(503,),
        previews=True,
    ),
)
