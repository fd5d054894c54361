"""What a caller writes in a room, beside speaking or instead of it."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

from livekit import rtc
from livekit.agents import AgentSession
from livekit.agents.types import TOPIC_CHAT

from runner.session.call import Call
from runner.session.clock import within
from runner.session.tools.waiting import undisturbed

log = logging.getLogger("lkrun")

LONGEST_TEXT = 64 * 1024
"""Characters of one text of the caller; the rest is cut."""

LONGEST_HANDOFF = 15.0
"""Seconds that a written text waits for a handoff that is under way."""


class WrittenWords:
    """Answers what is written: by voice it interrupts, by text it queues.

    Args:
        call: the call.
        queue: held while a text is answered.
        heard: told that the caller is heard, whatever LiveKit still waits for.
        noted: told what nobody answers.
    """

    def __init__(
        self,
        call: Call,
        queue: asyncio.Lock,
        heard: Callable[[], None],
        noted: Callable[[str], None],
    ) -> None:
        """Nothing has been written."""
        self._call, self._queue, self._heard, self._noted = call, queue, heard, noted
        self._reading: set[asyncio.Task[None]] = set()

    def register(self, room: rtc.Room, session: AgentSession[Any], *, only: str) -> None:
        """Take what one participant writes, in place of LiveKit.

        LiveKit drops a text that is there before its writer is: a caller who comes back may write
        at once, and what they write does not wait for the server to tell that they came.
        """

        def receive(reader: rtc.TextStreamReader, identity: str) -> None:
            if identity == only:
                task = asyncio.get_running_loop().create_task(self._read(session, reader))
                self._reading.add(task)
                task.add_done_callback(self._reading.discard)

        room.unregister_text_stream_handler(TOPIC_CHAT)
        room.register_text_stream_handler(TOPIC_CHAT, receive)

    def stop(self) -> None:
        """The call has ended: what is still being written is not waited for."""
        for task in self._reading:
            task.cancel()

    async def _read(self, session: AgentSession[Any], reader: rtc.TextStreamReader) -> None:
        try:
            text = await reader.read_all()
            await self.take(session, SimpleNamespace(text=text))
        except Exception as error:  # noqa: BLE001 - whatever is wrong with one text, the call goes on
            log.warning("a text could not be taken: %s", type(error).__name__)

    async def take(self, session: AgentSession[Any], event: Any) -> None:
        """Take a text, as LiveKit hands it over."""
        async with self._queue:
            text = event.text.strip()
            if not text or self._call.over:
                return
            if self._call.bound.release.agent.only_listens:
                self._noted(cut(text))
                return
            if self._call.channel == "text":
                await self._call.tongue.heard(text)
                await session.generate_reply(user_input=cut(text))
                return
            try:
                await self._give_way(session)
                await self._call.tongue.heard(text)
                session.generate_reply(user_input=cut(text))
            except RuntimeError:
                log.debug("a text was written while the call ended")

    async def _give_way(self, session: AgentSession[Any]) -> None:
        """Stop speaking; a handoff, and what cannot be interrupted, are waited for."""
        self._heard()
        if self._call.leaving is not None:
            with contextlib.suppress(TimeoutError):
                async with within(self._call.clock, LONGEST_HANDOFF):
                    await self._call.arrived.wait()
        await undisturbed(self._call)
        try:
            await session.interrupt()
        except RuntimeError:
            log.debug("what is being said cannot be interrupted")


def cut(text: str) -> str:
    """A text of the caller, no longer than it may be."""
    if len(text) <= LONGEST_TEXT:
        return text
    log.warning("a text of %d characters was cut to %d", len(text), LONGEST_TEXT)
    return text[:LONGEST_TEXT]
