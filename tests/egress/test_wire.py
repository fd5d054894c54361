"""Connections go to checked addresses, under the name that was asked for."""

from __future__ import annotations

import asyncio
import ssl
import subprocess
import threading

import httpcore
import pytest
from support.stub_service import Caller, ok

from runner.egress.client import HttpEgress
from runner.egress.network.resolver import Resolver
from runner.egress.network.wire import first
from runner.egress.secrets import Secrets


@pytest.fixture
def named():
    """Give callers for which a name has chosen addresses."""
    made = []

    def make(addresses, allow=("crm.example",), **more):
        lookup = addresses if callable(addresses) else lambda _host: addresses
        made.append(HttpEgress(Secrets({}), allow, resolver=Resolver(lookup), **more))
        return Caller(made[-1])

    return make


async def test_the_name_stays_in_the_request(stub, named):
    """The connection goes to the address that was looked up; `Host` has the name."""
    ask = named(["127.0.0.1"])
    answer = await ask({"url": f"http://CRM.example:{stub.port}/"})
    assert answer.ok
    assert f"Host: crm.example:{stub.port}".encode() in stub.requests[0]
    await ask.egress.aclose()


async def test_a_second_look_up_changes_nothing(stub, named):
    """A name that turns to a private address between check and connection reaches nobody."""
    answers = iter([["93.184.216.34", "127.0.0.1"], ["127.0.0.1"]])
    ask = named(lambda _host: next(answers), allow=())
    for _ in range(2):
        answer = await ask({"url": f"http://rebind.example:{stub.port}/"})
        assert "rebind.example (at 127.0.0.1)" in answer.error
    assert stub.connections == 0


async def test_another_address_is_tried(stub, named):
    """Where the first addresses refuse, the next one serves."""
    ask = named(["::1", "127.0.0.2", "127.0.0.1"])
    answer = await ask({"url": f"http://crm.example:{stub.port}/"})
    assert answer.ok
    await ask.egress.aclose()


async def test_no_address_answers(closed_port, named):
    """Where all addresses refuse, that is one failure."""
    ask = named(["127.0.0.1", "127.0.0.2"])
    answer = await ask({"url": f"http://crm.example:{closed_port}/"})
    assert answer.error == f"no connection: nothing listens at crm.example:{closed_port}"
    assert len(answer.attempts) == 1


class Stream(httpcore.AsyncNetworkStream):
    """A connection of which only matters whether it is closed."""

    closed = False

    async def aclose(self):
        self.closed = True


async def test_a_silent_address_gets_a_head_start_only():
    """An address that swallows packets is given up as soon as another one answers."""
    given_up = asyncio.Event()

    async def silent():
        try:
            await asyncio.Event().wait()
        finally:
            given_up.set()

    async def answers():
        return Stream()

    stream = await first([silent, answers])
    assert isinstance(stream, Stream)
    assert given_up.is_set()


async def test_a_connection_that_comes_too_late_is_closed():
    """Who is told to give up, and has connected all the same, leaves no connection behind."""
    late, begun = Stream(), asyncio.Event()

    async def stubborn():
        begun.set()
        try:
            await asyncio.Event().wait()
        except asyncio.CancelledError:
            return late

    task = asyncio.create_task(first([stubborn]))
    await begun.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert late.closed


async def test_an_unknown_name(named):
    """A name without an address is an attempt that failed."""
    answer = await named([])({"url": "http://crm.example/"})
    assert answer.error == "the host 'crm.example' is not known, or cannot be looked up"
    assert len(answer.attempts) == 1


async def test_a_name_server_that_hangs(named):
    """The timeout holds for the look-up too."""
    go = threading.Event()
    ask = named(lambda _host: ["127.0.0.1"] if go.wait(10) else [])
    answer = await ask({"url": "http://crm.example/", "timeout": "50ms"})
    go.set()
    assert answer.error == "crm.example did not answer within 0.05s"


@pytest.fixture(scope="module")
def certificate(tmp_path_factory):
    """Make a certificate of crm.example that only its own holder trusts."""
    folder = tmp_path_factory.mktemp("tls")
    subject = ["-subj", "/CN=crm.example", "-addext", "subjectAltName=DNS:crm.example"]
    made = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2"]
    files = ["-keyout", folder / "key.pem", "-out", folder / "certificate.pem"]
    subprocess.run(
        ["openssl", "req", "-x509", *made, *files, *subject], check=True, capture_output=True
    )
    return folder / "certificate.pem", folder / "key.pem"


@pytest.fixture
async def secure(certificate):
    """Serve HTTPS with that certificate; gives the port, and the names that were asked for."""
    names = []
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(*certificate)
    context.sni_callback = lambda _socket, name, _context: names.append(name)

    async def serve(reader, writer):
        await reader.readuntil(b"\r\n\r\n")
        writer.write(ok(b'{"a":1}', "Connection: close"))
        await writer.drain()
        writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0, ssl=context)
    yield server.sockets[0].getsockname()[1], names
    server.close()
    await server.wait_closed()


async def test_tls_knows_the_name(secure, certificate, named):
    """TLS asks for the name and checks the certificate for it, not for the address."""
    port, names = secure
    ask = named(["127.0.0.1"], tls=ssl.create_default_context(cafile=certificate[0]))
    answer = await ask({"url": f"https://crm.example:{port}/"})
    assert (answer.ok, answer.error) == (True, None)
    assert names == ["crm.example"]
    other = named(
        ["127.0.0.1"], ["*.example"], tls=ssl.create_default_context(cafile=certificate[0])
    )
    answer = await other({"url": f"https://other.example:{port}/"})
    assert "its certificate is not trusted (Hostname mismatch" in answer.error


async def test_a_certificate_of_nobody(secure, named):
    """A certificate that no known authority signed is refused, and the reason told."""
    port, _ = secure
    answer = await named(["127.0.0.1"])({"url": f"https://crm.example:{port}/"})
    assert "its certificate is not trusted (self-signed certificate)" in answer.error
