"""Tokens and rooms of the front, at a real LiveKit server."""

from __future__ import annotations

from pathlib import Path

import aiohttp
import pytest
from livekit import api
from support.live import needs
from support.live.browser import browser, served
from support.live.callers import Caller
from support.live.folders import TEXT

CLIENTS = ("endpoint", "starter", "starter_sandbox", "development", "meet")
"""LiveKit's client for browsers in each of its ways, agent-starter-react's two, and Meet's."""

LISTED = """
runner:
  http:
    allowed_origins:
      - {site}
"""


async def asked(runner, method, path, **about):
    async with (
        aiohttp.ClientSession() as session,
        session.request(method, f"{runner.http}{path}", **about) as reply,
    ):
        return reply.status, await reply.json()


async def joined(livekit, token, room):
    caller = Caller(livekit, room, "by-token")
    return await caller.join(token)


async def test_every_way_to_a_token_meets_the_agent(livekit, lkrun_serve, write):
    """The endpoint, a link, Meet's form, and a room that is there already: the agent speaks."""
    runner = lkrun_serve(write(agents=TEXT))
    await runner.event("ready")
    wanted = {"room_config": {"agents": [{"agent_name": "north", "metadata": "m"}]}}
    _, first = await asked(runner, "POST", "/token", json=wanted)
    _, link = await asked(runner, "GET", "/token?agent=north")
    _, meet = await asked(runner, "GET", "/connection-details?agent=north&roomName=meet-1")
    status, made = await asked(
        runner, "POST", "/create-room", json={"agent": "north", "room_name": "made-1"}
    )
    assert status == 201
    assert made["dispatch_id"].startswith("AD_")
    _, late = await asked(runner, "GET", "/token?agent=north&room=made-1")
    for token, room in (
        (first["participant_token"], first["room_name"]),
        (link["accessToken"], link["room_name"]),
        (meet["participantToken"], "meet-1"),
        (late["participant_token"], "made-1"),
    ):
        caller = await joined(livekit, token, room)
        try:
            await caller.reads("North desk.")
            await caller.meets_agent()  # words may come before the server tells who came
            assert len(caller.agents) == 1
        finally:
            await caller.leave()


async def test_an_agent_is_called_into_a_room_that_is_there(livekit, lkrun_serve, write):
    """A room that somebody else made gets the agent with the next token, and only one."""
    runner = lkrun_serve(write(agents=TEXT))
    await runner.event("ready")
    async with livekit.api() as server:
        await server.room.create_room(api.CreateRoomRequest(name="theirs", empty_timeout=60))
    body = {"room_name": "theirs", "room_config": {"agents": [{"agent_name": "north"}]}}
    for _ in range(2):
        status, answer = await asked(runner, "POST", "/token", json=body)
        assert status == 201
    async with livekit.api() as server:
        dispatches = await server.agent_dispatch.list_dispatch("theirs")
    assert [each.agent_name for each in dispatches].count("north") == 1
    caller = await joined(livekit, answer["participant_token"], "theirs")
    try:
        await caller.reads("North desk.")
    finally:
        await caller.leave()


async def test_an_agent_must_be_named(lkrun_serve, write):
    """400 names those there are."""
    runner = lkrun_serve(write(agents=TEXT))
    await runner.event("ready")
    for query, words in (
        ("", "which agent? There are: north, south"),
        ("?agent=nort", "there is no agent 'nort'"),
    ):
        status, answer = await asked(runner, "POST", f"/token{query}")
        assert (status, answer["error"]["code"]) == (400, "bad_request")
        assert answer["error"]["message"] == words


@pytest.mark.timeout(120)
async def test_livekits_clients_meet_the_agent_untouched(lkrun_serve, write):
    """Each of them, in a browser, on a page of another origin: a token, a room, a greeting."""
    client = needs.file("LKRUN_LIVEKIT_CLIENT", "tests/live/fetch-livekit-client")
    files = {"/": Path(__file__).parent / "clients.html", "/livekit-client.js": client}
    async with served(files) as site, browser() as page:
        runner = lkrun_serve(write(agents=TEXT, doors=LISTED.format(site=site)))
        await runner.event("ready")
        await page.goto(f"{site}/#runner={runner.http}")
        for kind in CLIENTS:
            assert await page.evaluate("meets", kind) == "North desk.", kind
