"""A call's line to the main process: events and requests go out, answers come back."""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import Callable
from dataclasses import replace
from typing import Any, Final, Generic, TypeVar

from runner.egress.port import ToolRequest, ToolResponse
from runner.serve.socket.messages import (
    Answer,
    Ask,
    Dial,
    DialEnded,
    GiveUp,
    Kinds,
    Message,
    PassOn,
    Recall,
    Recalled,
    Refused,
    SessionEvent,
    TooLongError,
)
from runner.serve.socket.peer import Peer

_LOST: Final = "the runner is gone, so nothing was sent"
_GONE: Final = "the runner is gone"
_FAILED: Final = "livekit_failed"
_TOO_LONG: Final = "the request is too long"

T = TypeVar("T", bound=Message)


class Line(Generic[T]):
    """The end of the call socket in the process of a call, or of the dialogues.

    Attributes:
        peer: the connection.
        on_message: told each message that is no answer.
    """

    def __init__(self, peer: Peer, kinds: Kinds[T]) -> None:
        """Take a connection, and what the main process says over it."""
        self.peer = peer
        self.on_message: Callable[[T], None] = lambda _: None
        self._kinds = kinds
        self._ids = itertools.count(1)
        self._asked: dict[int, asyncio.Future[ToolResponse]] = {}
        self._recalls: dict[int, asyncio.Future[Recalled]] = {}
        self._dials: dict[int, asyncio.Future[DialEnded]] = {}
        self._closed = False

    def event(self, call: str, event: dict[str, Any]) -> None:
        """Tell an event of a conversation."""
        self.send(SessionEvent(call, event))

    def send(self, message: Message) -> None:
        """Send a message."""
        self.peer.send(message)

    async def listen(self) -> None:
        """Hear what the main process says, until it is gone."""
        try:
            async for message in self.peer.messages(self._kinds):
                if isinstance(message, Answer):
                    self._answer(message.id, message.answer)
                elif isinstance(message, Recalled):
                    self._recall(message)
                elif isinstance(message, DialEnded):
                    self._dialled(message)
                elif isinstance(message, Refused):
                    self._dialled(DialEnded(message.id or 0, _FAILED, message.why, reached=False))
                    self._recall(Recalled(message.id or 0, problem=f"malformed: {message.why}"))
                    self._answer(message.id, _failure(f"the request is malformed: {message.why}"))
                else:
                    self.on_message(message)
        finally:
            self._closed = True
            for future in self._asked.values():
                if not future.done():
                    future.set_result(_failure(_LOST))
            for number in self._recalls:
                self._recall(Recalled(number, problem=_GONE))
            for number in self._dials:
                self._dialled(DialEnded(number, _FAILED, _GONE, reached=False))

    async def ask(self, call: str, ask: ToolRequest) -> ToolResponse:
        """Have a request sent for a call."""
        if self._closed:
            return _failure(_LOST)
        number = next(self._ids)
        future: asyncio.Future[ToolResponse] = asyncio.get_running_loop().create_future()
        self._asked[number] = future
        try:
            self.peer.send(Ask(call, number, ask))
            return await future
        except TooLongError:
            return _failure(_TOO_LONG)
        except asyncio.CancelledError:
            self.peer.send(GiveUp(call, number))
            raise
        finally:
            self._asked.pop(number, None)

    async def recall(self, call: str, who: str) -> Recalled:
        """Ask what the agent of a call remembers of somebody."""
        if self._closed:
            return Recalled(0, problem=_GONE)
        number = next(self._ids)
        future: asyncio.Future[Recalled] = asyncio.get_running_loop().create_future()
        self._recalls[number] = future
        try:
            self.peer.send(Recall(call, number, who))
            return await future
        except TooLongError as error:
            return Recalled(number, problem=str(error))
        finally:
            self._recalls.pop(number, None)

    async def dial(self, dial: Dial | PassOn) -> DialEnded:
        """Have a number dialled, and wait until somebody has answered or nobody will.

        The number of the message is given here.
        """
        if self._closed:
            return DialEnded(0, _FAILED, _GONE, reached=False)
        number = next(self._ids)
        future: asyncio.Future[DialEnded] = asyncio.get_running_loop().create_future()
        self._dials[number] = future
        try:
            self.peer.send(replace(dial, id=number))
            return await future
        except TooLongError as error:
            return DialEnded(number, _FAILED, str(error), reached=False)
        finally:
            self._dials.pop(number, None)

    def _dialled(self, ended: DialEnded) -> None:
        future = self._dials.get(ended.id)
        if future is not None and not future.done():
            future.set_result(ended)

    def _recall(self, answer: Recalled) -> None:
        future = self._recalls.get(answer.id)
        if future is not None and not future.done():
            future.set_result(answer)

    def _answer(self, number: int | None, answer: ToolResponse) -> None:
        future = self._asked.get(number or 0)
        if future is not None and not future.done():
            future.set_result(answer)


def _failure(why: str) -> ToolResponse:
    return ToolResponse(ok=False, output=why, error=why)


class CallEgress:
    """The egress of one call: asks the main process (`runner.egress.port.Egress`)."""

    def __init__(self, line: Line[Any], call: str) -> None:
        """Take the line, and whose requests these are."""
        self._line = line
        self._call = call

    async def ask(self, ask: ToolRequest) -> ToolResponse:
        """Have it sent."""
        return await self._line.ask(self._call, ask)
