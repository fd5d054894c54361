"""What speech recognition says of the caller's words, besides the words.

LiveKit hands on the words alone; how sure they are, when they were said, and by whom, is noted as
it comes, and belongs to the caller's turn that holds the words.
"""

from __future__ import annotations

import functools
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from weakref import WeakSet

from livekit.agents import stt

_MOST = 100
"""Pieces of speech that no turn has held."""


@dataclass(frozen=True, slots=True)
class Recognition:
    """What is known of words; None where it was not said.

    Attributes:
        confidence: how sure the words are, from 0 to 1.
        start: seconds of the call's sound at which they began.
        end: and at which they ended.
        speaker: who said them, where one person did.
    """

    confidence: float | None = None
    start: float | None = None
    end: float | None = None
    speaker: str | None = None


class Recognised:
    """Notes what is recognised in one call."""

    def __init__(self) -> None:
        """Nothing has been said."""
        self._pieces: deque[stt.SpeechData] = deque(maxlen=_MOST)
        self._noted: WeakSet[Any] = WeakSet()

    def note(self, made: Any) -> Any:
        """Note what an object of LiveKit's recognises; gives the same object."""
        if isinstance(made, stt.STT) and made not in self._noted:
            self._noted.add(made)
            whole: Any = made
            whole.stream = self._streaming(made.stream)
            whole.recognize = self._recognising(made.recognize)
        return made

    def of(self, text: str) -> Recognition:
        """What is known of the words of a turn, which are noted no longer."""
        words, own = text, []
        for piece in tuple(self._pieces):
            _, heard, after = words.partition(piece.text.strip())
            if heard:
                own.append(piece)
                words = after
        if own:
            while self._pieces and self._pieces.popleft() is not own[-1]:
                pass
        return _together(own)

    def _streaming(self, ask: Callable[..., Any]) -> Callable[..., Any]:
        @functools.wraps(ask)
        def stream(*arguments: Any, **named: Any) -> Any:
            made = ask(*arguments, **named)
            events = made._event_ch  # noqa: SLF001 - LiveKit tells these events to nobody but itself
            send = events.send_nowait

            def sent(event: Any) -> None:
                self._heard(event)
                send(event)

            events.send_nowait = sent
            return made

        return stream

    def _recognising(self, ask: Callable[..., Any]) -> Callable[..., Any]:
        @functools.wraps(ask)
        async def recognize(*arguments: Any, **named: Any) -> Any:
            event = await ask(*arguments, **named)
            self._heard(event)
            return event

        return recognize

    def _heard(self, event: Any) -> None:
        if getattr(event, "type", None) is stt.SpeechEventType.FINAL_TRANSCRIPT:
            self._pieces += [each for each in event.alternatives[:1] if each.text.strip()]


def _together(pieces: list[stt.SpeechData]) -> Recognition:
    """What is known of a turn that was recognised in pieces."""
    sure = [piece.confidence for piece in pieces if piece.confidence]
    timed = [piece for piece in pieces if piece.end_time > 0]
    speakers = {piece.speaker_id for piece in pieces if piece.speaker_id}
    return Recognition(
        confidence=round(sum(sure) / len(sure), 4) if sure else None,
        start=round(timed[0].start_time, 3) if timed else None,
        end=round(timed[-1].end_time, 3) if timed else None,
        speaker=speakers.pop() if len(speakers) == 1 else None,
    )
