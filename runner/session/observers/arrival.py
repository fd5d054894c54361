"""The first words wait until the caller can hear them, where their connection is slow."""

from __future__ import annotations

import asyncio
from typing import Any

from livekit import rtc
from livekit.agents import AgentSession

USUAL = 0.2
"""Seconds from a session's start until its track is subscribed to, where nothing is slow."""

LONGEST = 2.0
"""Seconds that the first words wait at most."""


def hold_until_heard(session: AgentSession[Any], room: rtc.Room) -> None:
    """Hold the first words back until the agent's track has reached the caller.

    LiveKit's server reports the subscription when it answers the offer of the caller's client. A
    client with one peer connection (livekit-client's and the Rust SDK's default) has the track only
    when that answer has come and is applied; what is said before is lost. The answer is late as the
    offer was: what the subscription took longer than usual is waited for once more.

    Args:
        session: about to be started.
        room: connected.
    """
    loop = asyncio.get_running_loop()
    begun = loop.time()

    def published(*_: Any) -> None:
        try:
            subscribed = session.room_io.subscribed_fut
        except RuntimeError:  # the caller has hung up meanwhile
            return
        if subscribed is not None:
            subscribed.add_done_callback(lambda _: hold(loop.time() - begun - USUAL))

    def hold(seconds: float) -> None:
        audio = session.output.audio
        if seconds > 0 and audio is not None:
            audio.pause()
            loop.call_later(min(seconds, LONGEST), audio.resume)

    room.once("local_track_published", published)
