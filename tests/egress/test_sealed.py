"""What a request is made of shows no secret, wherever it stands and however it ends."""

from __future__ import annotations

import base64
import traceback

import httpx
import pytest
from support.stub_service import Caller

from runner.egress.client import HttpEgress
from runner.egress.secrets import Secrets

VALUE = "sk-live-7A2b9-secret"
URL = "https://api.example/v1"
HMAC = "whsec_" + "c2stbGl2ZS03QTJiOS1zZWNyZXQ="
PLACES = {
    "in the path": {"url": f"{URL}/{{{{ secrets.KEY }}}}"},
    "in the query": {"url": URL, "query": {"key": "{{ secrets.KEY }}"}},
    "in a header": {"url": URL, "headers": {"X-Key": "{{ secrets.KEY }}"}},
    "within a header": {"url": URL, "headers": {"X-Key": "Key {{ secrets.KEY }}!"}},
    "in the body": {"url": URL, "method": "POST", "body": {"json": {"a": ["{{ secrets.KEY }}"]}}},
    "in a form": {"url": URL, "method": "POST", "body": {"form": {"key": "{{ secrets.KEY }}"}}},
    "in a text": {"url": URL, "method": "POST", "body": {"text": "key={{ secrets.KEY }}"}},
    "in a part": {"url": URL, "method": "POST", "body": {"multipart": {"k": "{{ secrets.KEY }}"}}},
    "bearer": {"url": URL, "auth": {"bearer": "{{ secrets.KEY }}"}},
    "basic": {"url": URL, "auth": {"basic": {"username": "me", "password": "{{ secrets.KEY }}"}}},
    "a key": {"url": URL, "auth": {"api_key": {"value": "{{ secrets.KEY }}", "header": "X-Key"}}},
    "a key in the query": {
        "url": URL, "auth": {"api_key": {"value": "{{ secrets.KEY }}", "query": "key"}},
    },
    "a signature": {"url": URL, "auth": {"hmac": {"secret": "{{ secrets.HMAC }}"}}},
}  # fmt: skip


class Snapshot(httpx.AsyncBaseTransport):
    """Keeps what every frame of lkrun shows of its variables, then fails."""

    def __init__(self):
        self.shown, self.request = "", None

    async def handle_async_request(self, request):
        """Look around, and break the connection."""
        self.request = request
        stack = traceback.StackSummary.extract(
            traceback.walk_stack(None), capture_locals=True, lookup_lines=False
        )
        self.shown = str([frame.locals for frame in stack if "runner/egress" in frame.filename])
        raise httpx.ConnectError("broken")


@pytest.mark.parametrize("request_", PLACES.values(), ids=PLACES)
async def test_no_variable_shows_it(request_):
    """While a request is on its way no variable of lkrun's shows a secret, as error trackers do."""
    wire = Snapshot()
    caller = Caller(HttpEgress(Secrets({"KEY": VALUE, "HMAC": HMAC}), transport=wire))
    answer = await caller(request_)
    assert not answer.ok
    assert "spec=" in wire.shown or "'spec'" in wire.shown, "frames were looked at"
    seen = f"{wire.shown}{answer!r}{wire.request!r}"
    for value in (VALUE, HMAC, HMAC.removeprefix("whsec_")):
        assert value not in seen
    assert VALUE in sent(wire.request) or "webhook-signature" in wire.request.headers


def sent(request):
    """All of a request, as it goes out; basic authentication decoded."""
    scheme, _, proof = request.headers.get("authorization", "").partition(" ")
    pair = base64.b64decode(proof).decode() if scheme == "Basic" else ""
    return f"{request.url} {request.headers.multi_items()} {request.content.decode()} {pair}"
