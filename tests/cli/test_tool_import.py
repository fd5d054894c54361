"""`lkrun tool import`: tools and a service from a description of an interface."""

from __future__ import annotations

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
