"""What the processes of calls and dialogues say about their calls, and who is told of it."""

from __future__ import annotations

import asyncio
import logging
from typing import TYPE_CHECKING, Any, Protocol

from runner.serve.socket.messages import (
    FROM_CALL,
    Acted,
    Acting,
    Agreed,
    Ask,
    CallHello,
    CallRenewed,
    Dial,
    Ended,
    Failure,
    FromCall,
    GiveUp,
    Gone,
    Known,
    LogLine,
    NotRenewed,
    PassOn,
    Progress,
    Recall,
    Refused,
    Reported,
    SessionEvent,
    Signal,
    Sound,
    Started,
)
from runner.serve.tasks import Tasks

if TYPE_CHECKING:
    from collections.abc import Callable

    from runner.serve.sessions.calls import CallInfo, Calls
    from runner.serve.sessions.tool_requests import ToolRequests
    from runner.serve.sessions.welcomes import Welcomes
    from runner.serve.socket.peer import Peer


class RenewalAnswers(Protocol):
    """Who has offered calls another release, and hears what they say to it."""

    def renewed(self, call: CallInfo, message: CallRenewed) -> None:
        """Note that a call has taken it."""
        ...

    def not_renewed(self, call: CallInfo, message: NotRenewed) -> None:
        """Note that a call keeps what it has."""
        ...


class Recalling(Protocol):
    """Who knows what is remembered of callers."""

    async def answer(self, peer: Peer, message: Recall, call: CallInfo | None) -> None:
        """Answer the process that asked; `call` is None where the call has ended before."""
        ...


class Dialling(Protocol):
    """Who dials for calls, and sees those through that agents make."""

    async def answer(self, peer: Peer, message: Dial | PassOn, call: CallInfo | None) -> None:
        """Dial, and answer the process that asked; `call` is None where the call has ended."""
        ...

    def progress(self, call: CallInfo, message: Progress) -> None:
        """Note how far a call has come."""
        ...


class ReportTaker(Protocol):
    """Who takes what is known of calls."""

    def take(self, call: CallInfo | None, message: Reported) -> None:
        """Take a report; `call` is None where the call has ended before."""
        ...


class Switchboard:
    """Serves the processes of calls, and takes what any process says of its calls.

    Attributes:
        on_voice: told what callers by the front's own voice socket hear, and are told.
        on_acted: told what came of what others wanted done.
    """

    def __init__(  # noqa: PLR0913 - whom it hands on to, by name
        self,
        calls: Calls,
        welcomes: Welcomes,
        tools: ToolRequests,
        renewals: RenewalAnswers,
        *reports: ReportTaker,
        recalls: Recalling | None = None,
        dialling: Dialling | None = None,
    ) -> None:
        self._calls = calls
        self._welcomes = welcomes
        self._tools = tools
        self._renewals = renewals
        self._reports, self._recalls, self._dialling = reports, recalls, dialling
        self.on_voice: Callable[[CallInfo, Sound | Signal], None] = lambda *_: None
        self.on_acted: Callable[[Acting | Acted], None] = lambda _: None
        self._tasks = Tasks()
        self._asked: dict[tuple[Peer, int], tuple[str, asyncio.Task[None]]] = {}

    async def serve(self, peer: Peer, hello: CallHello) -> None:
        """Speak with the process of a call until it is gone."""
        call = self._calls.get(hello.call)
        if call is None or call.peer is not None:
            peer.send(Gone())
            return
        call.peer = peer
        peer.send(self._welcomes.welcome(call))
        if call.ending:
            call.tell_end()
        try:
            async for message in peer.messages(FROM_CALL):
                self.take(peer, message)
        finally:
            self._calls.end(call.id, call.reason or "crashed")

    def take(self, peer: Peer, message: FromCall) -> None:
        """Do what a process says about one of its calls."""
        if isinstance(message, Refused):
            return
        if isinstance(message, LogLine):
            _log(message)
            return
        call = self._calls.get(message.call)
        if isinstance(message, Ask | Recall | Dial | PassOn):
            self._answer(peer, call, message)
        elif isinstance(message, Reported):
            self._report(call, message)
        elif isinstance(message, Sound | Signal):
            if call is not None:
                self.on_voice(call, message)
        elif call is not None:
            self._note(peer, call, message)

    def _answer(
        self, peer: Peer, call: CallInfo | None, message: Ask | Recall | Dial | PassOn
    ) -> None:
        """Have somebody answer what a process waits for."""
        if isinstance(message, Ask):
            task = self._tasks.spawn(self._tools.answer(peer, message, call))
            key = (peer, message.id)
            self._asked[key] = message.ask.tool, task
            task.add_done_callback(lambda _: self._asked.pop(key, None))
        elif isinstance(message, Recall):
            if self._recalls is not None:
                self._tasks.spawn(self._recalls.answer(peer, message, call))
        elif self._dialling is not None:
            self._tasks.spawn(self._dialling.answer(peer, message, call))

    def _report(self, call: CallInfo | None, message: Reported) -> None:
        if call is not None and (identity := _identity(message.report)):
            self._calls.identify(call, identity)
        for taker in self._reports:
            taker.take(call, message)

    def _note(self, peer: Peer, call: CallInfo, message: FromCall) -> None:
        match message:
            case Acting() | Acted():
                self.on_acted(message)
            case Failure():
                self._calls.failed(call, message.reason, message.part)
            case GiveUp():
                self._give_up(call, self._asked.get((peer, message.id)))
            case Started():
                self._calls.answer(call)
            case Agreed():
                self._calls.agree(call)
            case SessionEvent():
                self._calls.take(call, message.event)
            case Known():
                call.variables = message.variables
            case Ended():
                call.reason = message.reason
            case _:
                self._later(call, message)

    def _later(self, call: CallInfo, message: FromCall) -> None:
        match message:
            case CallRenewed() | NotRenewed():
                self._renewed(call, message)
            case Progress() if self._dialling is not None:
                self._dialling.progress(call, message)

    def _renewed(self, call: CallInfo, message: CallRenewed | NotRenewed) -> None:
        if isinstance(message, CallRenewed):
            self._renewals.renewed(call, message)
        else:
            self._renewals.not_renewed(call, message)

    def _give_up(self, call: CallInfo, request: tuple[str, asyncio.Task[None]] | None) -> None:
        """Give up a question; what a service was told to do is left to its end."""
        if request is not None and self._tools.is_question(call, request[0]):
            request[1].cancel()

    async def stop(self) -> None:
        """Give up all that is still asked."""
        await self._tasks.cancel()
        await self._tools.aclose()


def _identity(report: dict[str, Any]) -> str:
    """Who calls, as a report has it."""
    values = report.get("values")
    caller = values.get("caller") if isinstance(values, dict) else None
    identity = caller.get("identity") if isinstance(caller, dict) else None
    return identity if isinstance(identity, str) else ""


def _log(line: LogLine) -> None:
    """Log what a process would."""
    level = logging.getLevelNamesMapping().get(line.level, logging.INFO)
    logging.getLogger(line.logger).log(level, "%s", line.message)
