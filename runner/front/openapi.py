"""The routes as a table, and the OpenAPI 3.1 document that is made of it."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache
from http import HTTPStatus
from typing import Any, Final

from pydantic import BaseModel
from pydantic.json_schema import models_json_schema

from runner import __version__
from runner.front import models

_JSON: Final = "application/json"


@dataclass(frozen=True, slots=True)
class Described:
    """A route as the document shows it.

    Attributes:
        kind: of the answer; `reply` is its model where it is JSON.
        errors: the statuses that it may answer besides those of every route.
    """

    name: str
    method: str
    path: str
    summary: str
    reply: type[BaseModel] | None = None
    request: type[BaseModel] | None = None
    status: int = 200
    kind: str = _JSON
    errors: tuple[int, ...] = ()


TABLE: Final = (
    Described("page", "GET", "/", "The page to talk by text", kind="text/html"),
    Described("page_style", "GET", "/-/page.css", "Its style", kind="text/css"),
    Described("page_script", "GET", "/-/page.js", "Its script", kind="text/javascript"),
    Described("page_data", "GET", "/-/page.json", "What it shows", models.PageData, errors=(503,)),
    Described("health", "GET", "/health", "Whether the runner is alive", models.StatusReply),
    Described(
        "ready",
        "GET",
        "/ready",
        "Whether a release is served and every agent is registered",
        models.StatusReply,
        errors=(503,),
    ),
    Described("agents", "GET", "/v1/agents", "The agents", models.AgentRows),
    Described(
        "turn",
        "POST",
        "/v1/agents/{name}/turns",
        "Say something; without a session id a dialogue begins",
        models.TurnReply,
        models.TurnRequest,
        errors=(400, 404, 408, 409, 413, 422, 429, 503),
    ),
    Described("sessions", "GET", "/v1/sessions", "Dialogues and calls", models.SessionRows),
    Described(
        "session",
        "GET",
        "/v1/sessions/{id}",
        "One of them with its events and variables",
        models.SessionDetail,
        errors=(404,),
    ),
    Described(
        "end_session", "DELETE", "/v1/sessions/{id}", "End it", status=204, errors=(404, 409)
    ),
    Described(
        "release", "GET", "/-/release", "The served release", models.ReleaseReply, errors=(503,)
    ),
    Described(
        "reload",
        "POST",
        "/-/reload",
        "Compile the folder now, and serve it if it is valid",
        models.ReloadReply,
        errors=(503,),
    ),
    Described("metrics", "GET", "/metrics", "Figures for Prometheus", kind="text/plain"),
    Described("openapi", "GET", "/openapi.json", "This document"),
)
"""Every route of the front."""

_EVERYWHERE: Final = (403, 500)


@cache
def document() -> dict[str, Any]:
    """Make the document."""
    replies = [each.reply for each in TABLE if each.reply]
    requests = [each.request for each in TABLE if each.request]
    wanted = [(each, "serialization") for each in (*replies, models.ProblemReply)]
    _, schema = models_json_schema(
        [*wanted, *((each, "validation") for each in requests)],  # type: ignore[list-item] # the mode is a Literal
        ref_template="#/components/schemas/{model}",
    )
    paths: dict[str, dict[str, Any]] = {}
    for each in TABLE:
        paths.setdefault(each.path, {})[each.method.lower()] = _operation(each)
    return {
        "openapi": "3.1.0",
        "jsonSchemaDialect": "https://json-schema.org/draft/2020-12/schema",
        "info": {
            "title": "lkrun",
            "version": __version__,
            "description": "Text dialogues with the agents of a running `lkrun serve`.",
        },
        "paths": paths,
        "components": {"schemas": schema["$defs"]},
    }


def _operation(each: Described) -> dict[str, Any]:
    operation: dict[str, Any] = {"operationId": each.name, "summary": each.summary}
    names = re.findall(r"{(\w+)}", each.path)
    if names:
        operation["parameters"] = [
            {"name": name, "in": "path", "required": True, "schema": {"type": "string"}}
            for name in names
        ]
    if each.request is not None:
        operation["requestBody"] = {"content": {_JSON: {"schema": _ref(each.request)}}}
    good: dict[str, Any] = {"description": HTTPStatus(each.status).phrase}
    if each.reply is not None:
        good["content"] = {_JSON: {"schema": _ref(each.reply)}}
    elif each.status != HTTPStatus.NO_CONTENT:
        good["content"] = {each.kind: {}}
    problem = {_JSON: {"schema": _ref(models.ProblemReply)}}
    operation["responses"] = {str(each.status): good} | {
        str(status): {"description": HTTPStatus(status).phrase, "content": problem}
        for status in sorted({*each.errors, *_EVERYWHERE})
    }
    return operation


def _ref(model: type[BaseModel]) -> dict[str, str]:
    return {"$ref": f"#/components/schemas/{model.__name__}"}
