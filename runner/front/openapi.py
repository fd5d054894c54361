"""The OpenAPI 3.1 document, made of the table of routes."""

from __future__ import annotations

import re
from collections.abc import Iterable
from http import HTTPStatus
from typing import Any, Final

from pydantic import BaseModel
from pydantic.json_schema import models_json_schema

from runner import __version__
from runner.front.models.base import ProblemReply
from runner.front.routes.route import JSON, Route

_EVERYWHERE: Final = (403, 500)
_NO_TOKEN: Final = 401
_TOO_MANY: Final = 429
_NO_LOGIN: Final = 503
_NOT_LABELLED: Final = 415
_WITH_BODY: Final = (400, 408, 413, _NOT_LABELLED, 422)


def document(routes: Iterable[Route]) -> dict[str, Any]:
    """Make the document of these routes."""
    rows = tuple(routes)
    replies = [each.reply for each in rows if each.reply]
    requests = [each.request for each in rows if each.request]
    shapes = dict.fromkeys([ProblemReply, *(each.problem.model for each in rows)])
    wanted = [(each, "serialization") for each in (*replies, *shapes)]
    _, schema = models_json_schema(
        [*wanted, *((each, "validation") for each in requests)],  # type: ignore[list-item] # the mode is a Literal
        ref_template="#/components/schemas/{model}",
    )
    paths: dict[str, dict[str, Any]] = {}
    for each in rows:
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


def _operation(each: Route) -> dict[str, Any]:
    operation: dict[str, Any] = {"operationId": each.name, "summary": each.summary}
    names = re.findall(r"{(\w+)}", each.path)
    if names:
        operation["parameters"] = [
            {"name": name, "in": "path", "required": True, "schema": {"type": "string"}}
            for name in names
        ]
    if each.query:
        operation.setdefault("parameters", []).extend(
            {"name": name, "in": "query", "description": does, "schema": {"type": "string"}}
            for name, does in each.query.items()
        )
    if each.request is not None:
        operation["requestBody"] = {"content": {JSON: {"schema": _ref(each.request)}}}
    good: dict[str, Any] = {"description": HTTPStatus(each.status).phrase}
    if each.reply is not None:
        good["content"] = {JSON: {"schema": _ref(each.reply)}}
    elif each.kind and each.status != HTTPStatus.NO_CONTENT:
        good["content"] = {each.kind: {}}
    operation["responses"] = {str(each.status): good} | {
        str(status): {
            "description": HTTPStatus(status).phrase,
            "content": {JSON: {"schema": _ref(_shape(each, status))}},
        }
        for status in sorted({*each.errors, *_EVERYWHERE, *_at_the_door(each), *_of_body(each)})
    }
    return operation


def _at_the_door(each: Route) -> tuple[int, ...]:
    about = (_NO_LOGIN,) if each.callers else ()
    return () if each.open else (_NO_TOKEN, _TOO_MANY, *about)


def _of_body(each: Route) -> tuple[int, ...]:
    if each.request is None:
        return () if each.method == "GET" else (_NOT_LABELLED,)
    return _WITH_BODY


def _shape(each: Route, status: int) -> type[BaseModel]:
    return ProblemReply if status in (*_EVERYWHERE, _NO_TOKEN) else each.problem.model


def _ref(model: type[BaseModel]) -> dict[str, str]:
    return {"$ref": f"#/components/schemas/{model.__name__}"}
