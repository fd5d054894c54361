"""The caller leaves the room: the call ends at once, or waits for their return."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Final

from livekit import rtc
from livekit.agents.voice.room_io.types import DEFAULT_CLOSE_ON_DISCONNECT_REASONS

from runner.session.call import Call
from runner.session.clock import Timer

_RETURNING: Final = frozenset({rtc.DisconnectReason.CLIENT_INITIATED})
"""Who left in one of these ways may come back; where the room is gone nobody can."""

_LEFT: Final = frozenset(DEFAULT_CLOSE_ON_DISCONNECT_REASONS)
"""Ways to leave that are no lost connection: a client that has lost it comes back by itself."""


class Departure:
    """Sees the caller leave.

    LiveKit's own `close_on_disconnect` waits for tools that run; it is switched off for this.

    Args:
        call: the call, in a room.
        gone: told once that the caller has left for good.
    """

    def __init__(self, call: Call, gone: Callable[[], None]) -> None:
        """Nobody has left."""
        self._call, self._gone = call, gone
        self._identity: str | None = None
        self._timer: Timer | None = None

    def watch(self, room: rtc.Room, identity: str | None) -> None:
        """Look after a room; `identity` is the participant that the agent talks with."""
        self._identity = identity
        room.on("participant_disconnected", self.left)
        room.on("participant_connected", self.came)

    def left(self, participant: rtc.RemoteParticipant) -> None:
        """Somebody has left the room."""
        room = self._call.bound.release.agent.room
        reason = participant.disconnect_reason
        ends = room is None or room.close_on_disconnect
        if participant.identity != self.who() or not ends or reason not in _LEFT:
            return
        if self._call.outgoing.dialling:
            return  # who is rung was never there
        if (transferring := self._call.transferring) is not None:
            # who is passed on leaves before the telephone network says that it was done
            transferring.add_done_callback(self._passed_on)
            return
        wait = room.wait_for_return if room is not None else 0.0
        if wait and reason in _RETURNING:
            self._timer = self._call.clock.later(wait, self._gone)
        else:
            self._gone()

    def _passed_on(self, transferring: asyncio.Future[bool]) -> None:
        if not transferring.result():
            self._gone()

    def came(self, participant: rtc.RemoteParticipant) -> None:
        """Somebody has come; the caller finds the agent where it was."""
        if self._timer is not None and participant.identity == self._identity:
            self.stop()

    def stop(self) -> None:
        """Wait for nobody any more."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def who(self) -> str | None:
        """The identity of the participant that LiveKit has linked; it forgets who has left."""
        linked = self._call.session.room_io.linked_participant
        if linked is not None:
            self._identity = linked.identity
        return self._identity
