"""A model, voice or ears that fail in a call: said plainly, to the caller and in the log."""

from __future__ import annotations

import asyncio
import logging
from typing import Any

from livekit.agents import APIError, ErrorEvent

from runner.session.call import Call

log = logging.getLogger("lkrun")

AGAIN = "Sorry, something went wrong. Please say that again."
LATER = "Sorry, something went wrong. Please call again later."

MOST = 3
"""Failures in a row that end a talk by text; one ends a call by voice."""

_NOUNS = {"llm_error": "the model", "stt_error": "the speech recognition", "tts_error": "the voice"}


class Failures:
    """Counts failures, and answers the caller in place of what failed."""

    def __init__(self, call: Call) -> None:
        """Begin with none."""
        self._call = call
        self._count = 0
        self._tasks: set[asyncio.Task[None]] = set()
        self.told = False

    def heard(self, event: ErrorEvent) -> None:
        """LiveKit has given up on something, or tries again."""
        error = event.error
        kind = getattr(error, "type", "")
        if getattr(error, "recoverable", False):
            return
        cause = getattr(error, "error", error)
        log.error("%s failed: %s", _NOUNS.get(kind, "a provider"), self._reason(cause))
        # LiveKit lets ears listen again after an error of their service, and after no other
        deaf = kind == "stt_error" and not isinstance(cause, APIError)
        if kind == "llm_error" or deaf:
            self.answer()

    def unexpected(self, error: BaseException) -> None:
        """Something else went wrong in a turn."""
        log.error("a turn failed: %s", self._reason(error))
        self.answer()

    def _reason(self, error: Any) -> str:
        line = next((part.strip() for part in str(error).splitlines() if part.strip()), "")
        return self._call.models.mask(line[:300]) or type(error).__name__

    def spoke(self, text: str) -> None:
        """The agent has said something; words of its own mean that it works again."""
        if text not in (AGAIN, LATER):
            self._count = 0

    def answer(self) -> None:
        """Say that something went wrong; after too many failures, end the call."""
        self.told = True
        self._count += 1
        if self._call.over:
            return
        final = self._call.channel == "voice" or self._count >= MOST
        self._call.over = final
        task = asyncio.get_running_loop().create_task(
            self._say(LATER if final else AGAIN, final=final)
        )
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def settled(self) -> None:
        """Wait until what is to be said of a failure has been said."""
        if self._tasks:
            await asyncio.wait(self._tasks)

    async def _say(self, words: str, *, final: bool) -> None:
        await self._call.speak(words, interruptible=not final)
        if final:
            self._call.finish("error")
