"""The first speech of a call, in which the caller's device learns the echo of the agent's voice.

LiveKit's own warm-up gives STT silence meanwhile, so that the caller's words are lost. Here they
are heard, do not interrupt, and are answered when the speech is over.
"""

from __future__ import annotations

from contextlib import suppress

from livekit.agents.voice import SpeechHandle

from runner.session.call import Call
from runner.session.clock import Timer
from runner.session.observers.overheard import Overheard

USUAL = 3.0
"""Seconds of it, as LiveKit has them."""

_PHONES = frozenset({"sip", "connector"})
"""Callers whose network has removed the echo."""

_REASON = "warm-up"


class WarmUp:
    """Keeps the first speech from being interrupted by its echo.

    Args:
        call: the call, by voice.
        overheard: keeps what the caller says meanwhile.
    """

    def __init__(self, call: Call, overheard: Overheard) -> None:
        """Wait for the first speech."""
        self._call, self._overheard = call, overheard
        self._begun = False
        self._speech: SpeechHandle | None = None
        self._timer: Timer | None = None

    @property
    def seconds(self) -> float:
        """How long it takes in this call."""
        turns = self._call.bound.release.agent.turn_taking
        if turns is not None and turns.warm_up is not None:
            return turns.warm_up
        return 0.0 if self._call.bound.context["caller"].kind in _PHONES else USUAL

    def speaking(self) -> None:
        """The agent begins to speak; only the first time counts."""
        speech = self._call.session.current_speech
        if self._begun or speech is None:
            return
        self._begun = True
        if self._call.persona.speech is not None:
            return  # what it hears is no text that could wait
        if not self.seconds or not speech.allow_interruptions or speech.interrupted:
            return
        self._speech, speech.allow_interruptions = speech, False
        self._overheard.learning = True
        self._overheard.listen(_REASON)
        self._timer = self._call.clock.later(self.seconds, self.end)
        speech.add_done_callback(lambda _: self.end())

    def end(self) -> None:
        """The echo is learnt, or the speech is over, or the caller writes."""
        if self._speech is None:
            return
        speech, self._speech = self._speech, None
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        with suppress(RuntimeError):
            speech.allow_interruptions = True
        self._overheard.learning = False
        self._overheard.stop_listening(_REASON)
