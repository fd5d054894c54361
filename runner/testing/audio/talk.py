"""A talk in which both speak: what a test with `mode: audio` goes by."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, ClassVar, Final

from livekit.agents.voice.transcription import TranscriptSynchronizer

from runner.egress.providers import USUAL_NETWORK, ProviderNetwork
from runner.egress.secrets import Secrets
from runner.link.cases import TestCase
from runner.link.release import AgentRelease
from runner.session.call import Channel
from runner.session.speech.ends import Words
from runner.session.speech.samples import SECONDS
from runner.testing.audio.line import Line
from runner.testing.audio.voice import CallerVoice
from runner.testing.talk import Talk, TimedTurn
from runner.testing.turn import TurnRecord

_REST: Final = round(0.5 / SECONDS)
"""Ticks without a word and without work after which a turn is over."""

_OPENING: Final = round(2.0 / SECONDS)
"""Ticks for which a caller whom nobody greets waits before they speak."""

_PATIENCE: Final = round(12.0 / SECONDS)
"""Ticks after which an agent that has understood nothing is not waited for."""

_WORKING: Final = frozenset({"initializing", "thinking", "speaking"})


class NothingToInterruptError(Exception):
    """The caller could not speak over the agent, which was silent; the message says why."""


@dataclass
class SpokenTurn(TimedTurn):
    """A turn as it goes on, in ticks of the line.

    Attributes:
        spoke: when the caller began to speak.
        first: when they had said it.
        last: when the turn was over; None while it goes on.
    """

    spoke: int = 0
    first: int = 0
    last: int | None = None


class AudioTalk(Talk):
    """One talk aloud, in real time. It needs an event loop whose clock nobody puts forward.

    Args:
        case: as in `Talk`; also how the caller sounds.
        release: the agent.
        secrets: of providers and of services that are really asked.
        network: how providers that are services are reached.
        keep: a file to which the sound of the talk is written.
    """

    _channel: ClassVar[Channel] = "voice"
    _kind: ClassVar[str] = "standard"

    def __init__(
        self,
        case: TestCase,
        release: AgentRelease,
        secrets: Secrets,
        network: ProviderNetwork = USUAL_NETWORK,
        keep: Path | None = None,
    ) -> None:
        """Begin nothing yet."""
        super().__init__(case, release, secrets, network)
        self._voice = CallerVoice(case, release, secrets, network)
        self._keep = keep
        self._line = Line()
        self._together: TranscriptSynchronizer | None = None
        self._understood = True
        self._over_words = False

    async def start(self, *, answered: bool = True) -> None:
        """Call the agent, and hear its greeting.

        Args:
            answered: whether it is heard to its end.

        Raises:
            CannotStartError: it cannot be built.
            SoundError: the noise cannot be read.
        """
        self._line = Line(self._voice.noise())
        self._talk = self._conversation()
        together = TranscriptSynchronizer(
            next_in_chain_audio=self._line.mouth, next_in_chain_text=Words()
        )
        self._together = together
        self._line.begin()
        self._begin()
        await self._talk.start(
            telephone=self._telephone(),
            audio_in=self._line.ear,
            audio_out=together.audio_output,
            text_out=together.text_output,
        )
        await self._answered(answered)

    async def user(
        self,
        words: str,
        *,
        interrupts: float | None = None,
        recording: str | None = None,
        answered: bool = True,
    ) -> None:
        """Say something, and hear the answer.

        Args:
            words: what.
            interrupts: seconds after the agent has begun to speak, over its words.
            recording: a file in which somebody says it.
            answered: whether the answer is heard to its end.

        Raises:
            CannotStartError: the caller's voice cannot be built.
            NothingToInterruptError: the agent did not speak long enough.
            SoundError: there is nothing to play.
        """
        sound = (
            self._voice.recording(recording) if recording else await self._voice.say(words)
        )  # fmt: skip
        if interrupts is not None:
            await self._cut_in(interrupts)
        turn = self._begin()
        self._over_words = interrupts is not None
        self._understood = False
        await self._line.say(sound)
        heard = self._line.caller_heard
        turn.first = next((n + 1 for n in range(len(heard) - 1, -1, -1) if heard[n]), len(heard))
        await self._answered(answered)

    async def silence(self, seconds: float) -> None:
        """Say nothing for so long."""
        self._begin()
        await self._line.wait(seconds)
        await self._answered(True)

    async def press(self, keys: str) -> None:
        """Press keys of the telephone, one after the other, and hear what comes of it."""
        self._begin()
        await self._on.press(keys)
        await self._answered(True)

    async def hang_up(self) -> None:
        """Hang up."""
        self._begin()
        await self._on.end("caller_left")
        self._close()

    async def aclose(self) -> None:
        """End it, whatever it does, and keep its sound."""
        try:
            await super().aclose()
        finally:
            await self._line.aclose()
            await self._voice.aclose()
            if self._together is not None:
                await self._together.aclose()
        if self._keep is not None:
            await asyncio.to_thread(self._line.write, self._keep)

    @property
    def waits(self) -> list[float]:
        """Seconds that the caller waited for the first word of each answer to what they said."""
        spoken = [t for t in self._turns if isinstance(t, SpokenTurn) and t.first > t.spoke]
        answers = (self._record([turn]).first_word for turn in spoken)
        return [seconds for seconds in answers if seconds]  # none: the agent spoke on, or nothing

    def _begin(self) -> SpokenTurn:
        self._close()
        now = self._line.now
        turn = SpokenTurn(0.0, spoke=now, first=now)
        turn.tokens = -self._tokens()
        self._turns.append(turn)
        return turn

    def _close(self) -> None:
        """What the last turn was ends now."""
        turn = self._turns[-1] if self._turns else None
        if isinstance(turn, SpokenTurn) and turn.last is None:
            turn.last = self._line.now
            turn.tokens += self._tokens()

    async def _cut_in(self, seconds: float) -> None:
        """Wait until the agent has spoken for so long."""
        line, turn = self._line, self._turns[-1]
        assert isinstance(turn, SpokenTurn)  # noqa: S101 - all turns of this talk are
        patient = line.now + _PATIENCE

        def begun() -> int | None:
            heard = line.agent_heard
            return next((n for n in range(turn.first, len(heard)) if heard[n]), None)

        await line.until(lambda: begun() is not None or line.now >= patient or bool(self.ended))
        start = begun()
        if start is None:
            raise NothingToInterruptError("the agent said nothing that could be interrupted")
        due = start + round(seconds / SECONDS)
        await line.until(lambda: line.now >= due or not line.mouth.busy)
        if line.now < due:
            spoken = (line.now - start) * SECONDS
            too_short = (
                f"the agent spoke for {spoken:.1f} s only, so that nobody could interrupt it"
            )
            raise NothingToInterruptError(f"{too_short} after {seconds:g} s")

    async def _answered(self, answered: bool) -> None:
        """Wait until the agent has understood, and has said and done all; where it is heard."""
        if not answered:
            return
        line = self._line
        still, patient = line.now, line.now + _PATIENCE
        while self.ended is None:
            await self._unless_ended(self._on.quiet())
            rest = _REST if len(self._turns) > 1 or self.events else _OPENING
            if self._working():
                still = line.now
            elif line.now - still >= rest and (self._understood or line.now >= patient):
                break
            seen = line.now
            await line.until(lambda now=seen: line.now > now)  # type: ignore[misc]  # a default binds it
        self._close()

    async def _unless_ended(self, work: Coroutine[Any, Any, None]) -> None:
        """Wait for something, at most until the call has ended."""
        waiting: asyncio.Future[Any] = asyncio.get_running_loop().create_task(work)
        await asyncio.wait({waiting, self._on.ended}, return_when=asyncio.FIRST_COMPLETED)
        waiting.cancel()
        # LiveKit cancels who waits for the end of a turn when the caller speaks on
        await asyncio.gather(waiting, return_exceptions=True)

    def _working(self) -> bool:
        session = self._on.session
        speaks = session.user_state == "speaking" or session.agent_state in _WORKING
        return speaks or self._line.mouth.busy

    def _heard(self, event: dict[str, Any]) -> None:
        """What comes before words are understood that were spoken over others is theirs."""
        if event["type"] == "message" and event["role"] == "user":
            self._understood, self._over_words = True, False
        turn = self._turns[-2 if self._over_words and len(self._turns) > 1 else -1]
        turn.events.append(event)

    def _record(self, turns: list[TimedTurn]) -> TurnRecord:
        spoken = [turn for turn in turns if isinstance(turn, SpokenTurn)]
        for turn in spoken:
            self._measure(turn)
        record = super()._record(turns)
        return replace(record, silence=max(map(self._silence, spoken), default=0.0))

    def _measure(self, turn: SpokenTurn) -> None:
        """Work out its times in seconds, by what was heard on the line."""
        line = self._line
        last = line.now if turn.last is None else turn.last
        sounds = [n for n in range(turn.first, last) if line.agent_heard[n]]
        turn.began = turn.first * SECONDS
        turn.heard = [sounds[0] * SECONDS] if sounds else []
        turn.ended = (sounds[-1] + 1 if sounds else max(last, turn.first)) * SECONDS
        cut = next((n for n in line.cuts if turn.spoke <= n <= last), None)
        turn.interrupted = cut is not None
        if cut is not None:
            over = [n for n in range(turn.spoke, cut) if line.agent_heard[n]]
            turn.stopped = (over[-1] + 1 - turn.spoke) * SECONDS if over else 0.0

    def _silence(self, turn: SpokenTurn) -> float:
        """The longest time of a turn in which nobody was heard, up to the agent's last sound."""
        line, longest, length = self._line, 0, 0
        for n in range(turn.first, round(turn.ended / SECONDS)):
            length = 0 if line.agent_heard[n] or line.caller_heard[n] else length + 1
            longest = max(longest, length)
        return longest * SECONDS
