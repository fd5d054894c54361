"""Callers who are put through, on a real LiveKit server with a stand-in of its SIP service."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator

import pytest_asyncio
from livekit import api
from support.live.callers import Caller
from support.live.folders import VOICE
from support.live.rtcserver import KEY, SECRET
from support.live.served import Served
from support.live.sip_service import Line, SipService

SALES, DOCTOR, NIGHT = "+842412345671", "+842412345672", "+842412345673"
ANN = "+442079460018"

KEYPAD = f"""
    room:
      sync_text: no
    phone:
      trunk: ST_out
    keypad:
      "1":
        transfer_call:
          to: "{SALES}"
          ring_for: 20s
          headers:
            X-Customer: "{{{{ caller.phone }}}}"
          on_failure:
            say: "Nobody was reached: {{{{ error.message }}}}."
      "2":
        transfer_call:
          to: "{DOCTOR}"
          how: warm
          press_keys: w2
      "3":
        transfer_call:
          to: "{NIGHT}"
          how: warm
          ring_for: 1s
          hold_sound: no
          on_failure:
            say: "Nobody came: {{{{ error.message }}}}."
"""

BRIEFING = """
        - if_tool_offered: connect_to_caller
          when_caller_says: hello
          call: {}
        - if_tool_offered: connect_to_caller
          when_caller_says: yes please
          call: connect_to_caller
""".replace("          call: {}\n", "          say: Ann is calling. May I put her through?\n")

FOLDER = (
    VOICE.replace("    llm: brain\n", f"    llm: brain{KEYPAD}", 1)
    .replace("      rules:\n", f"      rules:{BRIEFING}", 1)
    .replace("        - thank you goodbye\n", "        - thank you goodbye\n        - yes please\n")
)


@pytest_asyncio.fixture
async def sip(livekit) -> AsyncIterator[SipService]:
    """The server with a SIP service."""
    async with SipService(livekit) as service:
        yield service


@pytest_asyncio.fixture
async def runner(sip, lkrun_serve, write) -> AsyncIterator[Served]:
    """A runner; it ends while the SIP service, which is in this process, still answers."""
    served = lkrun_serve(write(agents=FOLDER), **sip.env)
    await served.event("ready")
    yield served
    await asyncio.to_thread(served.stop)


@contextlib.asynccontextmanager
async def by_telephone(livekit, room, kind="sip"):
    """A caller whom the agent has greeted."""
    caller = Caller(livekit, room, f"sip_{room}")
    token = (
        api.AccessToken(KEY, SECRET)
        .with_identity(caller.identity)
        .with_kind(kind)
        .with_grants(api.VideoGrants(room_join=True, room=room, can_update_own_metadata=True))
        .with_attributes({"sip.phoneNumber": ANN, "sip.callID": "SCL_1"} if kind == "sip" else {})
        .with_room_config(api.RoomConfiguration(agents=[api.RoomAgentDispatch(agent_name="desk")]))
    )
    try:
        await caller.join(token.to_jwt())
        await caller.speak_up()
        await caller.reads("Hello there.")
        await caller.hears_end()
        yield caller
    finally:
        await caller.leave()


async def press(caller, key):
    """Press a key of the telephone."""
    await caller.client.local_participant.publish_dtmf(code=int(key), digit=key)


async def test_a_caller_is_passed_on(livekit, sip, runner):
    """LiveKit is told whom to call and how; a status of the network is told in words.

    A caller in a browser has no line that could be passed on.
    """
    sip.refuses_transfer = (486, "Busy Here")
    async with by_telephone(livekit, "cold") as caller:
        await press(caller, "1")
        await caller.reads("Nobody was reached: the line is busy.")
        (asked,) = sip.transfers
        assert (asked.room_name, asked.participant_identity) == ("cold", caller.identity)
        assert asked.transfer_to == f"tel:{SALES}"
        assert dict(asked.headers) == {"X-Customer": ANN}
        assert asked.ringing_timeout.seconds == 20
        await caller.hears_end()
        sip.refuses_transfer = None
        await press(caller, "1")
        await caller.sees_end()
        await runner.event("session_ended", reason="transferred")
    assert len(sip.transfers) == 2
    async with by_telephone(livekit, "web", kind="standard") as caller:
        await press(caller, "1")
        await caller.reads("Nobody was reached: the caller is not on the telephone.")
    await runner.event("session_ended", reason="caller_left")
    assert len(sip.transfers) == 2


async def test_a_person_is_briefed(livekit, sip, runner):
    """They answer, are told who calls, and hear the caller; nobody answers: the caller is back."""
    sip.lines[DOCTOR] = Line(lambda phone: phone.speaks(0.5, "hello"))
    sip.lines[NIGHT] = Line(never=True)
    async with by_telephone(livekit, "warm") as caller:
        await press(caller, "3")
        await caller.reads("Nobody came: nobody answered.")
        await caller.hears_end()
        mark = caller.mark()
        await press(caller, "2")
        await caller.hears(mark)  # the music
        phone = await sip.rung(2)
        asked = phone.request
        assert (asked.sip_trunk_id, asked.sip_call_to, asked.dtmf) == ("ST_out", DOCTOR, "w2")
        await phone.reads("Ann is calling.")
        await phone.hears_end()
        phone.says("yes please")
        await caller.until(lambda: caller.quiet > 0.7, "the end of the music")
        mark = phone.mark()
        caller.says("hello")
        await phone.hears(mark)
        mark = caller.mark()
        phone.says("hello")
        await caller.hears(mark)
        assert "What did you say" not in caller.told  # the agent is in it no more
        await phone.hangs_up()
        await caller.sees_end()
        await runner.event("session_ended", reason="transferred")
