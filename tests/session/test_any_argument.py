"""Whatever a model gives a tool: nothing reaches the service that the parameter forbids.

`LKRUN_EXAMPLES` says how many arguments of each type are tried; `benchmarks/arguments.py` tries ten
thousand.
"""

from __future__ import annotations

import asyncio
import json
import os
import re
from datetime import date, datetime, time
from urllib.parse import unquote

import httpx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from runner.egress.client import HttpEgress
from runner.egress.port import ToolRequest
from runner.egress.secrets import Secrets
from runner.link.release import AgentRelease
from runner.schema.agents import Agent
from runner.schema.tools import HttpTool
from runner.session import CallFacts
from runner.session.values.parameters import ArgumentsError, read
from runner.session.values.templates import TemplateContext, TemplateRenderer
from runner.session.values.variables import Variables
from runner.template import as_data

EXAMPLES = int(os.environ.get("LKRUN_EXAMPLES", "60"))


def reads(reader):
    """Whether a text can be read."""

    def check(value):
        try:
            reader(value)
        except ValueError:
            return False
        return isinstance(value, str)

    return check


def number(value):
    """Whether it is a number of JSON, not yes or no."""
    return isinstance(value, int | float) and not isinstance(value, bool)


FIELDS = {
    "text": ({"min": "2", "max": "5"}, lambda v: isinstance(v, str) and 2 <= len(v) <= 5),
    "pattern": ({"type": "text", "pattern": "[A-Z]{2}[0-9]+"},
                lambda v: isinstance(v, str) and re.fullmatch("[A-Z]{2}[0-9]+", v) is not None),
    "number": ({"min": "-1.5", "max": "10"}, lambda v: number(v) and -1.5 <= v <= 10),
    "integer": ({"min": "1", "max": "20"},
                lambda v: number(v) and isinstance(v, int) and 1 <= v <= 20),
    "yes_no": ({}, lambda v: isinstance(v, bool)),
    "date": ({"min": "2026-01-01"}, lambda v: reads(date.fromisoformat)(v) and v >= "2026-01-01"),
    "time": ({}, reads(time.fromisoformat)),
    "datetime": ({}, lambda v: reads(datetime.fromisoformat)(v) and v[10] == "T"),
    "email": ({}, lambda v: re.fullmatch(r"[^@\s]+@[^@\s]+\.[^@\s]+", v) is not None),
    "phone": ({}, lambda v: re.fullmatch(r"\+?[\d\s().-]{3,24}", v) is not None),
    "url": ({}, lambda v: re.match(r"https?://\S+$", v) is not None),
    "choice": ({"choices": ["check-up", "filling"]}, lambda v: v in ("check-up", "filling")),
    "list": ({"of": "integer"},
             lambda v: isinstance(v, list) and all(isinstance(i, int) for i in v)),
    "object": ({"fields": {"day": {"type": "date"}, "note": {"optional": "yes"}}},
               lambda v: isinstance(v, dict) and set(v) <= {"day", "note", "line"}
               and reads(date.fromisoformat)(v["day"])),
}  # fmt: skip
"""Type → how it is declared, and what alone may arrive."""

LIKELY = [
    "2026-12-04",
    "2026-13-04",
    "14:30",
    "2026-12-04T14:30+07:00",
    "ann@x.example",
    "a@b",
    "AB12",
    "ab",
    "+84901234567",
    "yes",
    "NO",
    "5",
    "21",
    "1e9",
    "１２",
    "https://x.example",
    "javascript:x",
    "Check-Up",
    "..",
    "../../admin",
    "%2e%2e",
    "a/b?c=d#e",
    "[1,2]",
]
NEAR = st.sampled_from(
    [
        *LIKELY, "x\r\nX-Evil: 1", "{{ secrets.KEY }}", "{% raw %}", "\0", "\ud800",
        '{"day": "2026-12-04"}',
    ]
)  # fmt: skip
SIMPLE = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=12) | NEAR
ANYTHING = st.recursive(
    SIMPLE,
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(st.sampled_from(["day", "note", "line", "x"]), inner, max_size=4)
    ),
    max_leaves=8,
)


class Service:
    """A tool with one parameter, and what its service got."""

    def __init__(self, kind):
        spec, self.allows = FIELDS[kind]
        tool = {
            "description": "d",
            "parameters": {"value": {"type": kind, **spec}},
            "http": {
                "url": "https://api.example/v1/{{ args.value }}/end",
                "method": "POST",
                "query": {"q": "{{ args.value }}"},
                "body": {"json": {"value": "{{ args.value }}", "fixed": "{{ 1 }}"}},
            },
        }
        self.tool = HttpTool.model_validate(tool)
        agent = Agent.model_construct(variables={}, start="host", timezone=None)
        self.release = AgentRelease.model_construct(
            personas={}, name="a", agent=agent, tools={"t": self.tool}, providers={}, env={}
        )
        self.got = []

    async def ask(self, value):
        """Give the model's argument to the tool, as a call does."""
        variables = Variables({})
        values = TemplateContext(self.release, CallFacts(), variables)
        wording = TemplateRenderer(values, {})
        try:
            args = read(self.tool.parameters, {"value": value}, wording, variables.choices)
        except ArgumentsError:
            return
        transport = httpx.MockTransport(self._answer)
        egress = HttpEgress(Secrets({"KEY": "s3cret!"}), transport=transport)
        await egress.ask(self.release, ToolRequest("t", as_data(args), values.sent()))
        await egress.aclose()

    def _answer(self, request):
        self.got.append(request)
        return httpx.Response(200, json={})


@pytest.mark.parametrize("kind", FIELDS)
@settings(max_examples=EXAMPLES, deadline=None)
@given(value=ANYTHING)
def test_nothing_arrives_that_the_parameter_forbids(kind, value):
    """Of its type and within its bounds, at its place in path, query and body; or not at all."""
    service = Service(kind)
    asyncio.run(service.ask(value))
    for request in service.got:
        sent = json.loads(request.content)
        assert set(sent) <= {"value", "fixed"}
        assert sent["fixed"] == 1
        assert service.allows(sent["value"])
        path, _, query = request.url.raw_path.decode().partition("?")
        parts = path.split("/")
        assert (request.url.host, parts[:2], parts[-1], len(parts)) == (
            "api.example", ["", "v1"], "end", 4,
        )  # fmt: skip
        assert unquote(parts[2]) not in ("", ".", "..")
        assert "s3cret!" not in path + query + str(sent)
        assert "x-evil" not in request.headers
