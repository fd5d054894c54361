"""Words for a caller whose call cannot begin: nobody is left in silence."""

from __future__ import annotations

import asyncio
import logging
from contextlib import suppress
from typing import Any

from livekit import rtc
from livekit.agents import NOT_GIVEN, Agent, AgentSession

from runner.session.call import Call
from runner.session.errors import CannotStartError
from runner.session.personas.models import choice
from runner.session.silence import silence

log = logging.getLogger("lkrun")

LONGEST = 15.0
"""Seconds that the words may take, with all that is needed for them."""


async def apologise(call: Call, room: rtc.Room | None, audio_out: Any) -> None:
    """Say that it does not work, with the agent's voice if that can be had; else in writing."""
    if call.channel != "voice" or (room is None and audio_out is None):
        return
    try:
        async with asyncio.timeout(LONGEST):
            await _say(call, _voice(call), room, audio_out)
    except Exception as error:  # noqa: BLE001 - the call fails already, and has been told of
        log.debug("the caller could not be told: %s", type(error).__name__)


def _voice(call: Call) -> Any:
    """The voice of the persona that would have spoken; None where there is none either."""
    named = choice(call.bound.release, call.speaking, "tts", call.bound.context.spoken)
    with suppress(CannotStartError):
        return call.bound.models.get("tts", named) if named else None
    return None


async def _say(call: Call, voice: Any, room: rtc.Room | None, audio_out: Any) -> None:
    session: AgentSession[Any] = AgentSession(
        tts=voice or NOT_GIVEN, vad=None, turn_handling={"turn_detection": "manual"}
    )
    if audio_out is not None:
        session.output.audio = audio_out
    try:
        agent = Agent(instructions="")
        if room is not None:
            await session.start(agent, room=room, record=False)
        else:
            await session.start(agent, record=False)
        audio = NOT_GIVEN if voice is not None else silence()
        words = call.bound.renderer.own("call_later")
        await session.say(words, audio=audio, allow_interruptions=False)
    finally:
        await session.aclose()
