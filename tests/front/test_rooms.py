"""Rooms and tokens, as LiveKit's clients ask for them."""

from __future__ import annotations

import pytest

from runner.front.port import DialogueError
from runner.front.rooms_port import RoomVisit, RoomWish

pytestmark = pytest.mark.quick


@pytest.mark.parametrize("path", ["/token", "/api/token", "/api/v2/sandbox/connection-details"])
async def test_the_token_endpoint(ask, runner, path):
    """LiveKit's own body; of the room's configuration only the agent counts."""
    body = {
        "room_name": "r1", "participant_identity": "i", "participant_name": "Ann",
        "participant_metadata": "{}", "participant_attributes": {"plan": "gold"},
        "room_config": {
            "agents": [{"agent_name": "hotel", "metadata": "m", "deployment": "x"}],
            "egress": {"room": {}},
        },
    }  # fmt: skip
    answer = await ask("POST", path, json=body)
    assert answer.status == 201
    assert answer.headers["Cache-Control"] == "no-store"
    assert answer.json == {
        "server_url": "wss://calls.example", "participant_token": "tok.en",
        "room_name": "r1", "participant_name": "Ann",
    }  # fmt: skip
    assert runner.visit == RoomVisit("hotel", "r1", "i", "Ann", "{}", {"plan": "gold"}, "m")


async def test_everything_may_be_left_out(ask, runner):
    """`{}` and no body ask for a new room; the agent may stand in the address."""
    assert (await ask("POST", "/token", json={})).status == 201
    assert runner.visit == RoomVisit()
    assert (await ask("POST", "/token?agent=hotel")).status == 201
    assert runner.visit == RoomVisit("hotel")


async def test_a_token_by_link(ask, runner):
    """For links and older clients, whose name for it is `accessToken`."""
    answer = await ask("GET", "/token?agent=hotel&room=r1&identity=i&name=Ann")
    assert answer.status == 200
    assert answer.json["accessToken"] == answer.json["participant_token"] == "tok.en"
    assert runner.visit == RoomVisit("hotel", "r1", "i", "Ann")
    await ask("GET", "/token?roomName=r2")
    assert runner.visit == RoomVisit(room="r2")


async def test_connection_details(ask, runner):
    """LiveKit Meet's names."""
    answer = await ask("GET", "/connection-details?roomName=r1&participantName=Ann&region=eu")
    assert answer.json == {
        "serverUrl": "wss://calls.example", "roomName": "r1",
        "participantName": "Ann", "participantToken": "tok.en",
    }  # fmt: skip
    assert runner.visit == RoomVisit(room="r1", name="Ann")


@pytest.mark.parametrize(
    ("given", "metadata"),
    [(None, ""), ("plain", "plain"), ({"patient": "Zoë"}, '{"patient": "Zoë"}'), (0, "0")],
)
async def test_a_room_is_made(ask, runner, given, metadata):
    """The room is there with its agent; metadata is text, or JSON."""
    body = {"agent": "hotel", "room_name": "r1", "empty_timeout": 60, "max_participants": 2}
    answer = await ask("POST", "/create-room", json=body | {"metadata": given})
    assert answer.status == 201
    assert answer.json == {"room_name": "r1", "agent": "hotel", "dispatch_id": "AD_1"}
    assert runner.wish == RoomWish("hotel", "r1", metadata, 60, 2)


@pytest.mark.parametrize(
    ("body", "words"),
    [
        ({"room": "r1"}, "unknown field 'room'"),
        ({"room_name": ""}, "'room_name' is empty"),
        ({"room_name": "r" * 257}, "'room_name' is longer than 256 characters"),
        ({"participant_attributes": {"a": 1}}, "'participant_attributes.a' must be text"),
        ({"room_config": []}, "'room_config' must be an object"),
        ({"room_config": {"agents": [{}, {}]}}, "at most 1 item"),
    ],
)
async def test_what_does_not_fit_is_named(ask, body, words):
    """The field stands in the message."""
    answer = await ask("POST", "/token", json=body)
    assert answer.status in (400, 422)
    assert words in answer.error["message"]


async def test_a_link_is_bounded(ask):
    """As a body is."""
    answer = await ask("GET", f"/token?room={'r' * 300}")
    assert answer.status == 400
    assert answer.error["message"] == "'room' is longer than 256 characters"


@pytest.mark.parametrize(
    ("code", "status"),
    [("full", 503), ("draining", 503), ("no_livekit", 503), ("not_ready", 503),
     ("livekit_failed", 503), ("bad_request", 400)],
)  # fmt: skip
async def test_what_cannot_be_is_said(ask, runner, code, status):
    """Never a token for a room that stays silent."""
    runner.refuses = DialogueError(code, "no", "do this")
    for method, path in (
        ("POST", "/token"), ("GET", "/token"), ("GET", "/connection-details"),
        ("POST", "/create-room"),
    ):  # fmt: skip
        answer = await ask(method, path)
        assert (answer.status, answer.error["code"]) == (status, code)
        assert answer.error["help"] == "do this"


async def test_what_a_client_may_know(ask, runner):
    """Names and what can be had; no prompt, no variable."""
    runner.livekit_url = "wss://calls.example"
    answer = await ask("GET", "/api/config")
    assert answer.json["livekit_url"] == "wss://calls.example"
    assert answer.json["voice"] is answer.json["tokens"] is answer.json["text"] is True
    assert answer.json["agents"][1] == {
        "name": "hotel", "description": "Night porter of the Harbour Hotel",
    }  # fmt: skip
    runner.livekit_url = None
    assert (await ask("GET", "/api/config")).json["voice"] is False
