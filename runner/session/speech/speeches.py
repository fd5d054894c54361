"""What is known of words before they are spoken."""

from __future__ import annotations

from typing import Any
from weakref import WeakKeyDictionary, WeakSet

from livekit import rtc
from livekit.agents.voice import SpeechHandle

from runner.session.speech.ahead import Ahead
from runner.session.speech.early import Early
from runner.session.values.templates import FixedWords


class Speeches:
    """Which of LiveKit's speeches have fixed words, and what the first ones were asked early.

    Attributes:
        sound: of the first words, while nobody has begun to speak them.
        reply: of the model, while nobody has asked for it.
        ahead: the sound of that reply, while nobody has begun to speak it.
        settled: LiveKit's session listens to its models: nothing is asked early any more.
    """

    def __init__(self) -> None:
        """Nothing is being said."""
        self._fixed: WeakSet[SpeechHandle] = WeakSet()
        self._sounds: WeakKeyDictionary[SpeechHandle, Early[rtc.AudioFrame]] = WeakKeyDictionary()
        self.sound: Early[rtc.AudioFrame] | None = None
        self.reply: Early[Any] | None = None
        self.ahead: Ahead | None = None
        self.settled = False

    @property
    def asked(self) -> list[Any]:
        """LiveKit's objects that are being asked already."""
        return [each for early in (self.sound, self.reply) if early for each in early.asks]

    def begun(self, speech: SpeechHandle, text: str) -> None:
        """A speech with these words has begun."""
        if isinstance(text, FixedWords):
            self._fixed.add(speech)
        if self.sound is not None and self.sound.question == text:
            self._sounds[speech], self.sound = self.sound, None

    def is_fixed(self, speech: SpeechHandle | None) -> bool:
        """Whether the words of a speech are the same in each call."""
        return speech in self._fixed

    def early_sound(self, speech: SpeechHandle | None) -> Early[rtc.AudioFrame] | None:
        """The sound of a speech that was asked for early."""
        return self._sounds.pop(speech, None) if speech is not None else None

    async def early_reply(self, wanted: Any) -> Early[Any] | None:
        """The reply to the same request, where it was asked for early; else it is let go."""
        reply, self.reply = self.reply, None
        if reply is None or reply.question == wanted:
            return reply
        ahead, self.ahead = self.ahead, None
        for early in (reply, ahead):
            if early is not None:
                early.settle()
                await early.aclose()
        return None

    def sound_ahead(self, voice: Any) -> Ahead | None:
        """The sound of the model's first reply in a voice, once that reply is to be spoken."""
        ahead = self.ahead
        if self.reply is not None or ahead is None or ahead.voice != voice:
            return None
        self.ahead = None
        return ahead

    def settle(self) -> None:
        """LiveKit's session listens to its models from now on."""
        self.settled = True
        for early in (self.sound, self.reply, self.ahead):
            if early is not None:
                early.settle()

    async def aclose(self) -> None:
        """Let go of what nobody has wanted."""
        unheard = (self.sound, self.reply, self.ahead, *self._sounds.values())
        self.sound = self.reply = self.ahead = None
        for early in unheard:
            if early is not None:
                await early.aclose()
