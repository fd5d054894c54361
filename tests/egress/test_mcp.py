"""Servers of the Model Context Protocol: real ones, by every transport and in every trouble."""

from __future__ import annotations

import asyncio
import contextlib
import gc
import subprocess
import sys
from pathlib import Path

import pytest

from runner.egress.client import HttpEgress
from runner.egress.mcp.servers import ServerFigures
from runner.egress.port import ToolRequest, ToolResponse
from runner.egress.secrets import Secrets
from runner.link.release import AgentRelease
from runner.schema.agents import Agent
from runner.schema.tools import McpTool

SHOP = str(Path(__file__).parents[1] / "support" / "mcp_shop.py")
KEY = "shop-secret-1"
PRIVATE = "is not in the public internet, and runner.network.allow does not list it"
PLACES = "the environment or in LKRUN_SECRETS_DIR"
TOOLS = ["find_order", "cancel_order", "everything", "key", "hang", "die"]


@contextlib.contextmanager
def running(transport):
    """A shop in a process of its own."""
    command = [sys.executable, SHOP, transport]
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    ) as process:
        path = "sse" if transport == "sse" else "mcp"
        yield process, f"http://127.0.0.1:{process.stdout.readline().strip()}/{path}"
        process.kill()


@pytest.fixture(scope="module")
def shops():
    """A shop by each way over HTTP."""
    with running("http") as (_, http), running("sse") as (_, sse):
        yield {"http": {"url": http}, "sse": {"url": sse}}


@pytest.fixture
async def egress():
    egress = HttpEgress(Secrets({"SHOP": KEY, "GATE": "other"}), ["127.0.0.1"])
    yield egress
    await egress.aclose()


def server(transport, shops, **more):
    """The block `mcp` of a shop."""
    if transport == "stdio":
        own = {"command": sys.executable, "args": [SHOP, "stdio"]}
        return {**own, "env": {"SHOP_KEY": "{{ secrets.SHOP }}"}, "timeout": "20s", **more}
    return {**shops[transport], "auth": {"bearer": "{{ secrets.SHOP }}"}, "timeout": "20s", **more}


def of(egress, mcp, call=None, **variables):
    """Ask a server as a call does; those of one name are one call."""
    release = AgentRelease.model_construct(
        name="a",
        personas={},
        agent=Agent.model_construct(variables={}),
        tools={"shop": McpTool.model_validate({"mcp": mcp})},
        services={},
        providers={},
        env={},
    )
    ours = egress.of(release)

    async def ask(function=None, **arguments):
        request = ToolRequest("shop", arguments, variables, function)
        return await (egress.ask(release, request, call) if call else ours.ask(request))

    return ask


@pytest.mark.parametrize("transport", ["http", "sse", "stdio"])
async def test_a_server_is_listed_asked_and_bounded(egress, shops, transport):
    """Tools with their schemas, results, errors, huge results, and no secret in any of them."""
    ask = of(egress, server(transport, shops))
    listed = await ask()
    assert [tool["name"] for tool in listed.result] == TOOLS, listed.error
    first = listed.result[0]
    assert first["description"] == "Find an order by its {{ number }}."
    assert first["parameters"]["properties"]["number"]["type"] == "integer"

    answer = await ask("find_order", number=5)
    assert (answer.ok, answer.output) == (True, "Order 5: two lamps.")
    refused = await ask("cancel_order", number=13)
    assert (refused.ok, "cancel_order" in refused.output) == (False, True)
    assert (await ask("find_order", number="x")).ok is False
    assert (await ask("key")).output == "The key is ***."
    huge = await ask("everything")
    assert (huge.ok, len(huge.output)) == (True, 16 * 1024)
    assert huge.output.endswith("[The answer was cut here: it is longer than 16 KB.]")
    unknown = await ask("no_such_tool")
    assert (unknown.ok, unknown.error) == (False, "the server has no tool 'no_such_tool'")


@pytest.mark.parametrize("transport", ["http", "stdio"])
async def test_a_tool_that_hangs_is_given_up_and_the_next_call_goes_on(egress, shops, transport):
    """The time of a call is the server's timeout; the connection is kept."""
    patient = of(egress, server(transport, shops), call="one")
    assert (await patient()).ok  # what it takes to start is not measured
    (connected,) = egress._servers._open.values()
    hurried = of(egress, server(transport, shops, timeout="500ms"), call="one")
    hanging = asyncio.create_task(patient("hang"))
    hung = await asyncio.wait_for(hurried("hang"), 9)  # LiveKit's own would be 10s
    assert (hung.ok, hung.error.endswith("did not answer within 0.5s")) == (False, True)
    assert (await patient("find_order", number=6)).output == "Order 6: two lamps."
    assert not hanging.done()
    hanging.cancel()
    assert (await patient("find_order", number=7)).output == "Order 7: two lamps."
    assert list(egress._servers._open.values()) == [connected]


async def test_a_program_that_dies_in_the_middle_is_started_again(egress, shops):
    """The call that it died in fails in words, the next one finds it anew."""
    ask = of(egress, server("stdio", shops))
    died = await ask("die")
    assert (died.ok, "ended, or does not speak MCP" in died.error) == (False, True)
    assert (await ask("find_order", number=8)).ok


async def test_a_server_that_dies_in_the_middle_fails_in_words(egress):
    """Nothing hangs, and no traceback is logged."""
    with running("http") as (process, url):
        ask = of(egress, server("http", {"http": {"url": url}}))
        assert (await ask()).ok
        died = await ask("die")
        await asyncio.to_thread(process.wait, 10)
        gone = await ask("find_order", number=9)
    port = url.split(":")[2].split("/")[0]
    assert died.ok is False
    assert egress.servers() == {"shop": ServerFigures(up=False, failed=2)}
    assert gone.error == f"no connection: nothing listens at 127.0.0.1:{port}"


async def test_calls_have_connections_of_their_own_that_end_with_them(egress, shops):
    """Each call starts a program of its own, and it is gone when the call has ended."""
    release = AgentRelease.model_construct(
        name="a",
        personas={},
        agent=Agent.model_construct(variables={}),
        tools={"shop": McpTool.model_validate({"mcp": server("stdio", shops)})},
        services={},
        providers={},
        env={},
    )
    for call in ("one", "two"):
        assert (await egress.ask(release, ToolRequest("shop", {}, {}), call)).ok
    opened = egress._servers._open
    assert {key[0] for key in opened} == {"one", "two"}
    connections = [each.connection for each in opened.values()]
    await egress.end("one")
    assert [each.alive for each in connections] == [False, True]
    await egress.end("two")
    assert [each.alive for each in connections] == [False, False]


@pytest.mark.parametrize(
    ("mcp", "error"),
    [
        ({"url": "http://127.0.0.1:1/mcp"}, "no connection: nothing listens at 127.0.0.1:1"),
        (
            {"url": "http://10.0.0.1/mcp"},
            f"10.0.0.1 {PRIVATE}",
        ),
        (
            {"url": "http://169.254.169.254/sse", "transport": "sse"},
            f"169.254.169.254 {PRIVATE}",
        ),
        ({"command": "no-such-program"}, "there is no program 'no-such-program'"),
        ({"command": "false"}, "the program 'false' ended, or does not speak MCP"),
        (
            {"command": "sleep", "args": ["60"], "timeout": "500ms"},
            "the program 'sleep' did not answer within 0.5s",
        ),
        (
            {"url": "https://shop.example/mcp", "headers": {"X-Key": "{{ secrets.NONE }}"}},
            f"the secret 'NONE' is missing: there is no value for it in {PLACES}",
        ),
    ],
)
async def test_what_stands_in_the_way_is_told(egress, mcp, error):
    """A sentence for the author; the model hears nothing of addresses and names of secrets."""
    answer = await of(egress, mcp)()
    assert (answer.ok, answer.error) == (False, error)
    assert answer.output.startswith("This did not work: the service")
    assert "example" not in answer.output


async def test_a_wrong_key_is_told_by_its_status(egress, shops):
    """A server that refuses is not one that is down."""
    answer = await of(egress, server("http", shops, auth={"bearer": "{{ secrets.GATE }}"}))()
    assert (answer.ok, answer.status) == (False, 401)
    assert answer.error.endswith(" answered 401")


async def test_the_wrong_transport_is_told(egress, shops):
    """Where a server speaks otherwise, the author reads by which way it was asked."""
    mcp = server("http", shops, timeout="2s") | {"transport": "sse"}
    answer = await of(egress, mcp)()
    assert answer.ok is False
    assert answer.error


async def test_only_tools_that_are_allowed_can_be_called(egress, shops):
    """Whoever asks for another one is refused before the server hears of it."""
    ask = of(egress, server("http", shops, allow=["find_order"]))
    assert [tool["name"] for tool in (await ask()).result] == ["find_order"]
    refused = await ask("cancel_order", number=1)
    assert refused.error == "'cancel_order' is not among the tools of 'allow'"


async def test_headers_have_values_of_the_call(egress, shops):
    """A header may hold what is known of the caller, and secrets."""
    mcp = {**shops["http"], "headers": {"Authorization": "Bearer {{ mine }}"}, "timeout": "20s"}
    assert (await of(egress, mcp, mine=KEY)()).ok
    assert (await of(egress, mcp, mine="other")()).status == 401


async def test_nobody_gets_the_connection_of_one_who_is_gone(egress, shops, monkeypatch):
    """Whose a connection is, is never said by a name that another one gets later."""
    owners = []

    async def ask(owner, *_):
        owners.append(owner)
        return ToolResponse(ok=True, output="")

    monkeypatch.setattr(egress._servers, "ask", ask)
    for _ in range(50):
        assert (await of(egress, dict(shops["http"]))()).ok
        gc.collect(0)
    assert len(set(owners)) == 50
