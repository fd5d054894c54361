"""A service that misbehaves in every way: what the caller gets, and that nobody waits too long."""

from __future__ import annotations

import asyncio
import gzip
import re
import ssl
import time
from datetime import UTC, datetime, timedelta

import pytest
import trustme
from support.stub_service import Caller, ok

from runner.egress.client import HttpEgress
from runner.egress.network.resolver import Resolver
from runner.egress.secrets import Secrets

LATE = 0.25
"""Seconds that nothing may outlast its budget by."""

SORRY = "You may tell the caller that it did not work."
JSON = "Content-Type: application/json"


def after(*parts, pause=0.02, end="close"):
    """Send parts one after the other, again and again from the last; then close or break off."""

    async def reply(writer):
        for part in parts[:-1]:
            writer.write(part)
            await writer.drain()
            await asyncio.sleep(pause)
        while end == "never":
            writer.write(parts[-1])
            await writer.drain()
            await asyncio.sleep(pause)
        writer.write(parts[-1])
        await writer.drain()
        if end == "reset":
            writer.transport.abort()
        else:
            writer.close()

    return reply


SILENCE = None
LATE_BY = "within 0.3s|in what was left of its budget of 1s"
HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"
LONG = HEAD + b"Content-Length: 62914560\r\n\r\n"
CHUNK = b"2000\r\n" + b"x" * 0x2000 + b"\r\n"
BOMB = gzip.compress(b"\0" * 60_000_000, 9, mtime=0)
BUSY = ok(b"{}", status="503 Busy")


def redirect(where, status="302 Found"):
    """An answer that sends the caller elsewhere."""
    return ok(b"", f"Location: {where}", status=status)


ROWS = {
    "500": (ok(b'{"why":"broken"}', JSON, status="500 Oops"), {}, 'Server Error: {"why":"broken"}'),
    "500 twice then fine": ([ok(status="500 X"), ok(status="500 X"), ok(b"[1]")], {}, r"\[1\]"),
    "429 with Retry-After": (
        [ok(b"", "Retry-After: 0", status="429 Slow Down"), ok(b"[2]")], {}, r"\[2\]",
    ),
    "429 for longer than the budget": (
        ok(b"", "Retry-After: 60", status="429 Slow Down"), {}, "answered 429 Too Many Requests",
    ),
    "slow headers": (SILENCE, {}, f"did not answer ({LATE_BY})"),
    "headers one by one": (
        after(HEAD, b"X: y\r\n", end="never"), {}, f"did not answer ({LATE_BY})",
    ),
    "endless headers": (
        after(HEAD, b"X-Pad: " + b"y" * 8192 + b"\r\n", pause=0, end="never"), {},
        "without an answer",
    ),
    "endless 1xx": (
        after(b"", b"HTTP/1.1 103 Early Hints\r\n\r\n" * 100, pause=0, end="never"), {},
        f"did not answer ({LATE_BY})",
    ),
    "drip": (after(LONG, b"x", end="never"), {}, f"did not send its whole answer ({LATE_BY})"),
    "reset mid-body": (after(LONG, b"{", end="reset"), {}, "the connection within its answer"),
    "closed mid-body": (after(LONG, b"{", end="close"), {}, "the connection within its answer"),
    "closed at once": (after(b""), {}, "without an answer"),
    "no HTTP": (ok(b"").replace(b"HTTP/1.1", b"SMTP"), {}, "without an answer"),
    "a page in place of JSON": (
        ok(b"<html>Hi</html>", "Content-Type: text/html"), {"pick": "a"}, "the answer is no JSON",
    ),
    "JSON with a wrong label": (ok(b'{"a":7}', "Content-Type: text/html"), {"pick": "a"}, "7"),
    "text with the label of JSON": (ok(b"hello", JSON), {}, "hello"),
    "empty": (ok(b"", JSON), {}, "Done."),
    "204": (b"HTTP/1.1 204 No Content\r\n\r\n", {}, "Done."),
    "60 MB": (after(LONG, b"x" * 1_000_000, pause=0, end="never"), {}, "larger than 256 KB"),
    "gzip bomb": (ok(BOMB, "Content-Encoding: gzip"), {}, "larger than 256 KB"),
    "endless": (
        after(HEAD + b"Transfer-Encoding: chunked\r\n\r\n", CHUNK, pause=0, end="never"), {},
        "larger than 256 KB",
    ),
    "redirect to the metadata of a cloud": (
        redirect("http://169.254.169.254/latest/meta-data"), {}, "private addresses are refused",
    ),
    "redirect in a circle": (redirect("/"), {}, "it redirected 3 times, the last time to /"),
    "redirect to nowhere": (redirect("mailto:ann@x.example"), {}, "without an address to go to"),
    "redirect to a name that nobody has": (
        redirect("http://nobody.invalid/"), {}, "'nobody.invalid' is not known",
    ),
    "says that it failed": (
        ok(b'{"success":false}'), {"fails_if": "not result.success"},
        "the answer says that it failed: not result.success",
    ),
}  # fmt: skip
"""What the service does → what the tool has besides, and what is told (a regular expression)."""


@pytest.mark.alone
@pytest.mark.parametrize("row", ROWS)
async def test_each_misbehaviour(stub, real, row):
    """It is one plain line, within the budget, and at most as many requests as are allowed."""
    reply, more, message = ROWS[row]

    async def hang(_writer):
        await stub.release.wait()

    stub.reply = reply or hang
    http = {"url": stub.url, "timeout": "300ms", "budget": "1s", "retries": "2", "redirects": "2"}
    begun = time.perf_counter()
    answer = await real(http, **more)
    took = time.perf_counter() - begun
    stub.release.set()
    assert took < 1 + LATE
    assert re.search(message, answer.output if answer.ok else answer.error)
    assert answer.ok or answer.output.endswith(SORRY)
    assert answer.ok or answer.saved == {}
    assert len(answer.error or "") <= 300
    assert len(answer.attempts) <= 3 or "redirect" in row
    unmet = [attempt for attempt in answer.attempts if "nobody" in attempt.url]
    sent = len(answer.attempts) - len(unmet)
    # the last one may have had no time left to arrive
    cut = any("in what was left" in (attempt.error or "") for attempt in answer.attempts)
    assert sent - cut <= len(stub.requests) <= sent


async def test_a_line_break_in_an_argument(stub, real):
    """In a header nothing is sent; in the path, the query and the body it is only data."""
    args = {"a": "x\r\nX-Evil: 1"}
    answer = await real({"url": stub.url, "headers": {"X": "{{ args.a }}"}}, args)
    assert "has a line break" in answer.error
    assert stub.requests == []
    http = {
        "url": stub.url + "/{{ args.a }}",
        "method": "POST",
        "query": {"q": "{{ args.a }}"},
        "body": {"form": {"f": "{{ args.a }}"}},
    }
    assert (await real(http, args)).ok
    assert b"\r\nX-Evil" not in stub.requests[0]


async def test_a_redirect_to_another_host(stub, real):
    """It is followed without the proof, and without the headers that hold a secret."""
    resolver = Resolver(lambda _: ["127.0.0.1"])
    egress = real.egress = HttpEgress(
        Secrets({"KEY": "s3cret!"}), ["127.0.0.1", "*.test"], resolver=resolver
    )
    stub.routes = {
        "/home": redirect(f"http://other.test:{stub.port}/away"),
        "/near": redirect("/here"),
        "/post": redirect(f"http://other.test:{stub.port}/away", "307 Temporary Redirect"),
    }
    http = {
        "url": f"{stub.url}/home",
        "redirects": "1",
        "auth": {"bearer": "{{ secrets.KEY }}"},
        "headers": {"X-Key": "{{ secrets.KEY }}", "X-Plain": "1", "Cookie": "a=b"},
    }
    answer = await real(http)
    assert [attempt.url for attempt in answer.attempts] == [
        f"{stub.url}/home",
        f"http://other.test:{stub.port}/away",
    ]
    first, second = (sent.lower() for sent in stub.requests)
    assert first.count(b"s3cret!") == 2
    assert b"s3cret!" not in second
    assert b"cookie" not in second
    assert b"x-plain: 1" in second
    assert b"host: other.test" in second
    await real(http | {"url": f"{stub.url}/near"})
    assert stub.requests[-1].startswith(b"GET /here ")
    assert stub.requests[-1].count(b"s3cret!") == 2
    post = {"url": f"{stub.url}/post", "method": "POST", "redirects": "1"}
    await real(post | {"body": {"text": "hello"}})
    assert stub.requests[-1].endswith(b"\r\n\r\nhello")
    assert stub.requests[-1].startswith(b"POST /away ")
    sent = len(stub.requests)
    refused = await real(post | {"body": {"text": "{{ secrets.KEY }}"}})
    assert "a body with a secret in it is not sent to another host" in refused.error
    assert len(stub.requests) == sent + 1
    await egress.aclose()


@pytest.mark.parametrize(
    ("status", "method", "sent"),
    [("303 See Other", "PUT", b"GET /x "), ("302 Found", "POST", b"GET /x "),
     ("308 Permanent Redirect", "PUT", b"PUT /x "), ("301 Moved", "DELETE", b"DELETE /x ")],
)  # fmt: skip
async def test_the_method_of_a_redirect(stub, real, status, method, sent):
    """It changes as RFC 9110 says, and a GET takes no body along."""
    stub.routes = {"/": redirect("/x", status)}
    http = {"url": f"{stub.url}/", "method": method, "redirects": "1", "body": {"text": "hello"}}
    assert (await real(http)).ok
    assert stub.requests[-1].startswith(sent)
    assert stub.requests[-1].endswith(b"hello") == (not sent.startswith(b"GET"))


async def test_a_private_network_ends_with_its_service(stub):
    """Leave to reach one private host is no leave to be sent to another."""
    egress = HttpEgress(Secrets({}), resolver=Resolver(lambda _: ["127.0.0.1"]))
    stub.routes = {"/": redirect(f"http://inside.test:{stub.port}/secret")}
    answer = await Caller(egress)(
        {"url": f"{stub.url}/", "private_network": "yes", "redirects": "1"}
    )
    assert "private addresses are refused" in answer.error
    assert len(stub.requests) == 1
    await egress.aclose()


async def test_a_name_that_changes_its_address(stub):
    """Each connection goes to the address that was checked for it; the second one is refused."""
    addresses = [["127.0.0.2"], ["127.0.0.1"]]
    resolver = Resolver(lambda _: addresses.pop(0))
    egress = HttpEgress(Secrets({}), ["127.0.0.2"], resolver=resolver)
    answer = await Caller(egress)({"url": f"http://inside.test:{stub.port}/", "retries": "2"})
    assert "inside.test (at 127.0.0.1) is not in the public internet" in answer.error
    assert [attempt.error for attempt in answer.attempts] == [
        f"no connection: nothing listens at inside.test:{stub.port}"
    ]
    assert (addresses, stub.requests) == ([], [])
    await egress.aclose()


@pytest.fixture
async def tls_server():
    """Serve with a certificate: `tls_server(certificate)` gives the port."""
    servers = []

    async def handle(reader, writer):
        await reader.readuntil(b"\r\n\r\n")
        writer.write(ok(b'{"a":1}'))
        await writer.drain()
        writer.close()

    async def start(certificate):
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        certificate.configure_cert(context)
        server = await asyncio.start_server(handle, "127.0.0.1", 0, ssl=context)
        servers.append(server)
        return server.sockets[0].getsockname()[1]

    yield start
    for server in servers:
        server.close()


@pytest.mark.parametrize(
    ("name", "days", "trusted", "message"),
    [
        ("clinic.test", 1, True, None),
        ("clinic.test", -1, True, "certificate has expired"),
        ("clinic.test", 1, False, "its certificate is not trusted"),
        ("other.test", 1, True, "Hostname mismatch"),
    ],
)
async def test_certificates(tls_server, name, days, trusted, message):
    """One that is expired, of nobody who is trusted, or of another host, ends the connection."""
    authority, known = trustme.CA(), trustme.CA()
    ends = datetime.now(UTC) + timedelta(days=days)
    port = await tls_server(authority.issue_cert(name, not_after=ends))
    trust = ssl.create_default_context()
    (authority if trusted else known).configure_trust(trust)
    resolver = Resolver(lambda _: ["127.0.0.1"])
    egress = HttpEgress(Secrets({}), ["*.test"], resolver=resolver, tls=trust)
    answer = await Caller(egress)({"url": f"https://clinic.test:{port}/", "retries": "2"})
    if message is None:
        assert answer.output == '{"a":1}'
    else:
        assert message in answer.error
        assert "its certificate is not trusted" in answer.error
        assert len(answer.attempts) == 1
    await egress.aclose()
