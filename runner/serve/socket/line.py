"""A call's line to the main process: events and requests go out, answers come back."""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import Callable
from typing import Any, Final

from runner.egress.port import ToolRequest, ToolResponse
from runner.serve.socket.peer import Message, Peer

_LOST: Final = "the runner is gone, so nothing was sent"


class Line:
    """The end of the call socket in the process of a call, or of the dialogues.

    Attributes:
        peer: the connection.
        on_message: told each message that is no answer.
    """

    def __init__(self, peer: Peer) -> None:
        """Take a connection."""
        self.peer = peer
        self.on_message: Callable[[Message], None] = lambda _: None
        self._ids = itertools.count(1)
        self._asked: dict[int, asyncio.Future[ToolResponse]] = {}
        self._closed = False

    def event(self, call: str, event: dict[str, Any]) -> None:
        """Tell an event of a conversation."""
        self.send({"type": "event", "call": call, "event": event})

    def send(self, message: Message) -> None:
        """Send a message; one that is too large is left out."""
        try:
            self.peer.send(message)
        except ValueError:
            return

    async def listen(self) -> None:
        """Hear what the main process says, until it is gone."""
        try:
            while (message := await self.peer.receive()) is not None:
                if message.get("type") == "answer":
                    self._answer(message)
                else:
                    self.on_message(message)
        finally:
            self._closed = True
            for future in self._asked.values():
                if not future.done():
                    future.set_result(ToolResponse(ok=False, output=_LOST, error=_LOST))

    async def ask(self, call: str, ask: ToolRequest) -> ToolResponse:
        """Have a request sent for a call."""
        if self._closed:
            return ToolResponse(ok=False, output=_LOST, error=_LOST)
        number = next(self._ids)
        future: asyncio.Future[ToolResponse] = asyncio.get_running_loop().create_future()
        self._asked[number] = future
        plain = {"tool": ask.tool, "arguments": ask.arguments, "values": ask.values}
        try:
            self.peer.send({"type": "ask", "call": call, "id": number, "ask": plain})
            return await future
        except ValueError:
            return ToolResponse(
                ok=False, output="the request is too long", error="the request is too long"
            )
        finally:
            self._asked.pop(number, None)

    def _answer(self, message: Message) -> None:
        future = self._asked.get(message.get("id", 0))
        if future is not None and not future.done():
            future.set_result(ToolResponse.from_data(message["answer"]))


class CallEgress:
    """The egress of one call: asks the main process (`runner.egress.port.Egress`)."""

    def __init__(self, line: Line, call: str) -> None:
        """Take the line, and whose requests these are."""
        self._line = line
        self._call = call

    async def ask(self, ask: ToolRequest) -> ToolResponse:
        """Have it sent."""
        return await self._line.ask(self._call, ask)
