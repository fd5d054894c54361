"""Calls by voice that the front holds itself, as the main process sees them.

Each runs in a process of its own (`child/voice`), forked from the same warmed forkserver as the
calls in LiveKit's rooms.
"""

from __future__ import annotations

import asyncio
import base64
import multiprocessing
import time
import uuid
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from runner.front.port import DialogueError
from runner.serve.child import voice_process
from runner.serve.socket.messages import Said, Signal, Sound
from runner.serve.tasks import Tasks

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable
    from multiprocessing.process import BaseProcess
    from pathlib import Path

    from runner.front.rooms_port import ProvenCaller
    from runner.front.talks_port import Preview
    from runner.serve.sessions.admission import Admission
    from runner.serve.sessions.calls import CallInfo, Calls

_MOST: Final = 3000
"""What a caller has not taken yet, in pieces: a minute of sound. One who takes nothing is gone."""

_AHEAD: Final = 2.0
"""Seconds by which a caller's sound may be ahead of the time that has passed."""

_APPEAR: Final = 20.0
"""Seconds in which the process of a call must have connected."""

_GRACE: Final = 15.0
"""Seconds in which a process must be gone when its call is over."""

_BYTES: Final = 2
"""Bytes of a sample."""

_REFUSED: Final = {
    "draining": "the runner is shutting down",
}


@dataclass(eq=False, slots=True)
class VoiceLine:
    """One call, as the front has it (`runner.front.talks_port.VoiceLine`).

    Attributes:
        rate: samples a second, both ways.
        coming: what the caller has not taken yet; None at its end.
        heard: seconds of sound that the caller has sent.
        ended: whether the caller was told that the call has ended.
    """

    call: CallInfo
    rate: int
    hang: Callable[[CallInfo], None]
    coming: asyncio.Queue[bytes | dict[str, Any] | None] = field(default_factory=asyncio.Queue)
    heard: float = 0.0
    began: float = field(default_factory=time.monotonic)
    ended: bool = False
    over: asyncio.Event = field(default_factory=asyncio.Event)

    @property
    def session_id(self) -> str:
        """The call's."""
        return self.call.id

    def put(self, piece: bytes | dict[str, Any]) -> None:
        """Have the caller told; who takes nothing for a minute has gone."""
        if self.coming.qsize() < _MOST:
            self.coming.put_nowait(piece)
        else:
            self.hang_up()

    def close(self) -> None:
        """The call is over: what has come by now is the last."""
        self.over.set()
        self.coming.put_nowait(None)

    async def frames(self) -> AsyncIterator[bytes | dict[str, Any]]:
        """What the caller hears and is told, as it comes, until the end of the call."""
        while (piece := await self.coming.get()) is not None:
            yield piece

    def hear(self, pcm: bytes) -> bool:
        """Take sound; whether it was taken: not where it comes faster than it can be spoken."""
        seconds = len(pcm) / _BYTES / self.rate
        passed = time.monotonic() - self.began
        self.heard = max(self.heard, passed - _AHEAD)  # who was silent may not catch up
        if self.heard + seconds > passed + _AHEAD:
            return False
        self.heard += seconds
        self._send(Sound(self.call.id, base64.b64encode(pcm).decode("ascii")))
        return True

    def say(self, text: str) -> None:
        """Take what the caller writes."""
        self._send(Said(self.call.id, text))

    def press(self, keys: str) -> None:
        """Take the keys that the caller presses."""
        self._send(Said(self.call.id, "", keys))

    def hang_up(self) -> None:
        """The caller has gone."""
        self.hang(self.call)

    def _send(self, message: Sound | Said) -> None:
        if self.call.peer is not None:
            self.call.peer.send(message)


class Voices:
    """Begins and ends them.

    Args:
        mode: that of an agent that is served, or that a preview shows; nothing where there is none.
        home: the runtime directory, which their processes are told of.
        warm: starts the forkserver where it is not there, and returns when it is warm.
    """

    def __init__(
        self,
        calls: Calls,
        admission: Admission,
        home: Path,
        *,
        mode: Callable[[str, Preview | None], str | None],
        warm: Callable[[], Awaitable[None]],
    ) -> None:
        self._calls = calls
        self._admission = admission
        self._home = str(home)
        self._mode = mode
        self._warm = warm
        self._lines: dict[str, VoiceLine] = {}
        self._tasks = Tasks()
        self._warming: asyncio.Task[None] | None = None
        calls.on_event.append(self._happened)
        calls.on_end.append(self._over)

    def expect(self) -> None:
        """Be ready for a call by voice soon: somebody looks at the page."""
        if self._warming is None:
            self._warming = self._tasks.spawn(self._warmed())

    async def _warmed(self) -> None:
        await self._warm()

    async def begin(
        self,
        agent: str,
        rate: int,
        caller: ProvenCaller | None = None,
        preview: Preview | None = None,
    ) -> VoiceLine:
        """Begin a call, of somebody who has proved who they are or of anybody.

        Raises:
            DialogueError: the agent is unknown, speaks with nobody, or takes no call now.
        """
        self.check(agent, preview)
        try:
            await self._warm()
            self.check(agent, preview)  # another one may have come first
            return await self._begun(agent, rate, caller, preview)
        except OSError as error:
            why = f"the process of the call could not be started: {error.strerror or error}"
            raise DialogueError("agent_unavailable", why, "try again") from None

    async def _begun(
        self, agent: str, rate: int, caller: ProvenCaller | None, preview: Preview | None
    ) -> VoiceLine:
        identity = caller.identity if caller is not None else None
        attributes = caller.attributes if caller is not None else {}
        name = f"voice_{uuid.uuid4().hex[:16]}"
        call = self._calls.begin(name, agent, "call", caller=identity, preview=preview)
        line = self._lines[call.id] = VoiceLine(call, rate, self._hang)
        context = multiprocessing.get_context("forkserver")
        arguments = (self._home, call.id, rate, identity, attributes)
        process = context.Process(target=voice_process.main, args=arguments, daemon=True)
        try:
            await asyncio.to_thread(process.start)
        except BaseException:
            self._calls.end(call.id, "error")
            raise
        self._tasks.spawn(self._watch(process, line))
        return line

    def take(self, call: CallInfo, message: Sound | Signal) -> None:
        """Have a caller hear something, or be told."""
        line = self._lines.get(call.id)
        if line is not None and isinstance(message, Sound):
            line.put(base64.b64decode(message.pcm))
        elif line is not None and isinstance(message, Signal):
            line.put(dict(message.signal))

    async def stop(self) -> None:
        """See all processes off."""
        await self._tasks.finished()

    def check(self, agent: str, preview: Preview | None = None) -> None:
        """Whether a call could begin now.

        Raises:
            DialogueError: as `begin`.
        """
        mode = self._mode(agent, preview)
        refusal = self._admission.refusal(agent, known=mode is not None)
        if refusal == "unknown_agent" or (preview is not None and mode is None):
            raise DialogueError("unknown_agent", f"there is no agent '{agent}'")
        if refusal is not None:
            words = self._admission.why_full(agent) or _REFUSED[refusal]
            raise DialogueError(refusal, words, "try again later")
        if mode != "voice":
            words = f"'{agent}' does not speak: its mode is '{mode}'"
            raise DialogueError("bad_request", words, "write to it instead, or delete its 'mode'")

    def _hang(self, call: CallInfo) -> None:
        """End a call whose caller has gone."""
        if self._calls.get(call.id) is call and call.ending is None:
            call.tell_end("caller_left")

    def _happened(self, call: CallInfo, event: dict[str, Any]) -> None:
        line = self._lines.get(call.id)
        if line is not None:
            line.ended = line.ended or event.get("type") == "end"
            line.put(event)

    def _over(self, call: CallInfo) -> None:
        line = self._lines.pop(call.id, None)
        if line is None:
            return
        if not line.ended:  # its process could not say so
            line.put({"turn": call.turns, "type": "end", "reason": call.reason})
        line.close()

    async def _watch(self, process: BaseProcess, line: VoiceLine) -> None:
        """See that a process appears, and that it is gone when its call is over."""
        gone = asyncio.Event()
        asyncio.get_running_loop().add_reader(process.sentinel, gone.set)
        try:
            await _either(gone, line.over, seconds=_APPEAR)
            if line.call.peer is None:
                self._calls.end(line.call.id, "crashed")
            await line.over.wait()
            await _either(gone, seconds=_GRACE)
            if not gone.is_set():
                process.kill()
                await gone.wait()
        finally:
            asyncio.get_running_loop().remove_reader(process.sentinel)
            process.join()
            process.close()


async def _either(*events: asyncio.Event, seconds: float) -> None:
    """Return when one of them is set, or so many seconds have passed."""
    waiting = [asyncio.ensure_future(event.wait()) for event in events]
    await asyncio.wait(waiting, timeout=seconds, return_when=asyncio.FIRST_COMPLETED)
    for each in waiting:
        each.cancel()
