"""Keys that are pressed in a LiveKit room, by telephone or in an app."""

from __future__ import annotations

from collections.abc import Callable

from livekit import rtc

from runner.session.call import Call


class Tones:
    """Hands the caller's keys on.

    Args:
        call: the call, in a room.
        who: the identity of the participant that the agent talks with; None where nobody knows.
    """

    def __init__(self, call: Call, who: Callable[[], str | None]) -> None:
        """Hear nothing yet."""
        self._call, self._who = call, who

    def listen(self, room: rtc.Room) -> None:
        """Hear the keys that are pressed in a room."""
        room.on("sip_dtmf_received", self._heard)

    def _heard(self, tone: rtc.SipDTMF) -> None:
        sender = tone.participant
        if sender is not None and sender.identity != (self._who() or sender.identity):
            return
        self._call.keys.press(tone.digit)
