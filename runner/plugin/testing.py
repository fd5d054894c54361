"""A pytest suite for any model, speech recognition or voice: what a call will ask of it.

Subclass the suite of the kind in a test module and say how the object is made::

    from runner.plugin.testing import TTSSuite

    class TestParrot(TTSSuite):
        def make(self):
            return build(Options())

`broken` may make one whose service fails; without it the tests of failures are skipped. Each test
has an event loop of its own, closes what it made, and fails where a task is left behind. pytest and
livekit-agents are all that it needs.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager
from typing import Any, ClassVar

import pytest
from livekit import rtc
from livekit.agents import APIConnectOptions, APIError, llm, stt, tts

__all__ = ["LLMSuite", "STTSuite", "TTSSuite"]

_ONCE = APIConnectOptions(max_retry=0, timeout=10.0)
_LONG = "This sentence is said again and again. " * 50
_GRACE = 2.0
"""Seconds in which tasks have to end once all is closed."""
_MOMENT = 0.05
"""Seconds after which a service is being asked."""


class _Suite:
    """What the suites have in common.

    Attributes:
        patience: seconds that one test may take.
    """

    patience: ClassVar[float] = 30.0

    def make(self) -> Any:
        """Make the object, within a running event loop."""
        raise NotImplementedError

    def broken(self) -> Any:
        """Make one whose service fails; None: there is none."""
        return None

    @asynccontextmanager
    async def _made(self, make: Callable[[], Any] | None = None) -> AsyncIterator[Any]:
        made = (make or self.make)()
        try:
            yield made
        finally:
            await made.aclose()

    def _run(self, work: Coroutine[Any, Any, None]) -> None:
        async def whole() -> None:
            before = asyncio.all_tasks()
            async with asyncio.timeout(self.patience):
                await work
            left = asyncio.all_tasks() - before
            if left:
                await asyncio.wait(left, timeout=_GRACE)
            still = [task.get_name() for task in left if not task.done()]
            assert not still, f"tasks are left behind: {', '.join(still)}"

        asyncio.run(whole())

    def _run_broken(self, use: Callable[[Any], Coroutine[Any, Any, Any]]) -> None:
        async def work() -> None:
            made = self.broken()
            if made is None:
                pytest.skip("no broken service was given")
            try:
                with pytest.raises(APIError):
                    await use(made)
            finally:
                await made.aclose()

        self._run(work())

    def test_it_closes(self) -> None:
        """It can be closed without having been used, and closed again."""

        async def work() -> None:
            async with self._made() as made:
                await made.aclose()

        self._run(work())


class TTSSuite(_Suite):
    """For a voice."""

    async def _speak(self, voice: tts.TTS[Any], text: str) -> float:
        """Say a text; the seconds of its sound."""
        seconds = 0.0
        async with voice.synthesize(text, conn_options=_ONCE) as stream:
            async for event in stream:
                assert event.frame.sample_rate == voice.sample_rate
                assert event.frame.num_channels == voice.num_channels
                seconds += event.frame.duration
        return seconds

    def test_it_speaks(self) -> None:
        """A sentence becomes sound, in the rate and channels that it announces."""

        async def work() -> None:
            async with self._made() as voice:
                assert await self._speak(voice, "Good day.") > 0

        self._run(work())

    def test_it_speaks_a_stream(self) -> None:
        """Text that comes in pieces is spoken; where it does not stream itself, by sentences."""

        async def work() -> None:
            async with self._made() as voice:
                streaming = voice if voice.capabilities.streaming else tts.StreamAdapter(tts=voice)
                async with streaming.stream(conn_options=_ONCE) as stream:
                    for piece in ("Good ", "day. How ", "are you?"):
                        stream.push_text(piece)
                    stream.end_input()
                    frames = [event.frame async for event in stream]
                assert sum(frame.duration for frame in frames) > 0

        self._run(work())

    def test_interruption(self) -> None:
        """Who is interrupted stops at once, and can speak again."""

        async def work() -> None:
            async with self._made() as voice:
                stream = voice.synthesize(_LONG, conn_options=_ONCE)
                async for _ in stream:
                    break
                async with asyncio.timeout(_GRACE):
                    await stream.aclose()
                assert await self._speak(voice, "Here again.") > 0

        self._run(work())

    def test_nothing_to_say(self) -> None:
        """Blanks are no reason to hang, nor to raise anything but LiveKit's errors."""

        async def work() -> None:
            async with self._made() as voice:
                try:
                    await self._speak(voice, "  ")
                except APIError:
                    return

        self._run(work())

    def test_a_long_text(self) -> None:
        """A text of two thousand characters is spoken to its end, or refused as LiveKit does."""

        async def work() -> None:
            async with self._made() as voice:
                assert await self._speak(voice, _LONG) > await self._speak(voice, "Good day.")

        self._run(work())

    def test_several_at_once(self) -> None:
        """Several calls may speak at the same time."""

        async def work() -> None:
            async with self._made() as voice:
                texts = ("One.", "Two and more.", "Three.")
                lengths = await asyncio.gather(*(self._speak(voice, text) for text in texts))
                assert all(lengths)

        self._run(work())

    def test_failure(self) -> None:
        """A service that fails is one of LiveKit's API errors."""
        self._run_broken(lambda voice: self._speak(voice, "Good day."))


class STTSuite(_Suite):
    """For speech recognition.

    Attributes:
        words: what is said in `speech`, or a part of it.
    """

    words: ClassVar[str] = ""

    def speech(self) -> rtc.AudioFrame:
        """Something that is said; half a second of silence without it."""
        return rtc.AudioFrame(bytes(16_000), 16_000, 1, 8_000)

    async def _recognise(self, ears: stt.STT[Any]) -> str:
        """What it understands, by the way that it has."""
        if ears.capabilities.offline_recognize:
            event = await ears.recognize([self.speech()], conn_options=_ONCE)
            assert event.type is stt.SpeechEventType.FINAL_TRANSCRIPT
            return " ".join(each.text for each in event.alternatives)
        return await self._stream(ears)

    async def _stream(self, ears: stt.STT[Any]) -> str:
        heard: list[str] = []
        async with ears.stream(conn_options=_ONCE) as stream:
            stream.push_frame(self.speech())
            stream.end_input()
            async for event in stream:
                if event.type is stt.SpeechEventType.FINAL_TRANSCRIPT:
                    heard += [each.text for each in event.alternatives]
        return " ".join(heard)

    def test_it_understands(self) -> None:
        """What is said comes back as a final transcript."""

        async def work() -> None:
            async with self._made() as ears:
                assert self.words.lower() in (await self._recognise(ears)).lower()

        self._run(work())

    def test_it_understands_a_stream(self) -> None:
        """A stream of sound that ends has an end, and its words."""

        async def work() -> None:
            async with self._made() as ears:
                if not ears.capabilities.streaming:
                    pytest.skip("it does not stream")
                assert self.words.lower() in (await self._stream(ears)).lower()

        self._run(work())

    def test_giving_up(self) -> None:
        """Who gives up on it, before it is asked or while it is, is let go at once."""

        async def work() -> None:
            async with self._made() as ears:
                for moment in (0.0, _MOMENT):
                    task = asyncio.ensure_future(self._recognise(ears))
                    await asyncio.wait([task], timeout=moment)
                    task.cancel()
                    async with asyncio.timeout(_GRACE):
                        await asyncio.wait([task])
                assert self.words.lower() in (await self._recognise(ears)).lower()

        self._run(work())

    def test_several_at_once(self) -> None:
        """Several callers may be heard at the same time."""

        async def work() -> None:
            async with self._made() as ears:
                heard = await asyncio.gather(*(self._recognise(ears) for _ in range(3)))
                assert all(self.words.lower() in text.lower() for text in heard)

        self._run(work())

    def test_failure(self) -> None:
        """A service that fails is one of LiveKit's API errors."""
        self._run_broken(self._recognise)


@llm.function_tool
async def look_up(name: str) -> str:
    """Look a name up.

    Args:
        name: whose.
    """
    return name


class LLMSuite(_Suite):
    """For a language model.

    Attributes:
        question: what it answers with words.
        order: what it answers with a call of the tool `look_up`; nothing: this is not tested.
    """

    question: ClassVar[str] = "Hello."
    order: ClassVar[str] = ""

    async def _ask(self, model: llm.LLM[Any], text: str, *earlier: str) -> list[llm.ChatChunk]:
        context = llm.ChatContext.empty()
        context.add_message(role="system", content="You answer the phone.")
        for said in (*earlier, text):
            context.add_message(role="user", content=said)
        stream = model.chat(chat_ctx=context, tools=[look_up], conn_options=_ONCE)
        async with stream:
            return [chunk async for chunk in stream]

    def _words(self, chunks: list[llm.ChatChunk]) -> str:
        return "".join(chunk.delta.content or "" for chunk in chunks if chunk.delta)

    def test_it_answers(self) -> None:
        """A question is answered with words."""

        async def work() -> None:
            async with self._made() as model:
                assert self._words(await self._ask(model, self.question)).strip()

        self._run(work())

    def test_it_calls_tools(self) -> None:
        """A call of a tool has its name, an id, and arguments that are JSON."""

        async def work() -> None:
            async with self._made() as model:
                if not self.order:
                    pytest.skip("no order was given")
                chunks = await self._ask(model, self.order)
                calls = [call for c in chunks if c.delta for call in c.delta.tool_calls]
                assert [call.name for call in calls] == ["look_up"]
                assert calls[0].call_id
                assert isinstance(json.loads(calls[0].arguments), dict)

        self._run(work())

    def test_interruption(self) -> None:
        """Who is interrupted stops at once, and can answer again."""

        async def work() -> None:
            async with self._made() as model:
                context = llm.ChatContext.empty()
                context.add_message(role="user", content=self.question)
                stream = model.chat(chat_ctx=context, conn_options=_ONCE)
                async for _ in stream:
                    break
                async with asyncio.timeout(_GRACE):
                    await stream.aclose()
                assert self._words(await self._ask(model, self.question)).strip()

        self._run(work())

    def test_nothing_was_said(self) -> None:
        """An empty conversation is answered, or refused by one of LiveKit's errors."""

        async def work() -> None:
            async with self._made() as model:
                stream = model.chat(chat_ctx=llm.ChatContext.empty(), conn_options=_ONCE)
                try:
                    async with stream:
                        async for _ in stream:
                            pass
                except APIError:
                    return

        self._run(work())

    def test_a_long_conversation(self) -> None:
        """A hundred earlier sentences are no hindrance."""

        async def work() -> None:
            async with self._made() as model:
                earlier = [f"Sentence {number}." for number in range(100)]
                assert self._words(await self._ask(model, self.question, *earlier)).strip()

        self._run(work())

    def test_several_at_once(self) -> None:
        """Several calls may ask at the same time."""

        async def work() -> None:
            async with self._made() as model:
                answers = await asyncio.gather(*(self._ask(model, self.question) for _ in range(3)))
                assert all(self._words(answer).strip() for answer in answers)

        self._run(work())

    def test_failure(self) -> None:
        """A service that fails is one of LiveKit's API errors."""
        self._run_broken(lambda model: self._ask(model, self.question))
