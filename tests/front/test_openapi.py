"""The OpenAPI document, and the front held to it."""

from __future__ import annotations

import json
import re

import pytest
from jsonschema import Draft202012Validator
from referencing import Registry
from referencing.jsonschema import DRAFT202012

from runner.front.openapi import document
from runner.front.port import DialogueError
from runner.front.routes import ROUTES

DOCUMENT = document(ROUTES)
KNOWN = {"name": "clinic", "id": "s-1", "who": "+842412345678", "file": "dom.js"}
"""A value of each part of a path that exists, once a dialogue has begun."""


def validator(method, path, status):
    """Find what the document promises for an answer."""
    whole = DOCUMENT
    answer = whole["paths"][path][method.lower()]["responses"][str(status)]
    if "content" not in answer:
        return None
    registry = Registry().with_resource("urn:front", DRAFT202012.create_resource(whole))
    reference = answer["content"]["application/json"]["schema"]["$ref"]
    return Draft202012Validator({"$ref": f"urn:front{reference}"}, registry=registry)


def named(route, **values):
    """A route's path with a value for each of its parts."""
    return route.path.format(**KNOWN | values)


def example(route):
    """A body where the route needs one: its model's own example."""
    config = route.request.model_config if route.request is not None else {}
    examples = config.get("json_schema_extra", {}).get("examples")
    return {"json": examples[0]} if examples else {}


@pytest.mark.parametrize("route", ROUTES, ids=lambda route: route.name)
async def test_answers_are_what_the_document_promises(ask, runner, tmp_path, route):
    """Every route answers with the status, media type and shape that its row names."""
    runner.sound_file = tmp_path / "talk.wav"
    runner.sound_file.write_bytes(b"RIFF")
    streams = route.kind == "text/event-stream"  # it ends with the dialogue
    await ask.turn(text="goodbye" if streams else "I need an appointment")
    if route.status == 101:
        async with ask.session.ws_connect(ask.base + named(route) + "?rate=16000") as socket:
            assert not socket.closed
        return
    answer = await ask(route.method, named(route), **example(route))
    assert answer.status == route.status
    if route.status == 204:
        assert answer.body == b""
    else:
        assert answer.headers["Content-Type"].split(";")[0] == route.kind
    if route.reply is not None:
        validator(route.method, route.path, route.status).validate(answer.json)


@pytest.mark.parametrize(
    "route", [each for each in ROUTES if "{" in each.path], ids=lambda route: route.name
)
async def test_what_is_unknown_is_told_as_the_document_promises(ask, route):
    """A path that names what does not exist is 404 in the shape of every error."""
    path = named(route, name="none", id="none", who="none", file="none")
    answer = await ask(route.method, path, **example(route))
    assert answer.status == 404
    validator(route.method, route.path, 404).validate(answer.json)


@pytest.mark.parametrize("text", ["", "appointment", "invoice", "monday", "mary", "goodbye"])
async def test_turns_are_what_the_document_promises(ask, text):
    """Turns with every kind of event validate, and no event has a field unknown to its schema."""
    answer = await ask.turn(text=text)
    validator("POST", "/v1/agents/{name}/turns", 200).validate(answer.json)
    schemas = DOCUMENT["components"]["schemas"]
    by_type = {"message": "Message", "tool_call": "ToolCall", "tool_result": "ToolResult"}
    for event in answer.json["events"]:
        name = by_type.get(event["type"], event["type"].capitalize())
        assert set(event) <= set(schemas[f"{name}Event"]["properties"])


@pytest.mark.parametrize(
    ("body", "status"),
    [({"x": 1}, 400), ({"session_id": ""}, 422), ({"text": "x" * 70_000}, 413)],
)
async def test_refusals_are_what_the_document_promises(ask, body, status):
    """Errors have the promised shape, and their statuses are listed."""
    answer = await ask.turn(**body)
    assert answer.status == status
    validator("POST", "/v1/agents/{name}/turns", status).validate(answer.json)


@pytest.mark.parametrize(
    "code", ["agent_unavailable", "ended", "full", "draining", "too_many_requests"]
)
async def test_what_the_runner_refuses_is_in_the_document(ask, runner, code):
    """Every status that the runner can cause is listed."""
    runner.refuses = DialogueError(code, "no")
    answer = await ask.turn()
    validator("POST", "/v1/agents/{name}/turns", answer.status).validate(answer.json)


async def test_the_document_is_served(ask):
    """It is OpenAPI 3.1, lists every route, and the front has no other."""
    served = (await ask("GET", "/openapi.json")).json
    assert served == json.loads(json.dumps(DOCUMENT))
    assert served["openapi"].startswith("3.1.")
    listed = {(method.upper(), path) for path, all_ in served["paths"].items() for method in all_}
    assert listed == {(each.method, each.path) for each in ROUTES}
    names = [op["operationId"] for all_ in served["paths"].values() for op in all_.values()]
    assert len(names) == len(set(names))


def test_the_document_holds_together():
    """Every schema is one, and every reference leads somewhere."""
    whole = DOCUMENT
    schemas = whole["components"]["schemas"]
    for schema in schemas.values():
        Draft202012Validator.check_schema(schema)
    for name in re.findall(r'"#/components/schemas/(\w+)"', json.dumps(whole)):
        assert name in schemas


def test_unknown_fields_are_refused_by_the_document_too():
    """What the models forbid, the document forbids."""
    assert DOCUMENT["components"]["schemas"]["TurnRequest"]["additionalProperties"] is False
