"""Each kind of proof, checked by those who would check it."""

from __future__ import annotations

import asyncio
import base64
import hashlib
import hmac
import importlib
import json
from http.client import parse_headers
from io import BytesIO

import pytest
from aiohttp import web
from standardwebhooks import Webhook
from support.oauth_server import Client, LoginServer
from support.stub_service import ok

from runner.egress.client import HttpEgress
from runner.egress.secrets import Secrets
from runner.schema.auth import AnyAuth
from runner.schema.types.blocks import kinds_of

SIGNING = "whsec_" + base64.b64encode(b"0123456789abcdef01234567").decode()


def headers(sent: bytes) -> dict[str, str]:
    """The headers of what came in, names in small letters."""
    head = sent.split(b"\r\n", 1)[1]
    return {n.lower(): v for n, v in parse_headers(BytesIO(head)).items()}


@pytest.mark.parametrize("kind", [cls.kind for cls in kinds_of(AnyAuth)])
def test_each_kind_has_its_module(kind):
    """A kind of the schema has a module of its name that can begin it."""
    assert callable(importlib.import_module(f"runner.egress.auth.{kind}").begin)


@pytest.mark.parametrize(
    ("auth", "name", "value"),
    [
        ({"bearer": "{{ secrets.KEY }}"}, "authorization", "Bearer s3cr/et value"),
        (
            {"basic": {"username": "ann", "password": "{{ secrets.KEY }}"}},
            "authorization",
            "Basic " + base64.b64encode(b"ann:s3cr/et value").decode(),
        ),
        ({"basic": {"username": "sk_1", "password": ""}}, "authorization", "Basic c2tfMTo="),
        (
            {"api_key": {"value": "{{ secrets.KEY }}", "header": "X-Api-Key"}},
            "x-api-key",
            "s3cr/et value",
        ),
    ],
)
async def test_what_stands_in_a_header(stub, real, auth, name, value):
    """A token, a password or a key is sent as its RFC says, and shown to nobody."""
    stub.reply = ok(json.dumps({"echo": value}).encode())
    answer = await real({"url": stub.url, "auth": auth})
    assert headers(stub.requests[0])[name] == value
    assert answer.ok
    assert "s3cr/et" not in repr(answer)
    assert base64.b64encode(b"ann:s3cr/et value").decode() not in repr(answer)


async def test_a_key_in_the_query(stub, real):
    """It is added to the author's own query, and three stars stand for it in what is shown."""
    auth = {"api_key": {"value": "{{ secrets.PIN }}", "query": "key"}}
    answer = await real({"url": stub.url + "/x?a=1", "query": {"b": "2"}, "auth": auth})
    assert stub.requests[0].startswith(b"GET /x?a=1&b=2&key=123 ")
    assert answer.attempts[0].url == stub.url + "/x?a=1&b=2&key=***"


@pytest.mark.parametrize(
    ("auth", "error"),
    [
        ({"bearer": "{{ secrets.NONE }}"}, "the secret 'NONE' is missing"),
        ({"bearer": "{{ args.token }}"}, "'bearer' of auth has no value, so nothing was sent"),
        ({"bearer": "{{ secrets.LINES }}"}, "'bearer' of auth has a line break"),
        ({"basic": {"username": "a:b", "password": "c"}}, "'username' of auth has a colon"),
        ({"hmac": {"secret": "not base64!"}}, "is not whsec_ and Base64"),
    ],
)
async def test_a_proof_that_cannot_be_made_sends_nothing(stub, real, auth, error):
    """It is told in plain words, and the service hears nothing."""
    answer = await real({"url": stub.url, "auth": auth})
    assert error in answer.error
    assert "not base64!" not in answer.error
    assert (answer.attempts, stub.requests) == ((), [])


async def test_a_standard_webhook_is_verified_by_the_library_of_its_makers(stub, real):
    """`standardwebhooks` accepts id, time and signature, and refuses another body."""
    egress = HttpEgress(Secrets({"SIGNING": SIGNING}), ["127.0.0.1"])
    real.egress = egress
    http = {"url": stub.url, "method": "POST", "body": {"json": {"name": "Ünal"}}}
    assert (await real(http | {"auth": {"hmac": {"secret": "{{ secrets.SIGNING }}"}}})).ok
    head, _, body = stub.requests[0].partition(b"\r\n\r\n")
    given = headers(head)
    assert Webhook(SIGNING).verify(body, given) == {"name": "Ünal"}
    with pytest.raises(Exception, match="No matching signature"):
        Webhook(SIGNING).verify(body + b" ", given)
    await egress.aclose()


async def test_all_attempts_of_a_webhook_have_one_id(stub, real):
    """A service can tell a second attempt from a second call."""
    stub.reply = [ok(status="503 Busy"), ok()]
    egress = real.egress = HttpEgress(Secrets({"SIGNING": SIGNING}), ["127.0.0.1"])
    http = {"url": stub.url, "method": "PUT", "retries": "1"}
    await real(http | {"auth": {"hmac": {"secret": "{{ secrets.SIGNING }}"}}})
    await real(http | {"auth": {"hmac": {"secret": "{{ secrets.SIGNING }}"}}})
    ids = [headers(sent)["webhook-id"] for sent in stub.requests]
    assert len(ids) == 3
    assert ids[0] == ids[1] != ids[2]
    await egress.aclose()


@pytest.mark.parametrize(
    ("spec", "check"),
    [
        (
            {"header": "X-Hub-Signature-256", "prefix": "sha256="},
            lambda key, body, got: (
                got["x-hub-signature-256"]
                == "sha256=" + hmac.new(key, body, hashlib.sha256).hexdigest()
            ),
        ),
        (
            {"header": "X-Sig", "encoding": "base64", "algorithm": "sha512"},
            lambda key, body, got: (
                base64.b64decode(got["x-sig"]) == hmac.new(key, body, hashlib.sha512).digest()
            ),
        ),
        (
            {"header": "X-Sig", "signs": "timestamp_body", "timestamp_header": "X-Time"},
            lambda key, body, got: (
                got["x-sig"]
                == hmac.new(key, got["x-time"].encode() + b"." + body, hashlib.sha256).hexdigest()
            ),
        ),
    ],
)
async def test_a_described_signature(stub, real, spec, check):
    """Header, hash, encoding, prefix and time are as the author says: GitHub's form among them."""
    http = {"url": stub.url, "method": "POST", "body": {"text": "hello"}}
    await real(http | {"auth": {"hmac": {"secret": "{{ secrets.KEY }}"} | spec}})
    head, _, body = stub.requests[0].partition(b"\r\n\r\n")
    assert check(b"s3cr/et value", body, headers(head))


@pytest.fixture
async def login():
    """An OAuth 2.0 server and what it protects: `login(**options)` gives it and its address."""
    runners, egresses = [], []

    async def start(*, methods=("client_secret_basic", "client_secret_post"), expires_in=3600):
        server = LoginServer(Client("desk", "p4ss:word/1", methods), expires_in=expires_in)
        runner = web.AppRunner(server.app())
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        runners.append(runner)
        egress = HttpEgress(Secrets({"SECRET": "p4ss:word/1", "GRANT": "first"}), ["127.0.0.1"])
        egresses.append(egress)
        return server, f"http://127.0.0.1:{runner.addresses[0][1]}", egress

    yield start
    for egress in egresses:
        await egress.aclose()
    for runner in runners:
        await runner.cleanup()


def tool(url, **more):
    """A request with an access token."""
    client = {"client_id": "desk", "client_secret": "{{ secrets.SECRET }}"}
    return {
        "url": f"{url}/hello",
        "auth": {"oauth2": {"token_url": f"{url}/token", **client, **more}},
    }


@pytest.mark.parametrize("method", ["client_secret_basic", "client_secret_post"])
async def test_client_credentials(login, real, method):
    """A token is got once, by either way that RFC 6749 has, and used until it expires."""
    server, url, real.egress = await login(methods=(method,))
    answers = [await real(tool(url, scopes=["read", "write"], audience="x")) for _ in range(3)]
    assert all(answer.ok for answer in answers)
    assert answers[0].result == {"hello": "ann", "token": "***"}
    assert len(server.valid) == 1
    assert server.asked[-1]["scope"] == "read write"
    assert server.asked[-1]["audience"] == "x"
    assert [len(answer.attempts) for answer in answers] == [1, 1, 1]
    assert "p4ss" not in repr(answers)


async def test_two_hundred_calls_get_one_token(login, real):
    """While one request for a token is on its way, all others wait for it."""
    server, url, real.egress = await login()
    server.slow = 0.05
    service = {"api": {"url": url, "max_concurrent": "200"}}
    http = tool(url) | {"service": "api", "url": "/hello", "timeout": "30s"}
    answers = await asyncio.gather(*(real(http, services=service) for _ in range(200)))
    assert all(answer.ok for answer in answers)
    assert len(server.asked) == 1


async def test_a_token_is_renewed_before_it_expires(login, real):
    """Within the last tenth of its life it is good no more."""
    server, url, real.egress = await login(expires_in=100)
    times = [0.0]
    real.egress._tokens._clock = lambda: times[-1]
    for now in (0.0, 89.0, 91.0):
        times.append(now)
        assert (await real(tool(url))).ok
    assert len(server.asked) == 2


async def test_a_token_that_is_refused_is_renewed_once(login, real):
    """One that the service revoked costs one more request; a new one that is refused does not."""
    server, url, real.egress = await login()
    await real(tool(url))
    server.valid.clear()
    answer = await real(tool(url))
    assert answer.ok
    assert [attempt.status for attempt in answer.attempts] == [401, 200]
    server.save_token = lambda *_: None
    server.valid.clear()
    again = await real(tool(url))
    assert again.status == 401
    assert [attempt.status for attempt in again.attempts] == [401, 401]
    assert len(server.asked) == 3


async def test_a_refresh_token_that_changes_each_time(login, real):
    """The new one is kept, though who asked for it has gone; the log says so without its value."""
    server, url, real.egress = await login()
    server.slow = 0.05
    grant = {"refresh_token": "{{ secrets.GRANT }}"}
    task = asyncio.create_task(real(tool(url, **grant)))
    await server.begun.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    for _ in range(2):
        answer = await real(tool(url, **grant))
        assert answer.ok
        server.valid.clear()
    first, second = (form.get("refresh_token") for form in server.asked)
    assert first == "first"
    assert second not in (None, "first")


@pytest.mark.parametrize(
    ("change", "error"),
    [
        ({"client_secret": "wrong"}, "no access token: 127.0.0.1 answered 4"),
        ({"refresh_token": "gone"}, "the refresh token is not valid any more"),
        ({"token_url": "http://127.0.0.1:1/token"}, "no access token: no connection: nothing"),
        ({"token_url": "http://169.254.169.254/"}, "private addresses are refused"),
    ],
)
async def test_no_token_no_request(login, real, change, error):
    """It is told why; the service itself is not asked."""
    _, url, real.egress = await login()
    answer = await real(tool(url, **change))
    assert error in answer.error
    assert (answer.attempts, answer.status) == ((), None)
