"""Events from outside, and the services that sign them (Standard Webhooks)."""

from __future__ import annotations

import asyncio
import json
from datetime import UTC, datetime, timedelta

import aiohttp
import pytest
from front.conftest import Client
from standardwebhooks import Webhook
from support.one_loop import fixture
from support.waiting import until

from runner.front.app import Front
from runner.front.port import DialogueError
from runner.front.tokens import Doors
from runner.front.webhooks import MOST, REMEMBERED, Deliveries, key_of
from runner.secret import Secret

SECRET = "whsec_" + "MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
OTHER = "whsec_" + "C2FVsBQIhrscChlQIMV+b5sSYspob7oD"
BODY = {"event_type": "order.ready", "data": {"table": 7}}
PATH = "/agent/event"


def signed(body=BODY, *, secret=SECRET, message="msg_1", late=0, **headers):
    """The request of a service, signed by the library that services use."""
    raw = json.dumps(body)
    moment = datetime.now(UTC) - timedelta(seconds=late)
    signature = Webhook(secret).sign(message, moment, raw)
    about = {
        "webhook-id": message,
        "webhook-timestamp": str(int(moment.timestamp())),
        "webhook-signature": signature,
        "Content-Type": "application/json",
    }
    sent = {name: value for name, value in (about | headers).items() if value is not None}
    return {"data": raw, "headers": sent}


@fixture
async def ask(runner):
    """A front that wants a token, or a signature for events."""
    doors = Doors(tokens=(Secret("the-token"),), webhook=Secret(SECRET))
    front = Front(runner, port=0, doors=lambda: doors)
    _, port = await front.start()
    async with aiohttp.ClientSession() as session:
        yield Client(session, f"http://127.0.0.1:{port}")
    await front.stop()


async def test_a_signed_event_needs_no_token(ask, runner):
    """It is kept: 202, with the id of its record."""
    answer = await ask("POST", PATH, **signed())
    assert (answer.status, answer.json) == (202, {"id": "event_1"})
    assert runner.happened == [("order.ready", {"table": 7}, None)]


async def test_the_published_example_is_verified():
    """The key, and the signature of the example of the specification's own library."""
    example = Webhook(SECRET).sign(
        "msg_p5jXN8AQM9LWM0D4loKWxJek",
        datetime.fromtimestamp(1614265330, UTC),
        '{"test": 2432232314}',
    )
    assert example == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="
    assert len(key_of(SECRET)) == 24


@pytest.mark.parametrize(
    ("about", "words"),
    [
        ({"secret": OTHER}, "the signature is not that of this runner's secret"),
        ({"late": 301}, "the signature is more than five minutes from now"),
        ({"late": -302}, "the signature is more than five minutes from now"),
        ({"webhook-id": "msg_2"}, "the signature is not that"),
        ({"webhook-id": None}, "a signed message has one header 'webhook-id'"),
        ({"webhook-id": ""}, "a signed message has one header 'webhook-id'"),
        ({"webhook-id": "m" * 300}, "a signed message has one header 'webhook-id'"),
        ({"webhook-timestamp": None}, "a signed message has one header 'webhook-timestamp'"),
        ({"webhook-timestamp": "now"}, "'webhook-timestamp' is not a moment"),
        ({"webhook-timestamp": "-1"}, "'webhook-timestamp' is not a moment"),
        ({"webhook-timestamp": "9" * 20}, "the signature is more than five minutes"),
        ({"webhook-signature": "v1,AAAA v2,x v1"}, "the signature is not that"),
        ({"webhook-signature": "v1," + "A" * 5000}, "a signed message has one header"),
    ],
)
async def test_another_signature_is_refused(ask, runner, about, words):
    """401 in words, and nothing is done."""
    answer = await ask("POST", PATH, **signed(**about))
    assert (answer.status, answer.error["code"]) == (401, "unauthorized")
    assert answer.error["message"].startswith(words)
    assert runner.happened == []


async def test_a_body_that_was_changed_is_refused(ask, runner):
    """One byte more, and the signature is another's."""
    about = signed()
    answer = await ask("POST", PATH, data=about["data"] + " ", headers=about["headers"])
    assert answer.status == 401
    assert runner.happened == []


async def test_one_of_several_signatures_does(ask):
    """As while a service changes its secret."""
    other = signed(secret=OTHER)["headers"]["webhook-signature"]
    about = signed()
    right = about["headers"]["webhook-signature"]
    about["headers"]["webhook-signature"] = f"{other} {right}"
    assert (await ask("POST", PATH, **about)).status == 202


async def test_a_signature_opens_nothing_else(ask):
    """Without a token all other routes are 401, signed or not."""
    for path in ("/agent/intent", "/v1/agents/clinic/turns", "/interactions/log"):
        assert (await ask("POST", path, **signed())).status == 401
    assert (await ask("POST", PATH, json=BODY)).status == 401


async def test_a_token_does_as_well(ask, runner):
    """And the same message counts once, however it proves itself."""
    headers = {"Authorization": "Bearer the-token"}
    answer = await ask("POST", PATH, json=BODY, headers=headers | {"webhook-id": "msg_1"})
    again = await ask("POST", PATH, **signed())
    assert (answer.status, again.status) == (202, 202)
    assert answer.json == again.json
    assert len(runner.happened) == 1
    assert (await ask("POST", PATH, json=BODY, headers=headers)).json == {"id": "event_2"}
    assert (await ask("POST", PATH, json=BODY, headers=headers)).json == {"id": "event_3"}


async def test_the_same_at_the_same_time_is_done_once(ask, runner):
    """Also while the first is still being done."""
    runner.gate.clear()
    first = asyncio.ensure_future(ask("POST", PATH, **signed()))
    await until(lambda: runner.happened)
    assert (await ask("POST", PATH, **signed())).json == {"id": ""}
    runner.gate.set()
    assert (await first).json == {"id": "event_1"}
    assert len(runner.happened) == 1


async def test_what_was_refused_may_come_again(ask, runner):
    """A message that could not be taken is not remembered."""
    runner.refuses = DialogueError("not_ready", "not yet")
    assert (await ask("POST", PATH, **signed())).status == 503
    runner.refuses = None
    assert (await ask("POST", PATH, **signed())).status == 202


def test_ids_are_remembered_for_ten_minutes():
    """And of very many only the newest."""
    now = 0.0
    deliveries = Deliveries(lambda: now)
    assert deliveries.take("a") is None
    deliveries.answered("a", "event_1")
    now = REMEMBERED - 1
    assert deliveries.take("a") == "event_1"
    now = REMEMBERED + 1
    assert deliveries.take("a") is None
    for number in range(MOST):
        deliveries.take(str(number))
    assert deliveries.take("a") is None


@pytest.mark.parametrize(
    ("body", "status", "words"),
    [
        ({}, 400, "'event_type' is missing"),
        ({"event_type": ""}, 400, "'event_type' is not the type of an event"),
        ({"event_type": "a b"}, 400, "'event_type' is not the type of an event"),
        ({"event_type": "ä"}, 400, "'event_type' is not the type of an event"),
        ({"event_type": "a" * 65}, 400, "'event_type' is not the type of an event"),
        ({"event_type": 1}, 400, "'event_type' must be text"),
        ({"event_type": "a", "session_id": ""}, 422, "'session_id' is empty"),
        ({"event_type": "a", "session_id": 5}, 400, "'session_id' must be text"),
        ({"event_type": "a", "session_id": "gone"}, 404, "there is no dialogue 'gone'"),
        ({"event_type": "a", "date": {}}, 400, "unknown field 'date'"),
        ({"event_type": "a", "data": "x" * 70_000}, 413, "the body is longer than 64 KB"),
    ],
)
async def test_each_field_has_its_message(ask, body, status, words):
    """What is wrong is told, signed or not."""
    answer = await ask("POST", PATH, json=body, headers={"Authorization": "Bearer the-token"})
    assert (answer.status, answer.error["message"]) == (status, words)


@pytest.mark.parametrize("data", [None, [], "text", 5, True, {"a": [{"b": None}]}])
async def test_data_may_be_any_json(ask, runner, data):
    """It is handed on as it is."""
    headers = {"Authorization": "Bearer the-token"}
    await ask("POST", PATH, json={"event_type": "a", "data": data}, headers=headers)
    assert runner.happened == [("a", data, None)]


@pytest.mark.parametrize("secret", ["", "whsec_", "whsec_c2hvcnQ=", "no Base64 at all!"])
async def test_without_a_usable_secret_no_signature_is_right(runner, secret):
    """Not that of an empty key either."""
    front = Front(runner, port=0, doors=lambda: Doors(tokens=(), webhook=Secret(secret)))
    _, port = await front.start()
    async with aiohttp.ClientSession() as session:
        ask = Client(session, f"http://127.0.0.1:{port}")
        for known in (SECRET, "whsec_AAAA"):
            assert (await ask("POST", PATH, **signed(secret=known))).status == 401
    await front.stop()


async def test_on_this_machine_a_wrong_signature_is_refused_too(runner):
    """Where no token is wanted, an unsigned event is taken, and a forged one is not."""
    front = Front(runner, port=0, doors=lambda: Doors(webhook=Secret(SECRET)))
    _, port = await front.start()
    async with aiohttp.ClientSession() as session:
        ask = Client(session, f"http://127.0.0.1:{port}")
        assert (await ask("POST", PATH, json=BODY)).status == 202
        assert (await ask("POST", PATH, **signed(secret=OTHER))).status == 401
    await front.stop()
