"""Files of the folder: sent as parts of a form, or as what a connection trusts and shows."""

from __future__ import annotations

import asyncio
import ssl
from email import message_from_bytes
from functools import partial

import pytest
import trustme
from support.stub_service import Caller, ok

from runner.cache import Cache
from runner.compiler import Compiler
from runner.egress.client import HttpEgress
from runner.egress.network.resolver import Resolver
from runner.egress.port import ToolRequest
from runner.egress.secrets import Secrets
from runner.source import attached

PDF = b"%PDF-1.7\xff\x00\r\n--not a boundary"


def parts(sent: bytes) -> dict[str, tuple[str | None, str, bytes]]:
    """The parts of a form as Python's own reader of MIME finds them: name → file, label, bytes."""
    head = next(line for line in sent.split(b"\r\n") if line.lower().startswith(b"content-type"))
    message = message_from_bytes(head + b"\r\n\r\n" + sent.partition(b"\r\n\r\n")[2])
    return {
        part.get_param("name", header="content-disposition"): (
            part.get_filename(),
            part.get_content_type(),
            part.get_payload(decode=True),
        )
        for part in message.get_payload()
    }


async def test_a_form_with_files(stub, real, tmp_path):
    """A file is sent with its name and kind, a text as it is; what has no value is left out."""
    (tmp_path / "docs").mkdir()
    (tmp_path / "docs" / "form.pdf").write_bytes(PDF)
    real.egress.files = partial(attached, tmp_path)
    multipart = {
        "who": "{{ args.who }}",
        "none": "{{ args.none }}",
        "tags": "{{ args.tags }}",
        "form": {"file": "docs/form.pdf"},
    }
    http = {"url": stub.url, "method": "POST", "body": {"multipart": multipart}}
    answer = await real(http, {"who": 'Ünal\r\nX: "1"', "tags": [1, 2]})
    assert answer.ok
    sent = parts(stub.requests[0])
    assert sent.pop("who")[2].decode() == 'Ünal\r\nX: "1"'
    assert sent.pop("form") == ("form.pdf", "application/pdf", PDF)
    assert list(sent) == ["tags"]
    assert stub.requests[0].count(b'name="tags"') == 2


async def test_a_file_that_is_gone_sends_nothing(stub, real, tmp_path):
    """It is told by its name."""
    real.egress.files = partial(attached, tmp_path)
    body = {"multipart": {"form": {"file": "form.pdf"}}}
    answer = await real({"url": stub.url, "method": "POST", "body": body})
    assert answer.error == "there is no file 'form.pdf'"
    assert stub.requests == []


FOLDER = """
agents:
  desk:
    start: host
    mode: text
    llm: openai/gpt-4.1-mini
    tools:
      - send_form
personas:
  host:
    instructions: Help.
"""
TOOLS = """
tools:
  send_form:
    description: Send the form.
    http:
      service: api
      method: POST
      body:
        multipart:
          form:
            file: ../docs/form.pdf
services:
  api:
    url: http://127.0.0.1:PORT
    private_network: yes
    authority: ca.pem
"""


async def test_a_path_begins_at_the_file_that_names_it(stub, tmp_path):
    """In a release it begins at the folder, so that it is found from anywhere."""
    for folder in ("tools", "docs"):
        (tmp_path / folder).mkdir()
    (tmp_path / "desk.yaml").write_text(FOLDER)
    (tmp_path / "tools" / "form.yaml").write_text(TOOLS.replace("PORT", str(stub.port)))
    compiler = Compiler(tmp_path, env={}, cache=Cache(tmp_path / ".cache"))
    assert [d.code for d in compiler.compile().diagnostics] == ["E007", "E007"]
    (tmp_path / "docs" / "form.pdf").write_bytes(PDF)
    (tmp_path / "tools" / "ca.pem").write_bytes(trustme.CA().cert_pem.bytes())
    release = compiler.compile().release.agents["desk"]
    assert release.tools["send_form"].http.body.multipart["form"].file == "docs/form.pdf"
    assert release.services["api"].authority == "tools/ca.pem"
    egress = HttpEgress(Secrets({}))
    egress.files = partial(attached, tmp_path)
    again = type(release).from_json(release.to_json())
    assert (await egress.ask(again, ToolRequest("send_form", {}, {}))).ok
    assert parts(stub.requests[0])["form"][2] == PDF
    await egress.aclose()


@pytest.fixture
async def clinic(tmp_path):
    """A server with a certificate of an own authority, which asks for one of the same."""
    authority = trustme.CA()
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("clinic.test").configure_cert(context)
    authority.configure_trust(context)
    context.verify_mode = ssl.CERT_REQUIRED
    seen = []

    async def handle(reader, writer):
        try:
            await reader.readuntil(b"\r\n\r\n")
        except (asyncio.IncompleteReadError, ConnectionError, ssl.SSLError):
            writer.close()
            return
        seen.append(writer.get_extra_info("peercert"))
        writer.write(ok(b'{"a":1}'))
        await writer.drain()
        writer.close()

    server = await asyncio.start_server(handle, "127.0.0.1", 0, ssl=context)
    mine = authority.issue_cert("desk.test")
    (tmp_path / "ca.pem").write_bytes(authority.cert_pem.bytes())
    (tmp_path / "other.pem").write_bytes(trustme.CA().cert_pem.bytes())
    (tmp_path / "mine.pem").write_bytes(b"".join(b.bytes() for b in mine.cert_chain_pems))
    (tmp_path / "mine.key").write_bytes(mine.private_key_pem.bytes())
    (tmp_path / "none.pem").write_bytes(b"hello")
    key = mine.private_key_pem.bytes().decode()
    egress = HttpEgress(
        Secrets({"KEY": key}), ["*.test"], resolver=Resolver(lambda _: ["127.0.0.1"])
    )
    egress.files = partial(attached, tmp_path)
    port = server.sockets[0].getsockname()[1]

    async def ask(service=None, **mtls):
        proof = {"auth": {"mtls": mtls}} if mtls else {}
        services = {"api": {"url": f"https://clinic.test:{port}", **(service or {})}}
        return await Caller(egress)({"service": "api", **proof}, services=services)

    yield ask, seen
    await egress.aclose()
    server.close()


MINE = {"certificate": "mine.pem", "key": "mine.key"}


@pytest.mark.parametrize(
    ("service", "mtls"),
    [
        ({}, MINE | {"authority": "ca.pem"}),
        ({"authority": "ca.pem"}, MINE),
        ({"authority": "ca.pem"}, MINE | {"key": "{{ secrets.KEY }}"}),
    ],
)
async def test_a_connection_that_proves_who_it_is(clinic, service, mtls):
    """Certificate and key are files, or secrets; the authority is the proof's or the service's."""
    ask, seen = clinic
    answer = await ask(service, **mtls)
    assert answer.output == '{"a":1}'
    assert seen[0]["subjectAltName"] == (("DNS", "desk.test"),)


@pytest.mark.parametrize(
    ("service", "mtls", "error"),
    [
        ({"authority": "ca.pem"}, {}, "clinic.test"),
        ({}, MINE, "its certificate is not trusted"),
        ({"authority": "other.pem"}, MINE, "its certificate is not trusted"),
        ({"authority": "none.pem"}, {}, "the authority holds no certificate"),
        ({}, MINE | {"key": "none.pem"}, "the certificate of mtls and its key cannot be used"),
        ({}, MINE | {"key": "mine.pem"}, "the certificate of mtls and its key cannot be used"),
        ({}, MINE | {"certificate": "gone.pem"}, "there is no file 'gone.pem'"),
    ],
)
async def test_a_connection_that_is_not_trusted(clinic, service, mtls, error):
    """Either side may refuse; what cannot be used is told in plain words."""
    ask, seen = clinic
    answer = await ask(service, **mtls)
    assert error in answer.error
    assert (answer.ok, seen) == (False, [])


async def test_the_authority_of_a_service_holds_for_its_tokens_too(tmp_path):
    """A token's server in the same house is trusted; the certificate of mtls is not shown to it."""
    authority = trustme.CA()
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("clinic.test").configure_cert(context)
    requests = []

    async def handle(reader, writer):
        head = await reader.readuntil(b"\r\n\r\n")
        requests.append(head.split()[1])
        token = b'{"access_token": "t-1", "token_type": "Bearer", "expires_in": 60}'
        writer.write(ok(token if head.startswith(b"POST /token") else b'{"a":1}'))
        await writer.drain()
        writer.close()

    server = await asyncio.start_server(handle, "127.0.0.1", 0, ssl=context)
    (tmp_path / "ca.pem").write_bytes(authority.cert_pem.bytes())
    url = f"https://clinic.test:{server.sockets[0].getsockname()[1]}"
    egress = HttpEgress(Secrets({}), ["*.test"], resolver=Resolver(lambda _: ["127.0.0.1"]))
    egress.files = partial(attached, tmp_path)
    oauth2 = {"token_url": f"{url}/token", "client_id": "desk", "client_secret": "s3cret"}
    services = {"api": {"url": url, "authority": "ca.pem", "auth": {"oauth2": oauth2}}}
    answer = await Caller(egress)({"service": "api"}, services=services)
    await egress.aclose()
    server.close()
    assert (answer.output, answer.error, requests) == ('{"a":1}', None, [b"/token", b"/"])
