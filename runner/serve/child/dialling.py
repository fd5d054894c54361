"""The telephone of a call in a LiveKit room: the main process dials."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from runner.serve.socket.messages import Dial, Progress
from runner.session.dialling import AnsweredBy, DialResult, NumberToDial

if TYPE_CHECKING:
    from livekit import rtc

    from runner.serve.socket.line import Line

_STATUS: Final = "sip.callStatus"
_RINGING: Final = "ringing"


class CallTelephone:
    """Asks the main process, which alone looks at who may be dialled.

    Args:
        line: to it.
        call: whose telephone it is.
        room: in which who answers will be.
        to: the number that was ordered.
    """

    def __init__(self, line: Line[Any], call: str, room: rtc.Room, to: str | None) -> None:
        self._line, self._call = line, call
        self.to, self.identity = to, f"phone-{call}"
        self.pretended: AnsweredBy | None = None
        room.on("participant_attributes_changed", self._changed)
        room.on("participant_disconnected", self._left)

    async def dial(self, number: NumberToDial) -> DialResult:
        """Ring, and return when somebody has answered or nobody will."""
        ended = await self._line.dial(
            Dial(
                self._call, 0, number.to, self.identity,
                ring_for=number.ring_for, trunk=number.trunk, caller_id=number.caller_id,
                keys=number.keys,
            )
        )  # fmt: skip
        return DialResult(ended.reason, ended.words, ended.reached)

    def found(self, by: AnsweredBy) -> None:
        """Tell the main process who has answered."""
        self._line.send(Progress(self._call, answered_by=by))

    def _changed(self, changed: dict[str, str], participant: rtc.Participant) -> None:
        if participant.identity == self.identity and changed.get(_STATUS) == _RINGING:
            self._line.send(Progress(self._call, state="ringing"))

    def _left(self, participant: rtc.RemoteParticipant) -> None:
        if participant.identity == self.identity:
            self._line.send(Progress(self._call, left=True))
