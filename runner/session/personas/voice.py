"""Words on their way to the voice of a persona."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, AsyncIterable, Callable, Sequence
from contextlib import aclosing, suppress
from dataclasses import dataclass
from functools import partial
from typing import Any

from livekit import rtc
from livekit.agents import APIConnectOptions, tokenize, tts
from livekit.agents.utils import aio

from runner.session.call import Call
from runner.session.models.nodes import Node, through
from runner.session.personas.models import choice
from runner.session.speech.sounds import KeptVoice, remembered

Speak = Callable[[AsyncIterable[str], Any], Any]
"""LiveKit's own node: words and model settings → frames."""

Nodes = Sequence[tuple[str, Node]]


@dataclass(frozen=True, slots=True)
class PersonaVoice:
    """The way of a persona's words to its voice.

    Attributes:
        call: whose words they are.
        persona: who speaks.
        nodes: the author's.
        speak: asks the voice.
    """

    call: Call
    persona: str
    nodes: Nodes
    speak: Speak

    async def heard(
        self, text: AsyncIterable[str], settings: Any
    ) -> AsyncGenerator[rtc.AudioFrame, None]:
        """The sound of LiveKit's current speech: what is there already, or what is asked for."""
        speech, speeches = self.call.session.current_speech, self.call.speeches
        early, fixed = speeches.early_sound(speech), speeches.is_fixed(speech)
        ahead = speeches.sound_ahead(self.name) if speeches.ahead is not None else None

        def asked(words: AsyncIterable[str]) -> AsyncGenerator[rtc.AudioFrame, None]:
            return self.sound(words, settings, fixed=fixed)

        if early is not None:
            frames = early.pieces(lambda: asked(text))
        else:
            frames = ahead.frames(text, asked) if ahead is not None else asked(text)
        async with aclosing(frames):
            async for frame in frames:
                yield frame

    @property
    def name(self) -> Any:
        """What tells who speaks, and by which voice, from others."""
        release, spoken = self.call.bound.release, self.call.bound.context.spoken
        return self.persona, self.call.bound.models.get(
            "tts", choice(release, self.persona, "tts", spoken)
        )

    def sound(
        self, text: AsyncIterable[str], settings: Any, *, fixed: bool
    ) -> AsyncGenerator[rtc.AudioFrame, None]:
        """The sound of words, through the author's nodes.

        Args:
            text: the words.
            settings: LiveKit's model settings.
            fixed: whether they are the same in each call: then they sound as the first time.
        """
        return through(self.nodes, partial(self._voiced, fixed=fixed), text, settings)

    def _voiced(self, text: AsyncIterable[str], settings: Any, *, fixed: bool) -> Any:
        models, sounds = self.call.bound.models, self.call.sounds
        spoken = self.call.bound.context.spoken
        names = choice(self.call.bound.release, self.persona, "tts", spoken)
        voice = models.voice(names) if fixed and sounds is not None and names else None
        if voice is None or sounds is None:
            return self.speak(text, settings)
        return remembered(
            KeptVoice(sounds, voice, usable=lambda: models.first_spoke(names)),
            text,
            lambda words: through((), self.speak, words, settings),
        )


async def synthesised(
    voice: tts.TTS[Any], text: AsyncIterable[str], conn_options: APIConnectOptions
) -> AsyncGenerator[rtc.AudioFrame, None]:
    """What LiveKit's node does, where no persona speaks yet."""
    streaming = voice.capabilities.streaming
    tokenizer = tokenize.blingfire.SentenceTokenizer(retain_format=True)
    streamed = voice if streaming else tts.StreamAdapter(tts=voice, sentence_tokenizer=tokenizer)
    try:
        async with streamed.stream(conn_options=conn_options) as stream:
            giving = asyncio.create_task(_give(text, stream))
            try:
                async for event in stream:
                    yield event.frame
                await giving
            finally:
                await aio.cancel_and_wait(giving)
    finally:
        if streamed is not voice:
            await streamed.aclose()


async def _give(text: AsyncIterable[str], stream: tts.SynthesizeStream) -> None:
    try:
        async for piece in text:
            stream.push_text(piece)
    finally:
        with suppress(RuntimeError):  # it is closed already
            stream.end_input()
