"""`runner.network`: what tools may reach, and by what way; it may change while calls go on."""

from __future__ import annotations

import asyncio
import base64
import ipaddress

import pytest
from support.stub_service import Caller, Stub, ok

from runner.addresses import literal
from runner.egress.client import HttpEgress
from runner.egress.network.resolver import Resolver
from runner.egress.secrets import Secrets
from runner.schema.process import Network


def network(**written):
    """A section `network` as it is written."""
    return Network.model_validate(written)


@pytest.fixture
async def asks():
    """Ask by an egress whose ways are still to be given; all names lead to this machine."""
    egress = HttpEgress(Secrets({"PROXY": "s3cret!"}), resolver=Resolver(lambda _: ["127.0.0.1"]))
    yield egress, Caller(egress)
    await egress.aclose()


async def test_all_that_is_outside_goes_through_the_proxy(stub, asks):
    """It gets the whole address and its own credentials; names are looked up by it alone."""
    egress, ask = asks
    user = "desk:{{ secrets.PROXY }}"
    egress.follow(network(proxy=f"http://{user}@127.0.0.1:{stub.port}"))
    answer = await ask({"url": "http://api.clinic.example/slots", "headers": {"X": "1"}})
    assert answer.ok
    assert stub.requests[0].startswith(b"GET http://api.clinic.example/slots HTTP/1.1")
    pair = base64.b64encode(b"desk:s3cret!")
    assert b"proxy-authorization: basic " + pair.lower() in stub.requests[0].lower()
    assert "s3cret!" not in repr(answer) + repr(egress._ways)


@pytest.mark.parametrize(
    "host", ["127.0.0.1", "127.1", "0x7f.1", "2130706433", "[::1]", "localhost", "169.254.169.254"]
)
async def test_a_private_address_is_refused_before_the_proxy(stub, asks, host):
    """In every spelling: a proxy would reach it from where it stands."""
    egress, ask = asks
    egress.follow(network(proxy=f"http://127.0.0.1:{stub.port}"))
    answer = await ask({"url": f"http://{host}:1/"})
    assert "private addresses are refused" in answer.error
    assert (answer.attempts, stub.requests) == ((), [])


async def test_the_own_network_needs_no_proxy(stub, asks):
    """What is allowed by name, or by the request, is reached directly."""
    egress, ask = asks
    egress.follow(network(proxy="http://127.0.0.1:1", allow=["*.corp.test"]))
    assert (await ask({"url": f"http://api.corp.test:{stub.port}/"})).ok
    assert (await ask({"url": stub.url, "private_network": "yes"})).ok
    assert [sent.split()[1] for sent in stub.requests] == [b"/", b"/"]
    outside = await ask({"url": "http://api.clinic.example/"})
    assert "no connection" in outside.error


async def test_a_proxy_that_refuses(stub, asks):
    """What it answers is told, and nothing is sent in its place."""
    egress, ask = asks
    egress.follow(network(proxy=f"http://127.0.0.1:{stub.port}"))
    stub.reply = ok(b"", status="407 Proxy Authentication Required")
    answer = await ask({"url": "https://api.clinic.example/"})
    assert "the proxy answered 407 Proxy Authentication Required" in answer.error
    assert stub.requests[0].startswith(b"CONNECT api.clinic.example:443 ")


async def test_a_change_counts_at_once_and_breaks_nothing_off(asks):
    """What is on its way ends as it began; tokens and limits stay; no connection is left over."""
    egress, ask = asks
    stub = Stub()
    server = await asyncio.start_server(stub.handle, "127.0.0.1", 0)
    stub.port = server.sockets[0].getsockname()[1]

    async def hang(writer):
        await stub.release.wait()
        writer.write(ok(b"[1]"))
        await writer.drain()

    stub.reply = hang
    egress.follow(network(allow=["127.0.0.1"]))
    tokens = egress._tokens
    first = asyncio.create_task(ask({"url": stub.url}))
    await stub.arrived.acquire()
    egress.follow(network())
    refused = await ask({"url": stub.url})
    assert "private addresses are refused" in refused.error
    stub.release.set()
    assert (await first).output == "[1]"
    assert egress._tokens is tokens
    await asyncio.wait_for(asyncio.gather(*egress._retiring), 5)
    await asyncio.wait_for(asyncio.gather(*stub.tasks), 5)
    server.close()


@pytest.mark.parametrize(
    ("host", "address"),
    [
        ("127.0.0.1", "127.0.0.1"),
        ("0177.0.0.1", "127.0.0.1"),
        ("localhost.", "127.0.0.1"),
        ("a.localhost", "127.0.0.1"),
        ("[::ffff:10.0.0.1]", "::ffff:10.0.0.1"),
        ("api.clinic.example", None),
        ("10.example", None),
        ("xn--bcher-kva.example", None),
    ],
)
def test_what_is_an_address(host, address):
    """A name is none, whatever it begins with."""
    assert literal(host) == (address and ipaddress.ip_address(address))
