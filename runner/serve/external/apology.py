"""What a caller hears where nobody takes the call: the runner says it itself."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import wave
from pathlib import Path
from typing import TYPE_CHECKING, Final

from livekit import api, rtc
from livekit.agents.types import TOPIC_TRANSCRIPTION
from livekit.protocol.models import ParticipantInfo

from runner.serve.external.room import TROUBLES

if TYPE_CHECKING:
    from runner.serve.external.room import RoomService

WORDS: Final = "I am sorry, nobody can take your call just now. Please try again later. Goodbye."
"""What is said, and written for those who read."""

_SOUND: Final = Path(__file__).with_name("apology.wav")
_IDENTITY: Final = "lkrun-apology"
_PIECE: Final = 0.1
_LONGEST: Final = 20.0
_HEARD: Final = 0.5
"""Seconds for the last words to arrive."""

_log = logging.getLogger("lkrun")


async def say(rooms: RoomService, room: str) -> None:
    """Join a room, say it, and leave; a room in which one caller is alone is closed then."""
    try:
        async with asyncio.timeout(_LONGEST):
            await _said(rooms, room)
    except Exception as error:  # noqa: BLE001 - whatever the room does ends no other job
        _log.warning("an apology could not be said in room %s: %s", room, type(error).__name__)
        _log.debug("the error", exc_info=error)
    with contextlib.suppress(*TROUBLES):
        people = await rooms.people(room)
        others = [p for n, p in (people or {}).items() if n != _IDENTITY]
        agents = [p for p in others if p.kind == ParticipantInfo.AGENT]
        if people is not None and not agents and len(others) <= 1:
            await rooms.close(room)


async def _said(rooms: RoomService, name: str) -> None:
    livekit = rooms.livekit
    token = (
        api.AccessToken(livekit.api_key, livekit.api_secret.reveal())
        .with_identity(_IDENTITY)
        .with_kind("agent")
        .with_grants(api.VideoGrants(room_join=True, room=name, can_subscribe=False))
    )
    room = rtc.Room()
    await room.connect(livekit.url, token.to_jwt(), rtc.RoomOptions(auto_subscribe=False))
    try:
        with contextlib.suppress(Exception):  # who only listens hears it all the same
            await room.local_participant.send_text(WORDS, topic=TOPIC_TRANSCRIPTION)
        await _play(room)
        await asyncio.sleep(_HEARD)
    finally:
        await room.disconnect()


async def _play(room: rtc.Room) -> None:
    with wave.open(str(_SOUND)) as file:
        rate, samples = file.getframerate(), file.readframes(file.getnframes())
    source = rtc.AudioSource(rate, 1, queue_size_ms=int(_LONGEST * 1000))
    try:
        track = rtc.LocalAudioTrack.create_audio_track("apology", source)
        options = rtc.TrackPublishOptions(source=rtc.TrackSource.SOURCE_MICROPHONE)
        publication = await room.local_participant.publish_track(track, options)
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(2):  # so that the first words are heard
                await publication.wait_for_subscription()
        step = int(rate * _PIECE) * 2
        for begin in range(0, len(samples), step):
            piece = samples[begin : begin + step]
            await source.capture_frame(rtc.AudioFrame(piece, rate, 1, len(piece) // 2))
        await source.wait_for_playout()
    finally:
        await source.aclose()
