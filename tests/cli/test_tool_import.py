"""`lkrun tool import`: tools and a service from a description of an interface."""

from __future__ import annotations

import json
from pathlib import Path

import httpx
import pytest
import yaml
from click.testing import CliRunner
from support.described import Described

from runner.cache import Cache
from runner.cli.main import lkrun
from runner.cli.openapi import imported, written
from runner.compiler import Compiler
from runner.egress.client import HttpEgress
from runner.egress.port import ToolRequest
from runner.egress.secrets import Secrets
from runner.session import CallFacts
from runner.session.values.parameters import read
from runner.session.values.templates import TemplateContext, TemplateRenderer
from runner.session.values.variables import Variables
from runner.template import as_data

EXTRACTS = Path(__file__).parents[1] / "support" / "openapi"
MOMENT = "2026-12-07T08:00:00Z"
AGENT = """
agents:
  desk:
    start: host
    mode: text
    llm: openai/gpt-4.1-mini
    tools:
TOOLS
personas:
  host:
    instructions: Help.
"""


def compiled(text, tmp_path):
    """A folder with an agent that has all tools of the text."""
    names = list(yaml.safe_load(text)["tools"])
    folder = tmp_path / "agents.d"
    folder.mkdir(exist_ok=True)
    (folder / "tools.yaml").write_text(text, encoding="utf-8")
    agent = AGENT.replace("TOOLS", "\n".join(f"      - {name}" for name in names))
    (folder / "desk.yaml").write_text(agent, encoding="utf-8")
    return Compiler(folder, env={}, cache=Cache(tmp_path / "cache")).compile()


@pytest.mark.parametrize("extract", sorted(path.name for path in EXTRACTS.iterdir()))
def test_what_is_imported_checks(extract, tmp_path):
    """There is nothing to say of the tools and the service of a public interface."""
    done = CliRunner().invoke(lkrun, ["tool", "import", str(EXTRACTS / extract)])
    assert done.exit_code == 0, done.output
    assert compiled(done.output, tmp_path).diagnostics == ()


def test_what_a_tool_becomes(tmp_path):
    """Types, choices, records and the way to log in are taken over; names become lkrun's."""
    document = yaml.safe_load((EXTRACTS / "cal-bookings.json").read_text())
    release = compiled(written(imported(document)), tmp_path).release.agents["desk"]
    tool = release.requests["bookings_controller_create_booking"]
    fields = tool.parameters
    assert {name: field.type for name, field in fields.items()} == {
        "cal_api_version": "text",
        "start": "datetime",
        "attendee": "object",
        "event_type_id": "number",
        "guests": "list",
    }
    assert [name for name, field in fields.items() if field.optional] == ["event_type_id", "guests"]
    assert tool.http.url == "https://api.cal.com/v2/bookings"
    assert tool.http.body.json_["eventTypeId"] == "{{ args.event_type_id }}"
    assert tool.http.auth.bearer == "{{ secrets.CAL_COM_API_V2_TOKEN }}"


def test_only_some_operations(tmp_path):
    """`--operation` picks by id; an id that is not there is told with those that are."""
    extract = str(EXTRACTS / "github-issues.yaml")
    picked = CliRunner().invoke(lkrun, ["tool", "import", extract, "--operation", "issues/create"])
    assert list(yaml.safe_load(picked.output)["tools"]) == ["issues_create"]
    assert compiled(picked.output, tmp_path).diagnostics == ()
    wrong = CliRunner().invoke(lkrun, ["tool", "import", extract, "--operation", "issues"])
    assert wrong.exit_code == 2
    assert "there is no operation 'issues'; operations: issues/list-for-repo" in wrong.output


async def test_a_record_keeps_the_keys_of_the_interface(tmp_path):
    """What an imported tool sends of a record is what the description wants, capitals and all."""
    document = yaml.safe_load((EXTRACTS / "cal-bookings.json").read_text())
    release = compiled(written(imported(document)), tmp_path).release.agents["desk"]
    name = "bookings_controller_create_booking"
    assert list(release.requests[name].parameters["attendee"].fields) == [
        "name", "email", "time_zone",
    ]  # fmt: skip
    service = Described(document, "Bearer k3y", {})

    def answer(request: httpx.Request) -> httpx.Response:
        headers = {key.lower(): value for key, value in request.headers.items()}
        target = request.url.raw_path.decode()
        status, data = service.handle(request.method, target, headers, request.content)
        return httpx.Response(status, json=data)

    booking = {"id": 1, "uid": "b", "status": "accepted", "start": MOMENT, "end": MOMENT}
    service.answers["BookingsController_createBooking"] = [
        (201, {"status": "success", "data": booking})
    ]
    secrets = Secrets({"CAL_COM_API_V2_TOKEN": "k3y"})
    egress = HttpEgress(secrets, transport=httpx.MockTransport(answer))
    who = {"name": "Ann", "time_zone": "Europe/Madrid"}
    arguments = {"cal_api_version": "2024-08-13", "start": MOMENT, "attendee": who}
    response = await egress.of(release).ask(ToolRequest(name, arguments, {}))
    await egress.aclose()
    (request,) = service.requests
    assert request.problems == []
    assert response.ok
    assert request.body == {
        "start": MOMENT, "attendee": {"name": "Ann", "timeZone": "Europe/Madrid"},
    }  # fmt: skip


@pytest.mark.parametrize("text", ["[1, 2", "swagger: '2.0'", "", "openapi: 3.0.0\npaths: {}"])
def test_what_is_no_description(text, tmp_path):
    """Wrong use is told in a sentence."""
    path = tmp_path / "x.yaml"
    path.write_text(text)
    done = CliRunner().invoke(lkrun, ["tool", "import", str(path)])
    assert done.exit_code == 2
    assert "Traceback" not in done.output


def test_words_that_would_be_templates_or_yaml(tmp_path):
    """What a description says is text, whatever signs are in it."""
    words = 'Say "{{ secrets.X }}": # not {% if %} a comment, - or\n\na list: `x`'
    document = {
        "openapi": "3.1.0",
        "paths": {
            "/a/{result}": {
                "get": {
                    "operationId": "end_call",
                    "summary": words,
                    "parameters": [{"name": "result", "in": "path", "description": words}],
                }
            }
        },
    }
    text = written(imported(document))
    result = compiled(text, tmp_path)
    assert [d for d in result.diagnostics if d.severity == "error"] == []
    assert "{{" not in result.release.agents["desk"].tools["end_call_2"].description


STRING = {"type": "string"}
TEXTS = {"type": "array", "items": STRING}
WHO = {"$ref": "#/components/schemas/Who"}
FLOW = {"tokenUrl": "https://a.example/t"}
PLACE = {
    "type": "object",
    "required": ["zipCode"],
    "properties": {"zipCode": STRING, "ID": {"type": "integer"}, "note": STRING},
}
SHAPES = {
    "camelCase in an optional record": (
        {"shipTo": PLACE},
        {"ship_to": {"zip_code": "1010", "id": 7}},
        {"shipTo": {"zipCode": "1010", "ID": 7}},
    ),
    "an optional record that is left out": ({"shipTo": PLACE, "x": STRING}, {"x": "a"}, {"x": "a"}),
    "records in lists in records": (
        {"Order": {"properties": {"Lines": {"type": "array", "items": PLACE}}}},
        {"order": {"lines": [{"zip_code": "1", "note": "n"}, {"zip_code": "2"}]}},
        {"Order": {"Lines": [{"zipCode": "1", "note": "n"}, {"zipCode": "2"}]}},
    ),
    "one name in two spellings": (
        {"a": {"properties": {"id": STRING, "in": {"properties": {"ID": STRING}}}}},
        {"a": {"id": "x", "in_": {"id_2": "y"}}},
        {"a": {"id": "x", "in": {"ID": "y"}}},
    ),
    "a name that lkrun has taken": (
        {"call": {"properties": {"language": STRING, "room-no": STRING}}},
        {"call_": {"language_": "vi", "room_no": "12"}},
        {"call": {"language": "vi", "room-no": "12"}},
    ),
    "allOf with references": (
        {"guest": {"allOf": [WHO, {"properties": {"Vip": STRING}}]}},
        {"guest": {"first_name": "Ann", "vip": "yes"}},
        {"guest": {"firstName": "Ann", "Vip": "yes"}},
    ),
    "anyOf with null": (
        {"who": {"anyOf": [WHO, {"type": "null"}]}},
        {"who": {"first_name": "Ann"}},
        {"who": {"firstName": "Ann"}},
    ),
    "oneOf of records": (
        {"pay": {"oneOf": [{"properties": {"cardNo": STRING}}, {"properties": {"iban": STRING}}]}},
        {"pay": {"iban": "AT1"}},
        {"pay": {"iban": "AT1"}},
    ),
    "oneOf of choices": (
        {"size": {"oneOf": [{"const": "S"}, {"enum": ["M", "L"]}]}}, {"size": "L"}, {"size": "L"},
    ),
    "numbers of both kinds": (
        {"n": {"anyOf": [{"type": "integer"}, {"type": "number"}]}}, {"n": 2.5}, {"n": 2.5},
    ),
    "nullable in both versions": (
        {"a": {"type": ["integer", "null"]}, "b": {"type": "boolean", "nullable": True}},
        {"a": 3, "b": True},
        {"a": 3, "b": True},
    ),
    "numbers that are choices": (
        {"floor": {"type": "integer", "enum": [1, 2, 5]}}, {"floor": 5}, {"floor": 5},
    ),
    "a list of texts": (
        {"tagList": {"type": "array", "items": STRING}}, {"tag_list": ["a"]}, {"tagList": ["a"]},
    ),
    "what the service alone writes": (
        {"o": {"properties": {"a": STRING, "madeAt": {**STRING, "readOnly": True}}}},
        {"o": {"a": "1"}},
        {"o": {"a": "1"}},
    ),
}  # fmt: skip
"""Name → properties of a body, what the model gives, and what is sent."""


def described(body, **operation):
    """A document with one operation."""
    content = {"application/json": {"schema": body}} if body is not None else None
    spec = {"operationId": "go", **({"requestBody": {"content": content}} if content else {})}
    return {
        "openapi": "3.1.0",
        "servers": [{"url": "https://api.example/v1"}],
        "components": {
            "schemas": {"Who": {"type": "object", "properties": {"firstName": STRING}}},
        },
        "paths": {"/go/{stepNo}": {"post": {**spec, **operation}}},
    }  # fmt: skip


STEP = {"name": "stepNo", "in": "path", "required": True, "schema": {"type": "integer"}}


async def sent(document, arguments, tmp_path):
    """The request of the one tool, which passes `check`."""
    result = compiled(written(imported(document)), tmp_path)
    assert result.diagnostics == ()
    release = result.release.agents["desk"]
    requests = []

    def answer(request):
        requests.append(request)
        return httpx.Response(200, json={})

    variables = Variables(release.variables)
    renderer = TemplateRenderer(TemplateContext(release, CallFacts(), variables), {})
    fields = release.tools["go"].parameters
    checked = as_data(read(fields, {"step_no": 1, **arguments}, renderer, variables.choices))
    egress = HttpEgress(Secrets({}), transport=httpx.MockTransport(answer))
    response = await egress.of(release).ask(ToolRequest("go", checked, {}))
    await egress.aclose()
    assert response.ok, response.error
    return requests[0]


@pytest.mark.parametrize(("properties", "given", "wanted"), SHAPES.values(), ids=SHAPES)
async def test_a_body_of_any_shape(properties, given, wanted, tmp_path):
    """What is imported passes `check`, takes what the model gives, and sends the right JSON."""
    body = {"type": "object", "properties": properties}
    request = await sent(described(body, parameters=[STEP]), given, tmp_path)
    assert request.url.path == "/v1/go/1"
    assert json.loads(request.content) == wanted


async def test_a_body_that_is_a_list(tmp_path):
    """A list at the top is one parameter, and is sent as it is."""
    body = {"type": "array", "items": PLACE}
    given = {"items": [{"zip_code": "1"}]}
    request = await sent(described(body, parameters=[STEP]), given, tmp_path)
    assert json.loads(request.content) == [{"zipCode": "1"}]


async def test_parameters_of_every_place(tmp_path):
    """Path, query and headers get theirs; lists and records as the description spells them."""
    parameters = [
        STEP,
        {"name": "X-Trace-Id", "in": "header", "schema": STRING},
        {"name": "Ids", "in": "query", "explode": False, "schema": TEXTS},
        {"name": "tag", "in": "query", "schema": {"type": "array", "items": STRING}},
        {"name": "filter", "in": "query", "style": "deepObject", "schema": PLACE},
        {"name": "page", "in": "query", "content": {"application/json": {"schema": STRING}}},
    ]  # fmt: skip
    document = described(None, parameters=parameters)
    document["paths"]["/go/{stepNo}"]["parameters"] = [{**STEP, "schema": STRING}]
    given = {"x_trace_id": "t", "ids": ["1", "2"], "tag": ["a", "b"], "filter": {"zip_code": "9"}}
    request = await sent(document, given, tmp_path)
    assert request.headers["X-Trace-Id"] == "t"
    assert request.url.params.multi_items() == [
        ("Ids", "1,2"), ("tag", "a"), ("tag", "b"), ("filter[zipCode]", "9"),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("label", "content_type"),
    [
        ("application/merge-patch+json", "application/merge-patch+json"),
        ("application/json; charset=utf-8", "application/json"),
        ("multipart/form-data", "multipart/form-data"),
        ("application/x-www-form-urlencoded", "application/x-www-form-urlencoded"),
    ],
)
async def test_a_body_of_any_label(label, content_type, tmp_path):
    """A body is sent in the form that the description says, under its label."""
    document = described(None, parameters=[STEP])
    schema = {"type": "object", "properties": {"firstName": STRING}}
    document["paths"]["/go/{stepNo}"]["post"]["requestBody"] = {
        "content": {label: {"schema": schema}}
    }
    request = await sent(document, {"first_name": "Ann"}, tmp_path)
    assert request.headers["Content-Type"].partition(";")[0] == content_type
    assert "firstName" in request.content.decode()


@pytest.mark.parametrize(
    ("inner", "what"),
    [
        (
            {"type": "object", "additionalProperties": STRING},
            "an object whose keys are not described",
        ),
        ({"type": "array", "items": TEXTS}, "a list of lists"),
        ({"type": "string", "format": "binary"}, "a file"),
    ],
)
def test_what_no_parameter_can_hold_is_told(inner, what, tmp_path):
    """It is left out with a note, and the rest passes `check`."""
    body = {"type": "object", "properties": {"odd": inner, "name": STRING}}
    tools = imported(described(body, parameters=[STEP]))
    assert tools.notes == [f"'odd' is {what}: what is sent has to be written by hand"]
    assert compiled(written(tools), tmp_path).diagnostics == ()


@pytest.mark.parametrize(
    ("scheme", "auth"),
    [
        ({"type": "http", "scheme": "bearer"}, "bearer"),
        ({"type": "http", "scheme": "basic"}, "basic"),
        ({"type": "apiKey", "in": "header", "name": "X-Key"}, "api_key"),
        ({"type": "apiKey", "in": "query", "name": "key"}, "api_key"),
        ({"type": "oauth2", "flows": {"clientCredentials": FLOW}}, "oauth2"),
        ({"type": "oauth2", "flows": {"authorizationCode": FLOW}}, "oauth2"),
        ({"type": "openIdConnect", "openIdConnectUrl": "https://a.example"}, None),
    ],
)  # fmt: skip
def test_ways_to_log_in(scheme, auth, tmp_path):
    """Each becomes a kind of auth, or a note that it has to be written by hand."""
    document = described(None, parameters=[STEP])
    document["components"]["securitySchemes"] = {"main": scheme}
    tools = imported(document)
    assert list(tools.service["service"].get("auth", {})) == ([auth] if auth else [])
    assert bool(tools.notes) == (auth is None)
    assert compiled(written(tools), tmp_path).diagnostics == ()
