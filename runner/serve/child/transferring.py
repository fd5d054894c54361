"""How the caller of a LiveKit room is put through: the main process does it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from runner.serve.socket.messages import Dial
from runner.serve.socket.messages import PassOn as PassOnMessage
from runner.session.telephone.port import PassOn, Reached, RingUp

if TYPE_CHECKING:
    from runner.serve.socket.line import Line


class CallTransfers:
    """Asks the main process, which alone looks at who may be called.

    Args:
        line: to it.
        call: whose caller it is.
    """

    def __init__(self, line: Line[Any], call: str) -> None:
        self._line, self._call = line, call

    async def pass_on(self, wish: PassOn) -> Reached:
        """Pass the caller on; what came of it."""
        headers = dict(wish.headers)
        message = PassOnMessage(self._call, 0, wish.to, wish.identity, wish.seconds, headers)
        return await self._asked(message)

    async def ring_up(self, wish: RingUp) -> Reached:
        """Call a person into a room; what came of it."""
        return await self._asked(
            Dial(
                self._call, 0, wish.to, wish.identity, purpose="transfer",
                ring_for=wish.seconds, trunk=wish.trunk, caller_id=wish.caller_id,
                keys=wish.keys, headers=dict(wish.headers), room=wish.room,
            )
        )  # fmt: skip

    async def _asked(self, message: Dial | PassOnMessage) -> Reached:
        ended = await self._line.dial(message)
        return Reached(ended.reason, ended.words, ended.sip)
