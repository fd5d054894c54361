"""Asking: what a service does comes back as an answer, never as an exception."""

from __future__ import annotations

import asyncio
import gzip
import logging
import subprocess
import sys
import zlib

import httpx
import pytest
from support.stub_service import Caller, ok

from runner.egress.client import HttpEgress
from runner.egress.network.tls import tls_context
from runner.egress.port import ToolRequest, ToolResponse
from runner.egress.secrets import Secrets
from runner.link.release import AgentRelease
from runner.schema.agents import Agent
from runner.schema.tools import SayTool


async def test_json_with_a_wrong_label_is_read(stub, real):
    """A body that parses as JSON is JSON; pick and save take their parts of it."""
    stub.reply = ok(b'{"slots":[{"at":"09:00"}],"n":null}', "Content-Type: text/html")
    answer = await real(
        {"url": stub.url + "/x"},
        pick="slots[].at",
        save={"first": "slots[0].at", "none": "n", "odd": "length(nothing)"},
    )
    assert answer.ok
    assert answer.output == '["09:00"]'
    assert answer.saved == {"first": "09:00", "none": None, "odd": None}
    assert answer.result == {"slots": [{"at": "09:00"}], "n": None}
    assert answer.error is None
    (attempt,) = answer.attempts
    assert (attempt.method, attempt.url, attempt.status) == ("GET", stub.url + "/x", 200)
    assert attempt.error is None
    assert 0 < attempt.ms < 5000
    assert ToolResponse.from_data(answer.to_data()) == answer


async def test_one_connection_serves_many_requests(stub, real):
    """The pool is warm: asks one after the other share a connection."""
    for _ in range(3):
        assert (await real({"url": stub.url})).ok
    assert stub.connections == 1


async def test_at_most_ten_at_once_reach_one_server(stub, real):
    """Thirty asks at the same time all succeed, over ten connections."""
    answers = await asyncio.gather(*(real({"url": stub.url}) for _ in range(30)))
    assert all(answer.ok for answer in answers)
    assert stub.connections <= 10


async def test_waiting_for_a_turn_is_part_of_the_time(stub, real):
    """Where a server is busy with ten others, the eleventh fails in its own time, unsent."""

    async def hang(_writer):
        await stub.release.wait()

    stub.reply = hang
    others = [asyncio.create_task(real({"url": stub.url})) for _ in range(10)]
    for _ in others:
        await stub.arrived.acquire()
    answer = await real({"url": stub.url, "timeout": "50ms"})
    assert "busy with other requests for 0.05s" in answer.error
    assert answer.attempts == ()
    for task in others:
        task.cancel()
    await asyncio.gather(*others, return_exceptions=True)


_CUT = gzip.compress(b"x", mtime=0)[:-9]

REDIRECT = ok(b"", "Location: http://other/s3cr%2Fet%20value", status="302 Found")
SILENT = "ended the connection without an answer"


@pytest.mark.parametrize(
    ("reply", "error", "output"),
    [
        (ok(b'{"why": "no\n slot"}', status="500 X"), 'Server Error: {"why": "no slot"}', "500 (I"),
        (ok(b"<html>", status="404 Not Found"), "the service answered 404 Not Found", "404 (Not"),
        (ok(status="599 What"), "the service answered 599: {}", "status 599."),
        (REDIRECT, "it redirects to http://other/***, and redirects are not", "status 302 (Found)"),
        (ok(b"", "Location: http://[", status="301 Moved"), "redirects to http://[", "status 301"),
        (ok(b"", status="304 Not Modified"), "Not Modified: it redirects, and", "status 304"),
        (b"nonsense\r\n\r\n", SILENT, "not be reached"),
        (b"HTTP/1.1 200 OK\r\nX: " + b"a" * 200_000, SILENT, "not be reached"),
        (ok(b"x" * 300_000), "the answer is larger than 256 KB", "could not be used"),
        (ok(b"x", "Content-Encoding: br"), "packed as 'br'", "could not be used"),
        (
            ok(gzip.compress(b"x", mtime=0)[:-9], "Content-Encoding: gzip"),
            "damaged",
            "could not be used",
        ),
        (ok(b"[" * 100_000), "nested too deeply", "could not be used"),
    ],
)
async def test_failures_of_a_service(stub, real, reply, error, output):
    """Each failure is one plain line for the author, and one sentence for the model."""
    stub.reply = reply
    answer = await real({"url": stub.url, "headers": {"X": "{{ secrets.KEY }}"}})
    assert not answer.ok
    assert error in answer.error
    assert len(answer.error) <= 300
    assert "\n" not in answer.error
    assert output in answer.output
    assert answer.output.endswith("You may tell the caller that it did not work.")
    assert len(answer.attempts) == 1
    assert len(stub.requests) == 1


async def test_a_huge_answer_is_not_read_to_its_end(stub, real):
    """Of 50 MB only a little more than 256 KB is taken."""
    sent = 0

    async def flood(writer):
        nonlocal sent
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 50000000\r\n\r\n")
        for _ in range(500):
            writer.write(b"x" * 100_000)
            await writer.drain()
            sent += 100_000

    stub.reply = flood
    answer = await real({"url": stub.url})
    assert "larger than 256 KB" in answer.error
    assert sent < 20_000_000


async def test_a_gzip_bomb_is_stopped(stub, real):
    """200 MB packed in 200 KB are refused without being unpacked."""
    pack = zlib.compressobj(9, wbits=31)
    zeros = b"\0" * 1_000_000
    bomb = b"".join(pack.compress(zeros) for _ in range(200)) + pack.flush()
    stub.reply = ok(bomb, "Content-Encoding: gzip")
    answer = await real({"url": stub.url})
    assert "larger than 256 KB" in answer.error


async def test_a_drip_does_not_outlast_the_timeout(stub, real):
    """The timeout bounds headers and body together, however lively the server seems."""

    async def drip(writer):
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n")
        while not stub.release.is_set():
            writer.write(b"x")
            await writer.drain()
            await asyncio.sleep(0.01)

    stub.reply = drip
    started = asyncio.get_running_loop().time()
    answer = await real({"url": stub.url, "timeout": "200ms"})
    assert asyncio.get_running_loop().time() - started < 1
    assert "did not send its whole answer within 0.2s" in answer.error
    assert answer.attempts[0].status == 200


async def test_a_server_that_never_answers(stub, real):
    """Silence ends with the timeout, and the attempt is noted without a status."""

    async def hang(_writer):
        await stub.release.wait()

    stub.reply = hang
    answer = await real({"url": stub.url, "timeout": "50ms"})
    assert "did not answer within 0.05s" in answer.error
    assert answer.attempts[0].status is None
    assert answer.attempts[0].error == answer.error


async def test_a_complaint_that_does_not_come_is_not_waited_for(stub, real):
    """A failing status is told even where its body never ends."""

    async def stall(writer):
        writer.write(b"HTTP/1.1 503 Busy\r\nContent-Length: 9\r\n\r\nx")
        await stub.release.wait()

    stub.reply = stall
    answer = await real({"url": stub.url})
    assert answer.error == "the service answered 503 Service Unavailable"


async def test_a_reset_within_the_body(stub, real):
    """A connection that breaks in the middle is told so."""

    async def reset(writer):
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\nx")
        await writer.drain()
        writer.transport.abort()

    stub.reply = reset
    answer = await real({"url": stub.url})
    assert "ended the connection within its answer" in answer.error


async def test_an_answer_may_end_with_the_connection(stub, real):
    """Without a length the body ends where the connection does."""

    async def until_close(writer):
        writer.write(b'HTTP/1.1 200 OK\r\n\r\n{"a":1}')
        writer.close()

    stub.reply = until_close
    assert (await real({"url": stub.url})).output == '{"a":1}'


async def test_an_answer_without_a_body(stub, real):
    """204 and an empty 200 are fine, also for HEAD."""
    stub.reply = b"HTTP/1.1 204 No Content\r\n\r\n"
    answer = await real({"url": stub.url, "method": "DELETE"})
    assert (answer.ok, answer.output, answer.result) == (True, "Done.", None)
    stub.reply = b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\nContent-Encoding: gzip\r\n\r\n"
    assert (await real({"url": stub.url, "method": "HEAD"})).ok


async def test_statuses_that_are_no_failure(stub, real):
    """A status in `ok` is an answer like any other."""
    stub.reply = ok(b'{"found":false}', status="404 Not Found")
    answer = await real({"url": stub.url, "ok": ["404"]}, save={"found": "found"})
    assert answer.ok
    assert answer.saved == {"found": False}
    assert answer.attempts[0].error is None


async def test_no_cookie_is_kept(stub, real):
    """What a service sets is not sent back with the next caller's request."""
    stub.reply = ok(b"{}", "Set-Cookie: session=1; Path=/")
    await real({"url": stub.url})
    await real({"url": stub.url})
    assert b"cookie" not in stub.requests[1].lower()


async def test_the_environment_changes_nothing(stub, real, monkeypatch):
    """Proxies and .netrc of the environment are not used."""
    for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:1")
    assert (await real({"url": stub.url})).ok
    assert b"authorization" not in stub.requests[0].lower()


@pytest.mark.parametrize(
    ("body", "output"),
    [
        (b'{"k":"s3cr/et value"}', '{"k":"***"}'),
        (b'{"k":"s3cr\\/et\\u0020value"}', '{"k":"***"}'),
        (b"a s3cr%2Fet%20value b", "a *** b"),
        (b"a s3cr%2fet+value b s3cr%2Fet+value", "a *** b ***"),
        (b"Basic dXNlcjpzM2NyL2V0IHZhbHVl!", "Basic dXN***!"),
        (b'{"n":900150983,"s3cr/et value":1.5}', '{"n":"***","***":1.5}'),
        (b"123 is short", "123 is short"),
    ],
)
async def test_secrets_are_masked_in_what_a_service_echoes(stub, real, body, output):
    """A secret comes back masked in whatever form; one shorter than four characters does not."""
    stub.reply = ok(body)
    http = {
        "url": stub.url + "/{{ secrets.PIN }}",
        "headers": {"X": "{{ secrets.KEY }}", "Y": "{{ secrets.NUMBER }}"},
    }
    answer = await real(http, save={"all": "@"})
    assert answer.output == output
    assert "s3cr/et" not in repr(answer)
    assert answer.attempts[0].url == stub.url + "/***"
    stub.reply = ok(body, status="400 Bad Request")
    failed = await real(http)
    assert "s3cr/et" not in repr(failed)


async def test_secrets_in_the_query_are_not_shown(stub, real):
    """The address of an attempt has three stars, also for a secret that a filter changed."""
    query = {"k": "{{ secrets.KEY | upper }}", "p": "{{ secrets.PIN }}", "a": "{{ args.a }}"}
    answer = await real({"url": stub.url, "query": query}, {"a": "1"})
    assert answer.attempts[0].url == stub.url + "?k=***&p=***&a=1"
    assert b"?k=S3CR%2FET%20VALUE&p=123&a=1 " in stub.requests[0]


async def test_nothing_is_logged(stub, real, caplog):
    """No library logs an address, even where everything is logged."""
    caplog.set_level(logging.DEBUG)
    await real({"url": stub.url, "query": {"k": "{{ secrets.KEY }}"}})
    assert [r for r in caplog.records if r.name.startswith(("http", "hp", "lkrun"))] == []


async def test_private_addresses_are_refused(stub):
    """Without leave nothing is sent to this machine, under whatever name."""
    egress = HttpEgress(Secrets({}))
    ask = Caller(egress)
    for host in ("127.0.0.1", "localhost", "0x7f.1", "2130706433", "[::ffff:127.0.0.1]", "127.1"):
        answer = await ask({"url": f"http://{host}:{stub.port}/"})
        assert "private addresses are refused" in answer.error, host
        assert answer.attempts == ()
        assert "127.0.0.1" not in answer.output
    allowed = await ask({"url": stub.url, "private_network": "yes"})
    assert allowed.ok
    again = await ask({"url": stub.url})
    assert not again.ok
    assert len(stub.requests) == 1
    await egress.aclose()


async def test_nobody_listens(real, closed_port):
    """A closed port is told with its address."""
    answer = await real({"url": f"http://127.0.0.1:{closed_port}/"})
    assert answer.error == f"no connection: nothing listens at 127.0.0.1:{closed_port}"
    assert answer.attempts[0].status is None


async def test_https_to_a_server_without_tls(real):
    """Speaking TLS to a plain server is told so."""

    async def plain(_reader, writer):
        writer.write(b"HTTP/1.1 400 Bad Request\r\n\r\n")
        await writer.drain()
        writer.close()

    server = await asyncio.start_server(plain, "127.0.0.1", 0)
    host = f"127.0.0.1:{server.sockets[0].getsockname()[1]}"
    answer = await real({"url": f"https://{host}/"})
    assert answer.error == f"no connection to {host}: it speaks no TLS"
    server.close()
    await server.wait_closed()


async def test_cancellation_passes(stub, real):
    """A call that hangs up does not wait, and the connection can be used no more."""

    async def hang(_writer):
        await stub.release.wait()

    stub.reply = hang
    task = asyncio.create_task(real({"url": stub.url}))
    await stub.arrived.acquire()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    stub.reply = ok()
    assert (await real({"url": stub.url})).ok


@pytest.mark.parametrize(
    "error",
    [
        httpx.ReadError("x"),
        httpx.ConnectError("x"),
        ZeroDivisionError("s3cr/et value"),
        OSError("x"),
    ],
)
async def test_no_exception_leaves(mock, error, caplog):
    """Whatever happens, the answer is plain, and the log tells the place but not the words."""
    answer = await mock(error)({"url": "https://x.example"})
    assert not answer.ok
    assert "Error" not in answer.error
    assert "s3cr" not in caplog.text
    assert ("ZeroDivisionError" in caplog.text) == isinstance(error, ZeroDivisionError)


async def test_a_request_that_breaks_http_is_told(mock):
    """A library's refusal of a request is no attempt."""
    answer = await mock(httpx.LocalProtocolError("x"))({"url": "https://x.example"})
    assert "cannot be sent" in answer.error
    assert answer.attempts == ()


async def test_a_tool_that_sends_nothing():
    """Another kind of tool, an unknown one and a closed egress fail plainly."""
    egress = HttpEgress(Secrets({}))
    say = SayTool.model_construct(say=("x",))
    agent = Agent.model_construct(variables={})
    release = AgentRelease.model_construct(
        personas={}, name="a", agent=agent, tools={"say": say}, providers={}
    )
    for name in ("say", "nothing"):
        answer = await egress.ask(release, ToolRequest(name, {}, {}))
        assert f"no tool '{name}'" in answer.error
    await egress.aclose()


async def test_a_closed_egress_sends_nothing(real, stub):
    """After `aclose` an ask fails, and says why."""
    await real.egress.aclose()
    answer = await real({"url": stub.url})
    assert "shutting down" in answer.error
    assert stub.requests == []


def test_one_tls_context():
    """The TLS context is made once a process."""
    assert tls_context() is tls_context()


def test_the_interface_is_light():
    """Who only needs the interface, the guard or the secrets does not import httpx."""
    code = (
        "import sys, runner.egress.port, runner.egress.secrets, runner.addresses;"
        "sys.exit('httpx' in sys.modules or 'jmespath' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
