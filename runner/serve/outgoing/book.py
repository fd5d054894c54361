"""Calls that agents make, as the front shows them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from runner.front.port import DialogueError

if TYPE_CHECKING:
    from runner.front.calls_port import Order
    from runner.serve.outgoing.calls import OutgoingCalls


class ServedCalls:
    """Implements `runner.front.calls_port.CallBook`."""

    def __init__(self, calls: OutgoingCalls) -> None:
        self._calls = calls

    async def begin(self, order: Order) -> dict[str, Any]:
        """Have an agent call somebody.

        Raises:
            DialogueError: as `OutgoingCalls.place`.
        """
        return (await self._calls.place(order)).to_data()

    async def call(self, call_id: str) -> dict[str, Any]:
        """One of them, also one that has ended within the last hour; with a key, the last day.

        Raises:
            DialogueError: there is none.
        """
        call = await self._calls.found(call_id)
        if call is None:
            words = "there is no such call that an agent makes"
            raise DialogueError("unknown_call", words, "it can be read for an hour after its end")
        return call.to_data()
