"""Outboxes that write to a folder of the test and send to a service of it."""

from __future__ import annotations

import textwrap

import httpx
import pytest

from runner.cache import Cache
from runner.compiler import Compiler
from runner.delivery.couriers import Couriers
from runner.delivery.outbox import Outbox, Waits
from runner.delivery.spool import Spool
from runner.egress.client import HttpEgress
from runner.egress.report import CallReport
from runner.egress.secrets import Secrets

AGENT = """\
agents:
  desk:
    start: reception
    mode: text
    llm: openai/x
    labels:
      team: front
    variables:
      name:
        type: text
        description: who calls
    after_call:
      if: call.duration > 5
      extract:
        reason:
          description: Why
      send:
SENDS
    tools:
      - remember
personas:
  reception:
    instructions: You answer.
tools:
  book:
    description: Book.
    parameters:
      why:
        type: text
    http:
      method: POST
      url: https://crm.example/book
      body:
        json:
          why: "{{ args.why }}"
"""


@pytest.fixture
def agent(tmp_path):
    """Compile the agent with these sends."""

    def make(sends, more=""):
        folder = tmp_path / "agents.d"
        folder.mkdir(exist_ok=True)
        text = AGENT.replace("SENDS", textwrap.indent(textwrap.dedent(sends).strip(), " " * 8))
        (folder / "a.yaml").write_text(
            text.replace("    after_call:\n", f"{more}    after_call:\n")
        )
        compiled = Compiler(folder, env={}, cache=Cache(tmp_path / "cache")).compile()
        assert compiled.release is not None, [str(d) for d in compiled.diagnostics]
        return compiled.release.agents["desk"]

    return make


@pytest.fixture
def report():
    """A report of a call, changed as the test says."""

    def make(session="call_1", **more):
        facts = {
            "values": {
                "call": {"id": session, "agent": "desk", "persona": "reception"},
                "caller": {"phone": "+84901234567", "identity": "sip_1"},
                "name": "Ann",
            },
            "transcript": (("agent", "Good day."), ("user", "A table, please.")),
            "started": "2026-12-01T10:00:00+07:00",
            "ended": "2026-12-01T10:01:00+07:00",
            "duration": 60.0,
            "ended_by": "caller_left",
            "extract": {"reason": "a table"},
            "final": True,
        }
        return CallReport(session=session, **{**facts, **more})

    return make


class Service:
    """Somebody's address, which answers with the next of its statuses."""

    def __init__(self):
        self.statuses = [200]
        self.requests = []

    def __call__(self, request):
        self.requests.append(request)
        status = self.statuses.pop(0) if len(self.statuses) > 1 else self.statuses[0]
        if isinstance(status, Exception):
            raise status
        return httpx.Response(status, json={})

    @property
    def ids(self):
        """The ids of what came."""
        return [r.headers.get("webhook-id") or r.headers["idempotency-key"] for r in self.requests]


@pytest.fixture
def service():
    """An address that answers."""
    return Service()


@pytest.fixture
def data(tmp_path):
    """The folder for data."""
    return tmp_path / "data"


@pytest.fixture
async def outbox(data, service):
    """Open outboxes on the folder; those that the test leaves open are closed."""
    opened = []

    def make(on_state=lambda *_: None, attempts=40):
        secrets = Secrets({"HOOK": "whsec_" + "c2VjcmV0" * 4, "KEY": "k1"})
        egress = HttpEgress(secrets, transport=httpx.MockTransport(service))
        box = Outbox(Spool(data), Couriers(egress, data), on_state, Waits(0.0, 0.0, attempts))
        opened.append(box)
        return box

    yield make
    for box in opened:
        if box not in getattr(make, "closed", ()):
            await box.aclose()
