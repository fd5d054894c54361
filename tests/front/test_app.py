"""The front as a server: starting, stopping, and what goes wrong in between."""

from __future__ import annotations

import asyncio
import json
import logging
import socket
import time

import aiohttp
import pytest
from front.conftest import Client

from runner.front.app import STOP_SECONDS, Front


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.168.1.2", "[::]"])  # noqa: S104 - it is refused
def test_other_machines_want_tokens(runner, host):
    """Any address but loopback is refused without tokens, with the lines to add."""
    with pytest.raises(ValueError, match="would open the front to other machines") as caught:
        Front(runner, host=host)
    assert '\nrunner:\n  http:\n    tokens:\n      - "{{ secrets.LKRUN_TOKEN }}"\n' in str(
        caught.value
    )


@pytest.mark.parametrize("host", ["example.com", "", "127.0.0.1:80", "http://127.0.0.1"])
def test_what_is_no_address_is_refused(runner, host):
    """A name of another machine, or an address with more, is told apart."""
    with pytest.raises(ValueError, match="is not an address of this machine"):
        Front(runner, host=host)


@pytest.mark.parametrize("port", [-1, 65_536])
def test_a_port_that_cannot_be_is_refused(runner, port):
    """Ports go from 0 to 65535."""
    with pytest.raises(ValueError, match=f"there is no port {port}"):
        Front(runner, port=port)


async def test_port_0_is_any(front):
    """The bound address is told."""
    host, port = front.address
    assert host == "127.0.0.1"
    assert port > 0


@pytest.mark.skipif(not socket.has_ipv6, reason="this machine has no IPv6")
async def test_it_listens_on_the_other_loopback_too(runner):
    """`::1` is served, and spelled with brackets where an address is named."""
    made = Front(runner, host="::1", port=0)
    host, port = await made.start()
    async with aiohttp.ClientSession() as session:
        ask = Client(session, f"http://[{host}]:{port}")
        assert (await ask("GET", "/health")).status == 200
        refused = await ask("GET", "/health", headers={"Host": "evil.example"})
        assert refused.error["help"] == f"open http://[::1]:{port}/ instead"
    await made.stop()


async def test_a_taken_port_is_told_plainly(front, runner):
    """A port in use is an OSError that reads like a sentence."""
    port = front.address[1]
    with pytest.raises(OSError, match="in use") as caught:
        await Front(runner, port=port).start()
    assert str(caught.value) == (
        f"port {port} on 127.0.0.1 is in use by another program; "
        "name another with --port, or --port 0 for any that is free"
    )


async def test_after_stop_the_port_is_free(runner):
    """Stopping closes the port, and stopping twice is no mistake."""
    first = Front(runner, port=0)
    address = await first.start()
    await first.stop()
    await first.stop()
    second = Front(runner, port=address[1])
    assert await second.start() == address
    await second.stop()


async def test_stop_is_bounded(front, ask, runner):
    """A turn that never ends does not hold up the end of the front."""
    runner.gate.clear()
    asking = asyncio.create_task(ask.turn(text="hi"))
    await runner.entered.wait()
    began = time.perf_counter()
    await front.stop()
    assert time.perf_counter() - began < STOP_SECONDS + 3
    with pytest.raises(aiohttp.ServerDisconnectedError):
        await asking


async def test_what_fails_unexpectedly_is_500_in_the_same_shape(ask, runner, caplog):
    """The client is told no detail, the log gets one line without a traceback."""
    runner.refuses = RuntimeError("secret detail\nsecond line")
    with caplog.at_level(logging.INFO, logger="lkrun.front"):
        answer = await ask.turn(text="hi")
    assert answer.status == 500
    assert answer.error["code"] == "internal"
    assert b"secret" not in answer.body
    (record,) = caplog.records
    assert record.exc_info is None
    assert "\n" not in record.getMessage()
    assert "RuntimeError" in record.getMessage()
    runner.refuses = None
    assert (await ask.turn(text="hi")).status == 200


async def test_an_answer_that_breaks_the_contract_is_500(ask, runner, caplog):
    """What the runner hands over is held to the OpenAPI document as well."""
    runner.release = {"id": 5}
    assert (await ask("GET", "/-/release")).status == 500
    assert "ValidationError" in caplog.text


@pytest.mark.parametrize(
    ("method", "path", "allowed"),
    [
        ("GET", "/v1/agents/clinic/turns", "POST"),
        ("PUT", "/v1/sessions/s-1", "DELETE, GET, HEAD"),
        ("POST", "/", "GET, HEAD"),
        ("OPTIONS", "/v1/agents/clinic/turns", "POST"),
    ],
)
async def test_a_wrong_method_is_405(ask, method, path, allowed):
    """405 names the methods that work."""
    answer = await ask(method, path)
    assert (answer.status, answer.error["code"]) == (405, "wrong_method")
    assert answer.headers["Allow"] == allowed
    assert answer.error["help"] == f"use {allowed}"


@pytest.mark.parametrize("path", ["/nothing", "/v1", "/v1/agents/a/b/turns", "/-/../etc", "/%00"])
async def test_an_unknown_address_is_404(ask, path):
    """404 says where the routes are listed."""
    answer = await ask("GET", path)
    assert (answer.status, answer.error["code"]) == (404, "unknown_route")
    assert "/openapi.json" in answer.error["help"]


NO_HTTP = "this is not a request of HTTP/1.1"
NO_HOST = "this front does not answer to the name ''"


@pytest.mark.parametrize(
    ("sent", "message"),
    [
        (b"\x16\x03\x01 garbage\r\n\r\n", "this is not HTTP"),
        (b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", NO_HTTP),
        (b"GET / HTTP/1.1\r\nno colon\r\n\r\n", NO_HTTP),
        (b"GET / HTTP/1.1\r\n%s\r\n" % (b"a: b\r\n" * 400), NO_HTTP),
        (b"GET / HTTP/1.1\r\nX: %s\r\n\r\n" % (b"x" * 9000), "longer than 8,190 bytes"),
        (b"GET /%s HTTP/1.1\r\n\r\n" % (b"x" * 9000), "longer than 8,190 bytes"),
        (b"GET / HTTP/1.1\r\n\r\n", NO_HTTP),
        (b"GET /\r\n\r\n", NO_HOST),
        (b"GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n", NO_HTTP),
    ],
)
async def test_what_is_no_http_gets_words(ask, front, caplog, sent, message):
    """Bytes that are no HTTP, or name no host, are refused as JSON and the front goes on."""
    reader, writer = await asyncio.open_connection(*front.address)
    try:
        writer.write(sent)
        head = (await reader.readuntil(b"\r\n\r\n")).decode()
        length = int(head.partition("Content-Length: ")[2].split()[0])
        error = json.loads(await reader.readexactly(length))["error"]
    finally:
        writer.close()
        await writer.wait_closed()
    assert head.split()[1] in ("400", "403")
    assert "Content-Type: application/json" in head
    assert "Cache-Control: no-store" in head
    assert list(error) == ["code", "message", "help"]
    assert message in error["message"]
    assert "Traceback" not in caplog.text
    assert (await ask("GET", "/health")).status == 200


async def test_a_full_address_line_is_refused(ask):
    """An address of many thousand characters is refused, not read for ever."""
    answer = await ask("GET", "/" + "x" * 20_000)
    assert (answer.status, answer.error["code"]) == (400, "bad_request")


async def test_an_expectation_that_cannot_be_met(ask):
    """`Expect` with an unknown word is 417."""
    for path in ("/health", "/nothing"):
        answer = await ask("GET", path, headers={"Expect": "magic"})
        assert (answer.status, answer.error["code"]) == (417, "bad_request")
