"""The caller and the person whom they were put through to, once the agent speaks no more."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from typing import Final

from livekit import rtc

_RATE: Final = 48000
_CLOSING: Final = 5.0
"""Seconds in which LiveKit should have left a room."""


@dataclass(frozen=True, slots=True)
class Party:
    """One of the two, in the room where they are."""

    room: rtc.Room
    identity: str


class _Together:
    """Knows when one of the two has hung up."""

    def __init__(self, *parties: Party) -> None:
        self._over = asyncio.Event()
        self._identities = {party.identity for party in parties}
        for room in {id(party.room): party.room for party in parties}.values():
            room.on("participant_disconnected", self._left)
            room.on("disconnected", lambda *_: self.part())

    def _left(self, participant: rtc.RemoteParticipant) -> None:
        if participant.identity in self._identities:
            self.part()

    def part(self) -> None:
        """Hang up."""
        self._over.set()

    async def parted(self) -> None:
        """Return when one of them has hung up."""
        await self._over.wait()


class Moved(_Together):
    """Both are in the caller's room.

    Args:
        room: that.
        identities: of the two.
    """

    def __init__(self, room: rtc.Room, identities: tuple[str, str]) -> None:
        super().__init__(*(Party(room, identity) for identity in identities))


class Bridged(_Together):
    """Each is in a room of their own: what one says is said again in the other's.

    Args:
        caller: the caller.
        person: whom they were put through to.
        hang_up: ends the person's room.
    """

    def __init__(self, caller: Party, person: Party, hang_up: Callable[[], None]) -> None:
        super().__init__(caller, person)
        self._ways = ((caller, person), (person, caller))
        self._person, self._hang_up = person, hang_up
        self._relays: list[asyncio.Task[None]] = []

    async def open(self) -> None:
        """Let them hear each other."""
        for one, other in self._ways:
            source = rtc.AudioSource(_RATE, 1)
            track = rtc.LocalAudioTrack.create_audio_track("transfer", source)
            options = rtc.TrackPublishOptions(source=rtc.TrackSource.SOURCE_MICROPHONE)
            await other.room.local_participant.publish_track(track, options)
            self._relays.append(asyncio.create_task(_relay(one, source)))

    async def parted(self) -> None:
        """Return when one of them has hung up; the other hangs up then."""
        await super().parted()
        for relay in self._relays:
            relay.cancel()
        self._hang_up()
        with suppress(Exception):
            await asyncio.wait_for(self._person.room.disconnect(), _CLOSING)


async def _relay(party: Party, source: rtc.AudioSource) -> None:
    participant = party.room.remote_participants.get(party.identity)
    if participant is None:
        return
    stream = rtc.AudioStream.from_participant(
        participant=participant,
        track_source=rtc.TrackSource.SOURCE_MICROPHONE,
        sample_rate=_RATE,
        num_channels=1,
    )
    try:
        async for event in stream:
            await source.capture_frame(event.frame)
    finally:
        await stream.aclose()
        await source.aclose()
