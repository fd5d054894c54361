"""What a caller hears where nobody takes the call: the runner says it itself."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from contextlib import aclosing
from typing import TYPE_CHECKING, Final

from livekit import api, rtc
from livekit.agents.types import TOPIC_TRANSCRIPTION
from livekit.agents.utils.audio import audio_frames_from_file
from livekit.protocol.models import ParticipantInfo

from runner.serve.external.room import TROUBLES

if TYPE_CHECKING:
    from pathlib import Path

    from runner.serve.external.apologies import Apology
    from runner.serve.external.room import RoomService

_IDENTITY: Final = "lkrun-apology"
_RATE: Final = 48_000
_LONGEST: Final = 20.0
_HEARD: Final = 0.5
"""Seconds for the last words to arrive."""

_log = logging.getLogger("lkrun")


async def say(rooms: RoomService, room: str, apology: Apology) -> None:
    """Join a room, say it, and leave; a room in which one caller is alone is closed then."""
    try:
        async with asyncio.timeout(_LONGEST):
            await _said(rooms, room, apology)
    except Exception as error:  # noqa: BLE001 - whatever the room does ends no other job
        _log.warning("an apology could not be said in room %s: %s", room, type(error).__name__)
        _log.debug("the error", exc_info=error)
    with contextlib.suppress(*TROUBLES):
        people = await rooms.people(room)
        others = [p for n, p in (people or {}).items() if n != _IDENTITY]
        agents = [p for p in others if p.kind == ParticipantInfo.AGENT]
        if people is not None and not agents and len(others) <= 1:
            await rooms.close(room)


async def _said(rooms: RoomService, name: str, apology: Apology) -> None:
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
            await room.local_participant.send_text(apology.words, topic=TOPIC_TRANSCRIPTION)
        await _play(room, apology.sound)
        await asyncio.sleep(_HEARD)
    finally:
        await room.disconnect()


async def _play(room: rtc.Room, sound: Path) -> None:
    source = rtc.AudioSource(_RATE, 1, queue_size_ms=int(_LONGEST * 1000))
    try:
        track = rtc.LocalAudioTrack.create_audio_track("apology", source)
        options = rtc.TrackPublishOptions(source=rtc.TrackSource.SOURCE_MICROPHONE)
        publication = await room.local_participant.publish_track(track, options)
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(2):  # so that the first words are heard
                await publication.wait_for_subscription()
        async with aclosing(audio_frames_from_file(str(sound), _RATE)) as frames:
            async for frame in frames:
                await source.capture_frame(frame)
        await source.wait_for_playout()
    finally:
        await source.aclose()
