"""Calls that an agent makes, on a real LiveKit server with a stand-in of its SIP service."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import aiohttp
import pytest_asyncio
from support.live.folders import OUTGOING
from support.live.sip_service import Line, Phone, SipService

A, B = "+842412345678", "+442079460018"


class Api:
    """The runner's HTTP front."""

    def __init__(self, base: str, http: aiohttp.ClientSession) -> None:
        self.base, self.http = base, http

    async def calls(self, **order: Any) -> tuple[int, dict[str, Any]]:
        """Have the agent call somebody: status and answer."""
        body = {"agent": "desk", "to": A, **order}
        async with self.http.post(f"{self.base}/v1/calls", json=body) as reply:
            return reply.status, await reply.json()

    async def over(self, call: dict[str, Any], within: float = 30.0) -> dict[str, Any]:
        """The call once it is over."""
        async with asyncio.timeout(within):
            while True:
                async with self.http.get(f"{self.base}/v1/calls/{call['id']}") as reply:
                    shown: dict[str, Any] = await reply.json()
                if shown["state"] == "ended":
                    return shown
                await asyncio.sleep(0.1)  # asked again: there is no other way to hear of it


@pytest_asyncio.fixture
async def sip(livekit) -> AsyncIterator[SipService]:
    """LiveKit's SIP service."""
    async with SipService(livekit) as service:
        yield service


@pytest_asyncio.fixture
async def front(sip, lkrun_serve, write) -> AsyncIterator[Api]:
    """A runner whose agent dials."""
    env = {**sip.env, "LIVEKIT_SIP_OUTBOUND_TRUNK": "ST_out"}
    runner = lkrun_serve(write(agents=OUTGOING), **env)
    await runner.event("ready")
    async with aiohttp.ClientSession() as http:
        yield Api(runner.http, http)


MENU = (
    OUTGOING.replace("menu: end_call", "menu: navigate")
    .replace(
        "    tools:\n      - end_call\n", "    tools:\n      - end_call\n      - press_keys\n", 1
    )
    .replace(
        "        - when_caller_says: goodbye\n",
        "        - when_caller_says: press one for the doctor\n"
        '          call:\n            press_keys:\n              keys: "1"\n'
        "        - when_caller_says: hello\n          say: I call about tomorrow.\n"
        "        - when_caller_says: goodbye\n",
        1,
    )
)
"""It finds its way through a phone menu."""


def scripted(*said: str | float, beeps: bool = False) -> Line:
    """Who picks up says something, and then hears the agent out."""

    async def script(phone: Phone) -> None:
        await phone.speaks(0.3, *said)
        if beeps:
            await phone.speaks(0.3)
            await phone.beeps()

    return Line(script)


async def test_who_answers_and_who_does_not(sip, front):
    """A person is greeted, a mailbox gets its message, a full one nothing; the rest has a reason.

    Who asks not to be called is not called again.
    """
    sip.lines[A] = scripted("hello")
    status, call = await front.calls()
    assert (status, call["state"]) == (202, "queued")
    phone = await sip.rung(1)
    await phone.reads("Hello there.")
    await phone.hears_end()
    phone.says("stop calling me")
    ended = await front.over(call)
    assert (ended["answered_by"], ended["reason"]) == ("person", "end_call")
    assert (sip.dials[0].sip_call_to, sip.dials[0].sip_trunk_id) == (A, "ST_out")
    status, refused = await front.calls()
    assert (status, refused["error"]["code"]) == (409, "opted_out")

    sip.lines[B] = scripted("leave a message after the tone", beeps=True)
    _, call = await front.calls(to=B)
    phone = await sip.rung(2)
    ended = await front.over(call)
    assert (ended["answered_by"], ended["reason"]) == ("mailbox", "end_call")
    assert "Please call us back." in phone.told
    assert "Hello there." not in phone.told

    for line, reason, sip_status in (
        (Line(sip=(486, "Busy Here")), "busy", 486),
        (Line(sip=(603, "Decline")), "refused", 603),
        (Line(never=True), "no_answer", 408),
        (Line(leaves=True), "hung_up", None),
    ):
        sip.lines[B] = line
        _, call = await front.calls(to=B)
        ended = await front.over(call)
        assert (ended["answered_by"], ended["reason"]) == ("nobody", reason)
        assert ended["sip_status"] == sip_status
    assert len(sip.dials) == 6


async def test_a_menu_is_walked_to_the_person_behind_it(sip, lkrun_serve, write):
    """The model presses the key that the menu names, and talks with who then picks up."""
    keys: asyncio.Queue[str] = asyncio.Queue()

    async def menu(phone: Phone) -> None:
        phone.client.on("sip_dtmf_received", lambda pressed: keys.put_nowait(pressed.digit))
        await phone.speaks(0.3, "press one for the doctor")

    sip.lines[A] = Line(menu)
    env = {**sip.env, "LIVEKIT_SIP_OUTBOUND_TRUNK": "ST_out"}
    runner = lkrun_serve(write(agents=MENU), **env)
    await runner.event("ready")
    async with aiohttp.ClientSession() as http:
        front = Api(runner.http, http)
        _, call = await front.calls()
        phone = await sip.rung()
        async with asyncio.timeout(30):
            assert await keys.get() == "1"
        phone.says("hello")
        await phone.reads("I call about tomorrow.")
        assert "Hello there." not in phone.told
        await phone.hears_end()
        phone.says("thank you goodbye")
        ended = await front.over(call)
    assert (ended["answered_by"], ended["reason"]) == ("menu", "end_call")
    assert keys.empty()
