"""Calls that agents make, as `lkrun dial` orders them."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

from runner.front.calls_port import Order
from runner.front.port import DialogueError
from runner.serve.socket.messages import CallShown, CommandResult, ControlHello, ControlReply

if TYPE_CHECKING:
    from runner.serve.control import Control
    from runner.serve.outgoing.calls import OutgoingCalls


class DialCommands:
    """Answers the commands `dial` and `dialled`."""

    def __init__(self, calls: OutgoingCalls) -> None:
        self._calls = calls

    def join(self, control: Control) -> None:
        """Have them answered."""
        control.also("dial", self.begin)
        control.also("dialled", self.over)

    async def begin(self, hello: ControlHello) -> ControlReply:
        """Have an agent call somebody."""
        said: dict[str, Any] = hello.order or {}
        order = Order(
            str(said.get("agent", "")),
            said.get("to"),
            said.get("metadata"),
            said.get("variables") or {},
        )
        try:
            return CallShown(os.getpid(), (await self._calls.place(order)).to_data())
        except DialogueError as error:
            hint = f"; {error.help}" if error.help else ""
            return CommandResult(os.getpid(), "rejected", None, f"{error.message}{hint}")

    async def over(self, hello: ControlHello) -> ControlReply:
        """Wait for the end of one."""
        call = self._calls.get(hello.id)
        if call is None:
            return CommandResult(os.getpid(), "rejected", None, "there is no such call")
        await call.over()
        return CallShown(os.getpid(), call.to_data())
