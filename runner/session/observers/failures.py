"""Models, STT and TTS that fail in a call: said plainly, to the caller and in the log."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import AsyncIterator, Callable, Coroutine
from dataclasses import dataclass
from typing import Any

from livekit import rtc
from livekit.agents import (
    NOT_GIVEN,
    APIConnectionError,
    APIError,
    ErrorEvent,
    NotGivenOr,
    llm,
    stt,
    tts,
)

from runner.provider_kinds import BY_KEY, ROWS
from runner.session.call import Call
from runner.session.events import MessageEvent
from runner.session.models.plainly import plainly
from runner.session.silence import silence
from runner.session.speech.early import will_be_asked_again

log = logging.getLogger("lkrun")

MOST = 3
"""Failures in a row that end a talk by text, and those of STT or TTS that end a call.

So do as many answers of the model that cannot be used. Where its service fails, and fails again,
that ends a call by voice. LiveKit would close a call at the fourth, without a word.
"""

LONGEST = 20.0
"""Seconds from the first of the attempts to connect that fail in a row, after which it is down.

LiveKit tries without end where each attempt takes its 10 seconds, as without a network.
"""

_GAP = 15.0
"""Seconds between failed attempts in a row: one takes up to 10, and there is a pause between."""

_GAP_OF_ALL = 75.0
"""The same where each attempt tries several services, each of them twice."""

_SEVERAL = (stt.FallbackAdapter, tts.FallbackAdapter, llm.RealtimeModelFallbackAdapter)
_NOUNS = {f"{kind.key}_error": f"the {kind.noun}" for kind in ROWS}

OnFailure = Callable[[str, str], None]
"""Told why an answer failed, and which part did: `llm`, `stt`, `tts`, `realtime` or `turn`."""

_SPEECH_MODEL = "realtime_model_error"
_NOUNS[_SPEECH_MODEL] = f"the {BY_KEY['realtime'].noun}"


@dataclass(slots=True)
class _Row:
    """Failures of one service since it last worked, counted as LiveKit does."""

    count: int = 0
    first: float = 0.0
    last: float = 0.0

    def add(self, at: float, gap: float, *, given_up: bool) -> None:
        """Count an attempt that failed; only those that LiveKit has given up on are failures."""
        if at - self.last > gap:
            self.first = at
        self.last = at
        self.count += given_up

    @property
    def hopeless(self) -> bool:
        """Whether it is down for good."""
        return self.count >= MOST or self.last - self.first >= LONGEST


class Failures:
    """Counts failures, and answers the caller in place of what failed."""

    def __init__(self, call: Call, on_failure: OnFailure = lambda *_: None) -> None:
        """Begin with none; `on_failure` is told what failed and why, without any secret."""
        self._call, self._on_failure = call, on_failure
        self._count = 0
        self._rows = {"stt_error": _Row(), "tts_error": _Row()}
        self._tasks: set[asyncio.Task[None]] = set()
        self._apologies: tuple[str, ...] = ()
        self.caller_knows = False

    def heard(self, event: ErrorEvent) -> None:
        """LiveKit has given up on something, or tries again."""
        if will_be_asked_again(given_up=not event.error.recoverable):
            return
        error, row = event.error, self._rows.get(event.error.type)
        cause, given_up = getattr(error, "error", error), not error.recoverable
        if row is not None and (given_up or isinstance(cause, APIConnectionError)):
            gap = _GAP_OF_ALL if isinstance(event.source, _SEVERAL) else _GAP
            row.add(error.timestamp, gap, given_up=given_up)
        down = row is not None and row.hopeless and not self._call.over
        if error.type == _SPEECH_MODEL and not given_up:
            if not isinstance(event.source, _SEVERAL):  # the next one answers in its place
                self._unanswered(cause, event.source)
            return
        if not given_up and not down:
            return
        # LiveKit lets STT listen again after an error of their service, and after no other
        unheard = error.type == "stt_error" and not isinstance(cause, APIError)
        often = ", again and again: the call ends" if down else ""
        noun = _NOUNS.get(error.type, "a provider")
        part = error.type.removesuffix("_error").removesuffix("_model")
        which = self._named(noun, event.source)
        self._report(f"{which} failed{often}: {self._reason(cause)}", part)
        if error.type == _SPEECH_MODEL:
            self._count = MOST  # LiveKit closes the call: its connection is gone for good
        if error.type in ("llm_error", _SPEECH_MODEL) or unheard or down:
            self.answer(mute=error.type == "tts_error")

    def _unanswered(self, cause: Any, source: Any) -> None:
        """A reply of a speech-to-speech model has failed; its connection is made anew by LiveKit.

        It asks for no reply a second time.
        """
        if isinstance(cause, APIConnectionError):
            return
        which = self._named(_NOUNS[_SPEECH_MODEL], source)
        self._report(f"{which} failed: {self._reason(cause)}", "realtime")
        self.caller_knows = True
        self._count += 1
        if self._call.over:
            return
        if self._count >= MOST:
            self._last_words(NOT_GIVEN)
            return
        self._soon(self._again())

    def worked(self, kind: str) -> None:
        """A service has worked: STT has understood something, TTS is heard."""
        self._rows[kind] = _Row()

    def unexpected(self, error: BaseException) -> None:
        """Something else went wrong in a turn."""
        self._report(f"a turn failed: {self._reason(error)}", "turn")
        self.answer()

    def gave_up(self, reason: str) -> str:
        """An answer of the model cannot be used.

        Returns:
            What is said in its place; nothing where that is said already, or the call is ending.
        """
        self._report(reason, "llm")
        self.caller_knows = True
        self._count += 1
        if self._call.over:
            return ""
        if self._count >= MOST:
            self._last_words(NOT_GIVEN)
            return ""
        return self._apology("apology")

    def _report(self, reason: str, part: str) -> None:
        """Tell the owner: in the log, and where they listen."""
        log.error("%s", reason)
        self._on_failure(reason, part)

    def _reason(self, error: Any) -> str:
        return self._call.bound.models.mask(plainly(error))

    def _named(self, noun: str, source: Any) -> str:
        """Which part it is, by the name that the author gave it."""
        name = self._call.bound.models.name_of(source)
        return f"{noun} '{name}'" if name else noun

    def spoke(self, text: str) -> None:
        """The agent has said something; words of its own mean that it works again."""
        if not text.endswith(self._apologies):
            self._count = 0

    def _apology(self, name: str) -> str:
        """Words of lkrun's own, which are no sign that the agent works again."""
        words = self._call.bound.renderer.own(name)
        self._apologies = (*self._apologies[-7:], words)
        return words

    def answer(self, *, mute: bool = False) -> None:
        """Say that something went wrong; after too many failures, end the call.

        Args:
            mute: there is no voice to say it.
        """
        self.caller_knows = True
        self._count += 1
        if self._call.over:
            return
        if self._call.channel == "voice" or self._count >= MOST:
            self._last_words(silence() if mute else NOT_GIVEN)
            return
        self._soon(self._again())

    def _soon(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def settled(self) -> None:
        """Wait until what is to be said of a failure has been said."""
        if self._tasks:
            await asyncio.wait(self._tasks)

    async def _again(self) -> None:
        await self._call.speak(self._apology("apology"))

    def _last_words(self, audio: NotGivenOr[AsyncIterator[rtc.AudioFrame]]) -> None:
        """Say it, and end the call at once: what is being said is said to its end.

        From then on LiveKit counts no errors, so that it cannot break the words off.
        """
        self._call.over = True
        words = self._apology("call_later")
        # a speech-to-speech model that is gone cannot be told of words that it did not say
        in_chat = self._call.persona.speech is None
        with contextlib.suppress(RuntimeError):  # the call is ending already
            self._call.utter(words, audio=audio, allow_interruptions=False, add_to_chat_ctx=in_chat)
        if not in_chat:
            event = MessageEvent(persona=self._call.speaking, role="agent", text=words)
            self._call.events.tell(event)
        self._call.finish("error")
