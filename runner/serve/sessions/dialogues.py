"""The text dialogues as the main process sees them; they run in text hosts."""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import time
import uuid
from collections import OrderedDict
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Final

from runner.front.port import DialogueError
from runner.front.talks_port import EarlierLine, Preview, Tap, Turn
from runner.serve.sessions.calls import TurnFigures
from runner.serve.sessions.hosts import TextHosts, draining
from runner.serve.sessions.talk_sounds import LONGEST, TalkSounds
from runner.serve.socket.messages import (
    FROM_HOST,
    Cancel,
    End,
    Failed,
    FromCall,
    FromHost,
    HostHello,
    Open,
    Piece,
    Pong,
    Reply,
    SessionEvent,
    TurnText,
)

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from runner.serve.log import Log
    from runner.serve.sessions.calls import CallInfo, Calls
    from runner.serve.sessions.texthost import TextHost
    from runner.serve.sessions.welcomes import Welcomes
    from runner.serve.socket.peer import Peer

MOST_SPOKEN: Final = 20
"""Spoken ones at once: each hears and speaks in real time."""

LONGEST_SPOKEN: Final = 1000
"""Characters of a text that is spoken: more than a minute of speech."""

_SPEAKING: Final = 120.0
"""Seconds beyond its budget that a turn may take in which both speak."""

SILENCE: Final = 600.0
"""Seconds without a text after which a dialogue ends."""

_GRACE: Final = 10.0
"""Seconds beyond its budget that a turn is given to answer by itself."""

_LAST: Final = 10.0
"""Seconds that turns are given to be answered when the runner ends."""

_REMEMBERED: Final = 10_000
_HUNG: Final = "the agent did not answer in time, and the dialogue has ended"
_ENDS: Final = {
    "crashed": "the process of the dialogue has died, and the dialogue with it",
    "hung": _HUNG,
    "end_call": "the agent has ended the dialogue",
    "max_duration": "the dialogue has lasted as long as it may",
    "silence": f"the dialogue has ended: nobody wrote for {SILENCE / 60:g} minutes",
}


@dataclass(frozen=True, slots=True)
class Opening:
    """What a dialogue begins with.

    Attributes:
        idle: whether who is silent in it is asked.
        history: what was said before it.
        spoken: whether both speak in it.
        preview: what it begins with, instead of what is served.
    """

    variables: dict[str, Any] | None
    metadata: Any
    idle: bool
    history: tuple[EarlierLine, ...] | None
    spoken: bool = False
    preview: Preview | None = None


@dataclass(frozen=True, slots=True)
class _Waiting:
    """A turn that is not answered yet.

    Attributes:
        on_text: told each piece of the answer.
    """

    call: str
    answer: asyncio.Future[Reply | Failed]
    on_text: Callable[[str], None] | None


class Dialogues:
    """Begins, continues and ends text dialogues.

    Attributes:
        hosts: the processes in which they run.
        sounds: what is heard in those in which both speak.

    Args:
        socket: the call socket, to which hosts connect.
        budget: seconds that a turn of a dialogue may take.
        take: told what dialogues say that is no answer to a turn.
        most: dialogues at once (`runner.capacity.max_dialogues`).
    """

    def __init__(  # noqa: PLR0913 - the parts that it needs, by name
        self,
        socket: Path,
        welcomes: Welcomes,
        calls: Calls,
        log: Log,
        *,
        budget: Callable[[CallInfo], float],
        take: Callable[[Peer, FromCall], None],
        most: Callable[[], int],
    ) -> None:
        self.sounds = TalkSounds(socket.parent / "sounds")
        self.hosts = TextHosts(socket, log, calls.end)
        self._welcomes = welcomes
        self._calls = calls
        self._budget = budget
        self._other = take
        self._most = most
        self._stopping = False
        self._ids = itertools.count(1)
        self._waiting: dict[int, _Waiting] = {}
        self._used: dict[str, float] = {}
        self._since: dict[str, float] = {}
        self._ended: OrderedDict[str, str] = OrderedDict()
        calls.on_end.append(self._over)

    async def turn(  # noqa: PLR0913 - what a person may say, by name
        self,
        agent: str,
        text: str,
        session_id: str | None,
        variables: dict[str, Any] | None,
        metadata: Any,
        *,
        idle: bool = False,
        history: tuple[EarlierLine, ...] | None = None,
        on_text: Callable[[str], None] | None = None,
        keys: str | None = None,
        audio: bool = False,
        tap: Tap | None = None,
        preview: Preview | None = None,
    ) -> Turn:
        """Say something to a dialogue; without an id one begins, in which `idle` runs or does not.

        Args are those of `runner.front.talks_port.Talks.turn`.

        Raises:
            DialogueError: it is unknown or has ended, there is no room for one more, or a variable
                does not fit.
        """
        if session_id is None:
            _speakable(text, spoken=audio)
            opening = Opening(variables, metadata, idle, history, audio, preview)
            call = self._begin(await self.hosts.next(), agent, opening)
        else:
            call = self._known(agent, session_id)
            _speakable(text, spoken=call.spoken)
        self._used[call.id] = asyncio.get_running_loop().time()
        call.failure = None
        began = time.perf_counter()
        reply = await self._answer(call, text, on_text, keys, tap)
        if isinstance(reply, Failed) and reply.goes_on and session_id is not None:
            raise DialogueError(reply.code, reply.message)
        if isinstance(reply, Failed):
            self._end(call, "refused" if not call.answered else "error")
            raise DialogueError(reply.code, reply.message)
        self._calls.answer(call)
        self._calls.turned(call, _figures(reply, time.perf_counter() - began))
        call.variables, call.persona = reply.variables, reply.persona
        if reply.ended:
            self._end(call, call.reason or "end_call")
        return _turn(call, reply)

    def end(self, call: CallInfo) -> None:
        """End a dialogue, since who talks in it hangs up."""
        self._end(call, "caller_left")

    async def visit(self, agent: str) -> CallInfo:
        """Have an agent in a host that is only asked something, and talks with nobody.

        Raises:
            DialogueError: there is no such agent, or no room for one more.
        """
        return self._begin(await self.hosts.next(), agent, Opening(None, None, False, None))

    def leave(self, call: CallInfo) -> None:
        """What was asked is answered."""
        self._end(call, "caller_left")

    def ended(self, session: str) -> bool:
        """Whether there was such a dialogue, which has ended."""
        return session in self._ended

    def look(self) -> None:
        """End what is silent or hangs, and replace dead hosts; to be called every second or so."""
        now = asyncio.get_running_loop().time()
        for call in self._calls.all("text"):
            if (since := self._since.get(call.id)) is not None:
                if now - since > self._budget(call) + (_SPEAKING if call.spoken else _GRACE):
                    self._end(call, "hung")
            elif now - self._used.get(call.id, now) > SILENCE:
                self._end(call, "silence")
        self.sounds.look()
        self.hosts.look()

    async def settled(self) -> None:
        """Return when no turn is being answered, at least none that will be soon."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(_LAST):
                while coming := [
                    w.answer for w in self._waiting.values() if self.hosts.answers(w.call)
                ]:
                    await asyncio.wait(coming, timeout=1)  # a host may cease to answer

    def _coming(self) -> list[asyncio.Future[Reply | Failed]]:
        """Answers of hosts that answer at all."""
        return [w.answer for w in self._waiting.values() if self.hosts.answers(w.call)]

    def end_all(self) -> None:
        """End all dialogues, since the runner ends; who waits for an answer is told."""
        self._stopping = True
        self.hosts.close()
        for call in self._calls.all("text"):
            self._end(call, "shutdown")

    async def stop(self) -> None:
        """End all dialogues, and their hosts."""
        self.end_all()
        await self.hosts.stop()

    async def serve(self, peer: Peer, hello: HostHello) -> None:
        """Speak with a text host until it is gone."""
        host = self.hosts.arrived(peer, hello)
        if host is None:
            return
        try:
            async for message in peer.messages(FROM_HOST):
                self._take(host, peer, message)
        finally:
            self.hosts.gone(host)

    def _begin(self, host: TextHost, agent: str, opening: Opening) -> CallInfo:
        most = self._most()
        if len(self._calls.all("text")) >= most:
            raise DialogueError(
                "full", f"there are {most} dialogues already", "end some, or try later"
            )
        session, sound = f"text_{uuid.uuid4().hex[:16]}", None
        if opening.spoken:
            sound = self._sound(session)
        call = self._calls.begin(session, agent, "text", preview=opening.preview)
        call.peer, call.spoken = host.peer, opening.spoken
        self.hosts.enter(host, call.id)
        welcome = self._welcomes.welcome(call)
        history = opening.history
        before = tuple((line.role, line.text) for line in history) if history is not None else None
        opened = Open(welcome, opening.variables, opening.metadata, opening.idle, before)
        self._send(call, replace(opened, sound=sound, longest=LONGEST) if sound else opened)
        return call

    def _sound(self, session: str) -> str:
        """Where the sound of a dialogue is written in which both speak."""
        if sum(call.spoken for call in self._calls.all("text")) >= MOST_SPOKEN:
            message = f"there are {MOST_SPOKEN} spoken dialogues already"
            raise DialogueError("full", message, "end some, or try later")
        try:
            return str(self.sounds.begin(session))
        except OSError as error:
            message = f"there is no place for the sound: {error.strerror or error}"
            raise DialogueError("agent_unavailable", message) from None

    def _known(self, agent: str, session_id: str) -> CallInfo:
        call = self._calls.get(session_id)
        if call is not None and call.kind == "text" and call.agent == agent:
            return call
        if session_id in self._ended:
            hint = "leave session_id out to begin another"
            raise DialogueError("ended", _why(self._ended[session_id]), hint)
        raise DialogueError("unknown_session", "there is no such dialogue with this agent")

    async def _answer(
        self,
        call: CallInfo,
        text: str,
        on_text: Callable[[str], None] | None,
        keys: str | None,
        tap: Tap | None,
    ) -> Reply | Failed:
        number = next(self._ids)
        answer: asyncio.Future[Reply | Failed] = asyncio.get_running_loop().create_future()
        self._waiting[number] = _Waiting(call.id, answer, on_text)
        self._since.setdefault(call.id, asyncio.get_running_loop().time())
        try:
            said = TurnText(call.id, number, text, on_text is not None, keys)
            if tap is not None:
                said = replace(said, app=tap.method, sent=tap.sent)
            self._send(call, said)
            return await answer
        except asyncio.CancelledError:  # nobody waits for it any more
            self._send(call, Cancel(call.id, number))
            raise
        finally:
            self._waiting.pop(number, None)
            self._next(call)

    def _next(self, call: CallInfo) -> None:
        """Note since when the next turn of a dialogue is being answered, if there is one."""
        if any(waiting.call == call.id for waiting in self._waiting.values()):
            self._since[call.id] = asyncio.get_running_loop().time()
        else:
            self._since.pop(call.id, None)

    def _send(self, call: CallInfo, message: Open | TurnText | Cancel | End) -> None:
        if call.peer is not None:
            call.peer.send(message)

    def _end(self, call: CallInfo, reason: str) -> None:
        self._send(call, End(call.id, reason))
        self._calls.end(call.id, reason)

    def _over(self, call: CallInfo) -> None:
        if call.kind != "text":
            return
        self.sounds.end(call.id)
        self._used.pop(call.id, None)
        self._since.pop(call.id, None)
        self._ended[call.id] = call.reason or "shutdown"
        if len(self._ended) > _REMEMBERED:
            self._ended.popitem(last=False)
        self.hosts.leave(call.id)
        refusal = self._refusal(call.reason)
        for waiting in self._waiting.values():
            if waiting.call == call.id and not waiting.answer.done():
                waiting.answer.set_exception(refusal)

    def _refusal(self, reason: str | None) -> DialogueError:
        """What somebody is told who waits for an answer of a dialogue that has ended."""
        if self._stopping:
            return draining()
        code = "agent_unavailable" if reason == "hung" else "ended"
        return DialogueError(code, _why(reason))

    def _take(self, host: TextHost, peer: Peer, message: FromHost) -> None:
        match message:
            case Pong():
                host.pong()
            case Reply() | Failed():
                waiting = self._waiting.get(message.id)
                if waiting is not None and not waiting.answer.done():
                    waiting.answer.set_result(message)
            case Piece():
                waiting = self._waiting.get(message.id)
                if waiting is not None and waiting.on_text is not None:
                    waiting.on_text(message.text)
            case SessionEvent(event={"type": "end"}):
                self._other(peer, message)
                self._ended_by_itself(message.call)
            case _:
                self._other(peer, message)

    def _ended_by_itself(self, session: str) -> None:
        """End a dialogue that came to its end between two turns; in a turn its answer says so."""
        call = self._calls.get(session)
        if call is not None and not any(w.call == session for w in self._waiting.values()):
            self._end(call, call.reason or "end_call")


def _speakable(text: str, *, spoken: bool) -> None:
    if spoken and len(text) > LONGEST_SPOKEN:
        message = f"a text that is spoken has at most {LONGEST_SPOKEN:,} characters"
        raise DialogueError("out_of_bounds", message, "say it in several turns")


def _why(reason: str | None) -> str:
    return _ENDS.get(reason or "", "the dialogue has ended")


def _figures(reply: Reply, seconds: float) -> TurnFigures:
    number = max((int(event["turn"]) for event in reply.events), default=0)
    usage = reply.usage
    return TurnFigures(number, round(seconds * 1000), usage.input_tokens, usage.output_tokens)


def _turn(call: CallInfo, reply: Reply) -> Turn:
    return Turn(
        call.id,
        reply.text,
        reply.events,
        reply.usage.input_tokens,
        reply.usage.output_tokens,
        reply.ended,
        call.release,
        call.persona,
        reply.variables,
        first_event=call.events.begin_of(reply.events[0]["turn"]) if reply.events else 0,
        failure=call.failure,
        sound_ms=reply.sound_ms,
    )
