"""Signed posts: what verifies them, what they hide, and what their answers may be."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json

import pytest
from aiohttp import web
from standardwebhooks import Webhook, WebhookVerificationError

from runner.egress.client import HttpEgress
from runner.egress.secrets import Secrets
from runner.egress.signed import LARGEST_REPLY, SignedPost, body_of
from runner.egress.trouble import RequestError
from runner.secret import Secret

OLD = "whsec_" + base64.b64encode(b"an old secret of 24 byte").decode()
NEW = "whsec_" + base64.b64encode(b"a newer one of 24 bytes!").decode()
TOKEN = "eyJhbGciOi.room-token.abcdef"  # noqa: S105 - a test's own
BODY = body_of({"type": "agent.job.requested", "name": "Zoë", "access_token": TOKEN})


@pytest.fixture
async def service():
    """Answers what a test says, and keeps what it was sent."""

    class Service:
        answer = (200, b"{}", {})
        requests = ()

        async def handle(self, request):
            body = await request.read()
            self.requests = (*self.requests, (dict(request.headers), body))
            status, content, headers = self.answer
            return web.Response(status=status, body=content, headers=headers)

    known = Service()
    app = web.Application()
    app.router.add_route("*", "/jobs", known.handle)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    known.url = f"http://127.0.0.1:{runner.addresses[0][1]}/jobs"
    yield known
    await runner.cleanup()


@pytest.fixture
async def egress():
    made = HttpEgress(Secrets({"OLD": OLD, "NEW": NEW, "SHORT": "whsec_YWJj"}), env={})
    yield made
    await made.aclose()


def post(service, *secrets, style="standard", **more):
    names = secrets or ("OLD",)
    written = tuple(f"{{{{ secrets.{name} }}}}" for name in names)
    return SignedPost(
        service.url, written, more.pop("headers", {}), BODY, "msg_AJ_1_requested", style,
        hidden=(Secret(TOKEN),), **more,
    )  # fmt: skip


async def test_the_bytes_that_are_sent_are_what_is_signed(service, egress):
    """Standard Webhooks verifies them; a changed byte and an old time are refused."""
    assert await egress.post_signed(post(service)) == (200, b"{}")
    ((headers, body),) = service.requests
    assert body == BODY
    assert Webhook(OLD).verify(body, headers)["name"] == "Zoë"
    with pytest.raises(WebhookVerificationError):
        Webhook(OLD).verify(body.replace(b"Zo", b"Za"), headers)
    lower = {name.lower(): value for name, value in headers.items()}
    then = str(int(lower["webhook-timestamp"]) - 301)
    with pytest.raises(WebhookVerificationError):
        Webhook(OLD).verify(body, {**lower, "webhook-timestamp": then})
    assert lower["webhook-id"] == lower["idempotency-key"] == "msg_AJ_1_requested"


async def test_each_of_two_secrets_verifies(service, egress):
    """While a secret is changed, who has either takes the request."""
    await egress.post_signed(post(service, "OLD", "NEW"))
    ((headers, body),) = service.requests
    for secret in (OLD, NEW):
        Webhook(secret).verify(body, headers)


@pytest.mark.parametrize("style", ["livekit", "both"])
async def test_the_pair_of_headers_of_livekit(service, egress, style):
    """A hash of the body in hex by the secret as it is written, beside the other or alone."""
    await egress.post_signed(post(service, style=style))
    ((headers, body),) = service.requests
    expected = hmac.new(OLD.encode(), body, hashlib.sha256).hexdigest()
    assert headers["X-LiveKit-Signature"] == expected
    assert headers["X-LiveKit-Timestamp"].isdigit()
    assert ("webhook-signature" in headers) == (style == "both")


@pytest.mark.parametrize("name", ["SHORT", "MISSING"])
async def test_a_secret_that_cannot_be_used_sends_nothing(service, egress, name):
    """It is told by its fault, without its value."""
    with pytest.raises(RequestError) as trouble:
        await egress.post_signed(post(service, name))
    assert "YWJj" not in trouble.value.error
    assert service.requests == ()


async def test_what_a_service_echoes_is_masked(service, egress):
    """The token is in no error, though the service sends the whole body back."""
    service.answer = (500, BODY, {"Content-Type": "application/json"})
    with pytest.raises(RequestError) as trouble:
        await egress.post_signed(post(service))
    assert TOKEN not in trouble.value.error
    assert TOKEN not in egress.hide(f"it said {TOKEN}")
    assert trouble.value.passing


async def test_an_answer_has_64_kb_and_no_redirect(service, egress):
    """One byte more is a failure, and so is another address."""
    service.answer = (200, b" " * LARGEST_REPLY, {})
    assert len((await egress.post_signed(post(service)))[1]) == LARGEST_REPLY
    service.answer = (200, b" " * (LARGEST_REPLY + 1), {})
    with pytest.raises(RequestError) as trouble:
        await egress.post_signed(post(service))
    assert not trouble.value.passing
    service.answer = (307, b"", {"Location": service.url})
    before = len(service.requests)
    with pytest.raises(RequestError):
        await egress.post_signed(post(service))
    assert len(service.requests) == before + 1


async def test_own_headers_go_along_with_their_secrets(service, egress):
    """They are rendered, and cannot take the place of the signature."""
    own = {"X-Key": "{{ secrets.NEW }}", "webhook-id": "forged"}
    await egress.post_signed(post(service, headers=own))
    ((headers, body),) = service.requests
    assert headers["X-Key"] == NEW
    assert {n.lower(): v for n, v in headers.items()}["webhook-id"] == "msg_AJ_1_requested"
    assert json.loads(body)["type"] == "agent.job.requested"


async def test_an_address_is_asked_whether_it_works(service, egress):
    """A good status says so; nothing is signed."""
    service.answer = (204, b"", {})
    await egress.probe(service.url, 2.0)
    ((headers, _),) = service.requests
    assert not any(name.lower().startswith("webhook") for name in headers)
    service.answer = (503, b"", {})
    with pytest.raises(RequestError):
        await egress.probe(service.url, 2.0)
