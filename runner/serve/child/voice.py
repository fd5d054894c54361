"""A call by voice whose sound comes over the front's WebSocket, in a process of its own.

What sounds, and what is said of it, goes over the call socket. The main process never imports this
module, but `voice_process`, which does.
"""

from __future__ import annotations

import asyncio
import base64
import contextlib
import logging
from collections.abc import Callable
from pathlib import Path
from typing import Final

import numpy as np
from livekit import rtc
from livekit.agents.testing import fake_job_context
from livekit.agents.utils import http_context
from livekit.agents.voice.transcription import TranscriptSynchronizer

from runner.serve.child.held import HeldCall
from runner.serve.child.log_hiding import hide_in_logs
from runner.serve.child.to_main import log_to_main
from runner.serve.socket.messages import (
    Act,
    End,
    Mean,
    Renew,
    Said,
    Signal,
    Sound,
    Started,
    ToCall,
    UseTool,
)
from runner.session import Caller, CallFacts, tracing
from runner.session.conversation import Conversation
from runner.session.speech.ends import Ear, Mouth, Words
from runner.session.speech.samples import RATE, SECONDS, TICK
from runner.session.speech.sounds import Sounds

_LATE: Final = 3 * SECONDS
"""How much of its delay a line makes up for; the rest is no time on it."""

_SILENT: Final = 0.2
"""Seconds without sound after which silence is heard: a microphone that is off sends nothing."""

_log = logging.getLogger("lkrun")


class Resampler:
    """Sound at one rate, given at another as it comes.

    Args:
        given: samples a second of what is pushed.
        wanted: those of what is returned.
    """

    def __init__(self, given: int, wanted: int) -> None:
        """Hold nothing back yet."""
        self._rate = given
        medium = rtc.AudioResamplerQuality.MEDIUM
        self._by = rtc.AudioResampler(given, wanted, quality=medium) if given != wanted else None

    def push(self, pcm: bytes) -> bytes:
        """Samples of 16 bits at the other rate; the last few may come with the next ones."""
        if self._by is None or not pcm:
            return pcm
        made = self._by.push(rtc.AudioFrame(pcm, self._rate, 1, len(pcm) // 2))
        return b"".join(bytes(frame.data) for frame in made)


class TellingMouth(Mouth):
    """What the agent says; tells when what was sent of it already must not be heard any more."""

    def __init__(self, cleared: Callable[[], None]) -> None:
        """Take who is told."""
        super().__init__()
        self._cleared = cleared

    def clear_buffer(self) -> None:
        """Fall silent at once."""
        super().clear_buffer()
        self._cleared()


class VoiceCall:
    """One call: what the caller sends is heard, what the agent says is sent in real time.

    Args:
        held: the call.
        home: the runtime directory of the runner.
        rate: samples a second, both ways.
        caller: who calls.
    """

    def __init__(self, held: HeldCall, home: Path, rate: int, caller: Caller) -> None:
        """Nothing is begun before `run`."""
        self._caller = caller
        self._held = held
        self._home = home
        self._inward, self._outward = Resampler(rate, RATE), Resampler(RATE, rate)
        self._ear = Ear()
        self._mouth = TellingMouth(lambda: self._signal({"type": "clear"}))
        self._heard = asyncio.get_running_loop().time()

    async def run(self) -> str:
        """Hold it until its end; why it ended.

        Raises:
            CannotStartError: the agent cannot be built.
        """
        held = self._held
        held.line.on_message = self._take
        held.tasks.spawn(self._listen())
        facts = CallFacts(caller=self._caller, id=held.id)
        talk = held.conversation(facts, channel="voice", sounds=Sounds(self._home / "sounds"))
        held.talk = talk
        held.line.send(Started(held.id))
        together = TranscriptSynchronizer(
            next_in_chain_audio=self._mouth, next_in_chain_text=Words()
        )
        try:
            await talk.prepare()
            self._watch(talk)
            held.tasks.spawn(self._run())
            await talk.start(
                audio_in=self._ear,
                audio_out=together.audio_output,
                text_out=together.text_output,
            )
            held.note()
            return await talk.ended
        finally:
            await together.aclose()

    async def _listen(self) -> None:
        """Hear the main process; where that is gone, nobody is there any more."""
        try:
            await self._held.line.listen()
        finally:
            self._held.end("shutdown")

    def _watch(self, talk: Conversation) -> None:
        """Say when somebody begins to speak."""
        with contextlib.suppress(RuntimeError):  # it cannot begin: `start` says why
            session = talk.session
            session.on("agent_state_changed", lambda e: self._speaking("agent", e.new_state))
            session.on("user_state_changed", lambda e: self._speaking("caller", e.new_state))

    def _speaking(self, who: str, state: str) -> None:
        if state == "speaking":
            self._signal({"type": "speaking", "who": who})

    def _signal(self, signal: dict[str, str]) -> None:
        self._held.line.send(Signal(self._held.id, signal))

    def _take(self, message: ToCall) -> None:
        """Do what the main process says."""
        match message:
            case Sound():
                self._heard = asyncio.get_running_loop().time()
                pcm = self._inward.push(base64.b64decode(message.pcm))
                self._ear.hear(np.frombuffer(pcm, np.int16))
            case Said():
                self._held.tasks.spawn(self._said(message))
            case End():
                self._held.end(message.reason)
            case Renew():
                self._held.renew(message)
            case Act() | Mean() | UseTool():
                self._held.act(message)

    async def _said(self, message: Said) -> None:
        """The caller has written something, or pressed keys."""
        talk = self._held.talk
        try:
            if talk is not None and message.keys is not None:
                await talk.press(message.keys)
            elif talk is not None:
                await talk.write(message.text)
        except RuntimeError:
            _log.debug("something was written while the call began or ended")

    async def _run(self) -> None:
        """Let time pass: what the agent says goes out as fast as it is spoken."""
        loop = asyncio.get_running_loop()
        due = loop.time()
        while True:
            # a machine that is late is waited for: never are two ticks of sound heard in one
            due = max(due + SECONDS, loop.time() - _LATE)
            await asyncio.sleep(max(0.0, due - loop.time()))
            if loop.time() - self._heard > _SILENT:
                self._ear.hear(np.zeros(TICK, np.int16))
            self._speak()

    def _speak(self) -> None:
        """Send what is heard of the agent in the next tick."""
        speaks = self._mouth.busy
        samples = self._mouth.next_tick()
        if speaks and (pcm := self._outward.push(samples.tobytes())):
            self._held.line.send(Sound(self._held.id, base64.b64encode(pcm).decode("ascii")))


async def hold(home: Path, call: str, rate: int, caller: Caller) -> None:
    """Hold a call until its end.

    Args:
        home: the runtime directory of the runner.
        call: its id.
        rate: samples a second, both ways.
        caller: who calls.
    """
    held = await HeldCall.connect(home, call)
    if held is None:
        return
    log_to_main(held.line)
    hide_in_logs(lambda: [held.talk])
    tracing.begin()
    reason = "error"
    with fake_job_context():
        # plugins ask services by LiveKit's session, which the process of a room's call has from it
        async with http_context.open():
            try:
                reason = await VoiceCall(held, home, rate, caller).run()
            except Exception as error:  # noqa: BLE001 - whatever a provider raises ends this call with one line in the log
                _log.error("a call ended: %s", str(error) or type(error).__name__)
                _log.debug("the error of the call", exc_info=error)
            await held.over(reason)
            await tracing.flush()
    await held.leave(reason)
