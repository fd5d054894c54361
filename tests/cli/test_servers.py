"""MCP servers by hand and in tests: `lkrun tool call`, `lkrun test`, `lkrun check --keys`."""

from __future__ import annotations

import json
import logging
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner

from runner.cli.main import lkrun

SHOP = Path(__file__).parents[1] / "support" / "mcp_shop.py"
FOLDER = f"""
agents:
  desk:
    start: host
    mode: text
    llm: brain
    tools:
      - shop
personas:
  host:
    instructions: You answer questions about orders.
tools:
  shop:
    mcp:
      command: {sys.executable}
      args:
        - {SHOP}
        - stdio
      timeout: 30s
providers:
  brain:
    llm: script
    with:
      rules:
        - when_caller_says: order
          call:
            find_order:
              number: 5
        - when_caller_says: cancel
          call:
            cancel_order:
              number: 5
        - when_tool_failed: "yes"
          say: "Failed: {{answer}}"
        - when_tool_answered: "yes"
          say: "Found: {{answer}}"
runner:
  commands:
    - {sys.executable}
"""
TESTS = """
tests:
  finds:
    agent: desk
    mocks:
      find_order:
        - when:
            number: "5"
          returns: Three chairs.
    steps:
      - user: order
      - agent:
          calls:
            find_order:
              number: "5"
          says:
            - Three chairs.
  really:
    agent: desk
    mocks:
      shop:
        real: yes
    steps:
      - user: order
      - agent:
          says:
            - two lamps
  without:
    agent: desk
    mocks:
      find_order:
        returns: Three chairs.
    steps:
      - user: cancel
      - agent:
          says_any:
            - anything
"""


@pytest.fixture(autouse=True)
def log_as_before():
    """Commands set how much is logged for their whole process."""
    loggers = [logging.getLogger(name) for name in ("", "lkrun", "lkrun.egress")]
    before = [(each.level, each.propagate, each.disabled, [*each.handlers]) for each in loggers]
    yield
    for each, (level, propagate, disabled, handlers) in zip(loggers, before, strict=True):
        each.setLevel(level)
        each.propagate, each.disabled, each.handlers[:] = propagate, disabled, handlers


@pytest.fixture
def folder(tmp_path):
    folder = tmp_path / "agents.d"
    folder.mkdir()
    (folder / "all.yaml").write_text(FOLDER)
    return folder


def ran(*arguments):
    return CliRunner().invoke(lkrun, [*map(str, arguments), "--format", "json"])


def test_the_tools_of_a_server_are_listed_and_called(folder):
    """A server by its name lists; a tool behind a slash is called with arguments of its types."""
    listed = json.loads(ran("tool", "call", "shop", folder).stdout)
    assert listed["output"].splitlines()[0] == (
        "find_order(number): Find an order by its {{ number }}."
    )
    result = json.loads(ran("tool", "call", "shop/find_order", folder, "--arg", "number=5").stdout)
    assert (result["ok"], result["output"]) == (True, "Order 5: two lamps.")
    assert [attempt["method"] for attempt in result["attempts"]] == ["MCP"]
    wrong = json.loads(ran("tool", "call", "shop/nothing", folder).stdout)
    assert (wrong["ok"], wrong["error"]) == (False, "the server has no tool 'nothing'")


def test_a_check_with_keys_asks_the_servers(folder):
    """A server that answers is no mistake."""
    assert json.loads(ran("check", folder, "--keys").stdout)["diagnostics"] == []
    (folder / "all.yaml").write_text(FOLDER.replace("- stdio", "- nothing").replace("30s", "2s"))
    result = json.loads(ran("check", folder, "--keys").stdout)
    assert [d["code"] for d in result["diagnostics"]] == ["E406"]
    (folder / "all.yaml").write_text(
        FOLDER.replace("- stdio", "- nothing").replace(
            "timeout: 30s", "timeout: 2s\n      required: no"
        )
    )
    optional = json.loads(ran("check", folder, "--keys").stdout)
    assert ([d["code"] for d in optional["diagnostics"]], optional["ok"]) == (["W406"], True)
    assert json.loads(ran("check", folder).stdout)["diagnostics"] == []


def test_tools_of_servers_are_mocked_like_others(folder):
    """No server is started for a test unless it says so; what has no mock fails the test."""
    (folder / "tests.yaml").write_text(TESTS)
    result = json.loads(ran("test", folder).stdout)
    assert {t["name"]: t["outcome"] for t in result["tests"]} == {
        "finds": "passed",
        "really": "passed",
        "without": "failed",
    }, result
