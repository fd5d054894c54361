"""The first words of a call, which are asked for while its room is being joined."""

from __future__ import annotations

from collections.abc import AsyncGenerator, AsyncIterable
from contextlib import aclosing
from typing import Any

from livekit.agents import ModelSettings, llm, tts
from livekit.agents.utils import aio
from livekit.agents.voice.agent_session import SessionConnectOptions
from livekit.agents.voice.transcription.text_transforms import _apply_text_transforms

from runner.egress.mask import MaskedStream
from runner.schema.actions import Instruct, Play, Say
from runner.schema.types.by_language import in_language
from runner.session.call import Call
from runner.session.personas.early_reply import request
from runner.session.personas.models import choice, models_of, nodes_of
from runner.session.personas.persona import LivePersona
from runner.session.personas.voice import PersonaVoice, synthesised
from runner.session.settings.speaking import SpeakingOptions, can_be_steered, speaking_options
from runner.session.speech.ahead import Ahead
from runner.session.speech.early import Early
from runner.session.speech.sounds import once
from runner.session.values.templates import FixedWords


def ask_voice(call: Call, *, known: bool) -> None:
    """Ask the voice of the first persona for its first words, where these are known.

    Args:
        call: nothing of it need be built: the voice is the first thing, since it takes longest.
        known: whether all is known that templates may name; else only fixed words are asked for.

    Raises:
        CannotStartError: a provider cannot be built.
    """
    name, speeches = call.speaking, call.speeches
    words = _first(call)
    if call.channel != "voice" or speeches.sound is not None or not isinstance(words, Say):
        return
    template = in_language(words.say, call.bound.context.spoken)[0]
    if not known and (words.condition is not None or not call.bound.context.is_fixed(template)):
        return
    if not call.bound.renderer.is_true(words.condition):
        return
    text = call.bound.renderer.coming(words.say)
    names = choice(call.bound.release, name, "tts", call.bound.context.spoken)
    voice = call.bound.models.get("tts", names) if names else None
    if text and isinstance(voice, tts.TTS):
        speeches.sound = Early(text, _sound(call, name, voice, text), (voice,))


def _sound(call: Call, name: str, voice: tts.TTS[Any], text: str) -> AsyncGenerator[Any, None]:
    """The sound of words, by the same way as those of a persona that speaks already."""
    source = _apply_text_transforms(once(text), _manner(call, name).transforms)
    way = _way(call, name, voice)
    return way.sound(source, ModelSettings(), fixed=isinstance(text, FixedWords))


def _way(call: Call, name: str, voice: tts.TTS[Any]) -> PersonaVoice:
    options = SessionConnectOptions().tts_conn_options

    def speak(words: Any, _settings: Any) -> AsyncGenerator[Any, None]:
        return synthesised(voice, words, options)

    return PersonaVoice(call, name, nodes_of(call, name).get("tts", ()), speak)


def _manner(call: Call, name: str) -> SpeakingOptions:
    release, render = call.bound.release, call.bound.renderer.text
    return speaking_options(release.agent, release.personas.get(name), render)


def ask_model(call: Call, persona: LivePersona) -> None:
    """Ask the model for its first words, where the first persona greets in words of its own."""
    words = _first(call)
    model = models_of(call, call.speaking).get("llm")
    if (
        call.speeches.reply is not None
        or not isinstance(words, Instruct)
        or not isinstance(model, llm.LLM)
        or persona.nodes.get("llm")
        or _is_steered(call)
        or not call.bound.renderer.is_true(words.condition)
    ):
        return
    text = call.bound.renderer.text(words.instructions)
    chat, tools, settings = persona.first_request(text)
    options = call.session.conn_options.llm_conn_options
    wanted, told = request(chat, tools, settings), aio.Chan[str]()
    masked = MaskedStream(call.bound.models.hidden)
    pieces = _overheard(_reply(model, chat, tools, options), masked, told)
    call.speeches.reply = Early(wanted, pieces, (model,), _has_words)
    call.speeches.ahead = _ahead(call, told)


def _ahead(call: Call, words: AsyncIterable[str]) -> Ahead | None:
    """Have the voice of the first persona speak the reply as it comes; nobody hears it yet."""
    name = call.speaking
    voice = models_of(call, name).get("tts")
    if call.channel != "voice" or not isinstance(voice, tts.TTS):
        return None
    way = _way(call, name, voice)
    transformed = _apply_text_transforms(words, _manner(call, name).transforms)

    def speak(words: AsyncIterable[str]) -> AsyncGenerator[Any, None]:
        return way.sound(words, ModelSettings(), fixed=False)

    return Ahead(way.name, transformed, speak, (voice,))


def _is_steered(call: Call) -> bool:
    """Whether LiveKit tells the model more than is known here: how it steers the voice."""
    voice = models_of(call, call.speaking).get("tts")
    expressive = _manner(call, call.speaking).expressive is not False
    return expressive and call.channel == "voice" and can_be_steered(voice)


async def _reply(
    model: llm.LLM[Any], chat: llm.ChatContext, tools: list[llm.Tool], options: Any
) -> AsyncGenerator[llm.ChatChunk, None]:
    async with model.chat(chat_ctx=chat, tools=tools, conn_options=options) as stream:
        async for chunk in stream:
            yield chunk


async def _overheard(
    reply: AsyncGenerator[llm.ChatChunk, None], masked: MaskedStream, words: aio.Chan[str]
) -> AsyncGenerator[llm.ChatChunk, None]:
    """A reply, with its words told as they come; they end only where it is whole."""
    async with aclosing(reply):
        async for chunk in reply:
            content = chunk.delta.content if chunk.delta is not None else None
            if content and (shown := masked.feed(content)):
                words.send_nowait(shown)
            yield chunk
    if rest := masked.rest():
        words.send_nowait(rest)
    words.close()


def _has_words(chunk: llm.ChatChunk) -> bool:
    return bool(chunk.has_response())


def _first(call: Call) -> Say | Instruct | Play | None:
    """What the first persona says first; nothing where the talk goes on from elsewhere."""
    if call.history is not None:
        return None
    before = call.recording.notice or call.recording.question
    return before or call.bound.release.personas[call.speaking].greeting
