"""Each check of the suites for plugins fails on a plugin that has its fault."""

from __future__ import annotations

import asyncio

import pytest
from livekit import rtc
from livekit.agents import APIConnectionError, llm, stt, tts

from runner.plugin.testing import LLMSuite, STTSuite, TTSSuite

RATE = 24_000


class Service:
    """What the three plugins ask; its faults are names."""

    def __init__(self, faults):
        self.faults = faults
        self.asked = 0

    async def ask(self, *, stays=False):
        """Answer, as the faults want it."""
        if "away" in self.faults:
            raise APIConnectionError("away")
        if "a bug" in self.faults:
            raise RuntimeError("a bug")
        self.asked += 1
        try:
            if "one at a time" in self.faults and self.asked > 1:
                raise RuntimeError("busy")
            if stays and "stubborn" in self.faults:
                await self.refuse_to_stop()
            await asyncio.sleep(0)
            if stays and "stubborn once asked" in self.faults:
                await self.refuse_to_stop()
        finally:
            self.asked -= 1

    async def refuse_to_stop(self):
        """Go on after the first cancellation."""
        never = asyncio.Event()
        try:
            await never.wait()
        except asyncio.CancelledError:
            await never.wait()


class Closing:
    """How it closes."""

    closed = False

    async def aclose(self):
        """Close it."""
        if "leaves a task" in self.service.faults:
            self.task = asyncio.get_running_loop().create_task(asyncio.sleep(60), name="left")
        assert not (self.closed and "closes once" in self.service.faults), "closed twice"
        self.closed = True
        await super().aclose()


class Voice(Closing, tts.TTS):
    """A hundredth of a second of silence for each letter."""

    def __init__(self, *faults):
        super().__init__(
            capabilities=tts.TTSCapabilities(
                streaming=bool({"claims to stream", "mute in a stream"} & {*faults})
            ),
            sample_rate=RATE,
            num_channels=1,
        )
        self.service = Service(faults)

    def synthesize(self, text, *, conn_options):
        """Say it."""
        return Saying(tts=self, input_text=text, conn_options=conn_options)

    def stream(self, *, conn_options):
        """Say a stream, where it claims to."""
        if "mute in a stream" in self.service.faults:
            return SayingNothing(tts=self, conn_options=conn_options)
        return super().stream(conn_options=conn_options)


class Saying(tts.ChunkedStream):
    """One text that is said."""

    async def _run(self, output_emitter):
        service = self._tts.service
        blank = not self.input_text.strip()
        if blank and "blanks are a bug" in service.faults:
            raise RuntimeError("a bug")
        if blank and "hangs on blanks" in service.faults:
            await asyncio.Event().wait()
        output_emitter.initialize(
            request_id="one",
            sample_rate=16_000 if "another rate" in service.faults else RATE,
            num_channels=2 if "two channels" in service.faults else 1,
            mime_type="audio/pcm",
        )
        letters = 50 if "cuts off" in service.faults else len(self.input_text)
        if "mute" not in service.faults:
            output_emitter.push(bytes(letters * RATE // 100 * 2))
        await service.ask(stays=len(self.input_text) > 100)
        output_emitter.flush()


class SayingNothing(tts.SynthesizeStream):
    """One stream that is not said."""

    async def _run(self, _output_emitter):
        raise NotImplementedError  # `_main_task` is all of it

    async def _main_task(self):
        async for _ in self._input_ch:
            pass
        self._event_ch.close()


class Ears(Closing, stt.STT):
    """Understand "good day"."""

    def __init__(self, *faults):
        super().__init__(
            capabilities=stt.STTCapabilities(
                streaming=True, interim_results=True, offline_recognize=True
            )
        )
        self.service = Service(faults)

    def heard(self, words, *, streamed=False):
        """The words, or others."""
        faults = self.service.faults
        wrong = "mute" in faults or (streamed and "mute in a stream" in faults)
        interim = "only guesses" in faults or (streamed and "never final" in faults)
        kind = stt.SpeechEventType
        return stt.SpeechEvent(
            type=kind.INTERIM_TRANSCRIPT if interim else kind.FINAL_TRANSCRIPT,
            alternatives=[stt.SpeechData(language="en", text="" if wrong else words)],
        )

    async def _recognize_impl(self, buffer, **_):
        frames = buffer if isinstance(buffer, list) else [buffer]
        await self.service.ask(stays=True)
        return await self.understood(frames)

    async def understood(self, frames, *, streamed=False):
        """What is said in some frames, as the faults want it."""
        faults, loud = self.service.faults, any(any(frame.data) for frame in frames)
        if not loud and "hangs on silence" in faults:
            await asyncio.Event().wait()
        if not frames and "an empty stream is a bug" in faults:
            raise IndexError("list index out of range")
        if not loud and "silence is a bug" in faults:
            raise RuntimeError("a bug")
        seconds = sum(frame.duration for frame in frames)
        if seconds > 10 and "gives up early" in faults:
            return self.heard("")
        return self.heard("Good day." if loud else "", streamed=streamed)

    def stream(self, *, conn_options, **_):
        """Hear a stream."""
        return Hearing(stt=self, conn_options=conn_options)


class Hearing(stt.RecognizeStream):
    """One stream that is heard."""

    async def _run(self):
        sound = self._FlushSentinel
        frames = [each async for each in self._input_ch if not isinstance(each, sound)]
        if "hangs at the end" in self._stt.service.faults:
            await asyncio.Event().wait()
        await self._stt.service.ask()
        self._event_ch.send_nowait(await self._stt.understood(frames, streamed=True))


class Model(Closing, llm.LLM):
    """Answer with words, or with a call of the tool where "Ann" is spoken of."""

    def __init__(self, *faults):
        super().__init__()
        self.service = Service(faults)

    def chat(self, *, chat_ctx, tools=None, conn_options, **_):
        """Answer."""
        return Answer(self, chat_ctx=chat_ctx, tools=tools or [], conn_options=conn_options)


class Answer(llm.LLMStream):
    """One answer."""

    async def _run(self):
        faults = self._llm.service.faults
        items = self._chat_ctx.items
        if not items and "nothing is a bug" in faults:
            raise IndexError("list index out of range")
        if len(items) > 50 and "forgets" in faults:
            return
        asked = items[-1].text_content if items else ""
        pieces = (
            () if "mute" in faults else ("Hello.",) if "all at once" in faults else ("Hel", "lo.")
        )
        deltas = [llm.ChoiceDelta(role="assistant", content=piece) for piece in pieces]
        if "Ann" in asked and "no tools" not in faults:
            deltas = [llm.ChoiceDelta(role="assistant", tool_calls=[self.call(faults)])]
        for delta in deltas:
            self._event_ch.send_nowait(llm.ChatChunk(id="one", delta=delta))
        await self._llm.service.ask(stays=not self._tools)

    def call(self, faults):
        """The call of the tool."""
        return llm.FunctionToolCall(
            name="lookup" if "another tool" in faults else "look_up",
            arguments="name=Ann" if "no JSON" in faults else '{"name": "Ann"}',
            call_id="" if "no id" in faults else "one",
        )


def suite(kind, *faults):
    """A suite of a kind, on a plugin with these faults."""
    made = {TTSSuite: Voice, STTSuite: Ears, LLMSuite: Model}[kind]
    methods = {"make": lambda _: made(*faults), "broken": lambda _: made(*(faults or ("away",)))}
    methods["speech"] = lambda _: rtc.AudioFrame(bytes(range(200)), 16_000, 1, 100)
    words = "" if "no words" in faults else "good day"
    given = {"words": words, "order": "Look Ann up.", "patience": 5.0}
    return type("TestIt", (kind,), {**methods, **given})()


def checks(kind):
    """The names of a suite's checks."""
    return [name for name in dir(kind) if name.startswith("test_")]


STOPS = "catch Exception, never BaseException"
APIS = "raise APIConnectionError, APIStatusError or APITimeoutError"
ENDLESS = ("no end within 0.2 seconds", "give requests a timeout", "set 'patience' in TestIt")
BUG = ("RuntimeError: a bug", APIS)
UNHEARD = ("'good day' in the final transcript", "nothing was understood for good")

KINDS = (LLMSuite, STTSuite, TTSSuite)
COMMON = {
    ("test_it_closes", "leaves a task"): ("tasks are left behind: left", "aio.cancel_and_wait"),
    ("test_it_closes", "closes once"): ("closed twice", "return at once where it was called"),
    ("test_several_at_once", "one at a time"): ("at the same time", "RuntimeError: busy", APIS),
    ("test_failure", "a bug"): BUG,
    ("test_failure", "never fails"): ("no error: a call would wait", "let broken() make one"),
}
FAULTS = {
    TTSSuite: COMMON
    | {
        ("test_it_speaks", "mute"): ("a sentence becomes sound", "APIError", "the key, the"),
        ("test_it_speaks", "another rate"): (
            "sample_rate is 24000, as the voice announces", "a frame whose sample_rate is 16000",
            "give the same sample_rate to tts.TTS.__init__",
        ),
        ("test_it_speaks", "two channels"): (
            "num_channels is 1", "whose num_channels is 2", "to output_emitter.initialize",
        ),
        ("test_it_speaks_a_stream", "claims to stream"): (
            "capabilities say streaming=True", "NotImplementedError", "write stream(), or say",
        ),
        ("test_it_speaks_a_stream", "mute"): ("pieces becomes sound", "APIError"),
        ("test_it_speaks_a_stream", "mute in a stream"): (
            "sound for text in pieces", "an end without any sound", "output_emitter.push",
        ),
        ("test_interruption", "stubborn"): ("at work 0.05 seconds later", STOPS),
        ("test_nothing_to_say", "blanks are a bug"): ("a text of blanks is silence", *BUG),
        ("test_nothing_to_say", "hangs on blanks"): ENDLESS,
        ("test_a_long_text", "cuts off"): (
            "a text of 1950 characters", "0.5 against 0.5 seconds: it was cut off",
            "one part after the other",
        ),
    },
    STTSuite: COMMON
    | {
        ("test_it_understands", "mute"): (*UNHEARD, "at the rate that it wants"),
        ("test_it_understands", "only guesses"): (
            "an event of the type FINAL_TRANSCRIPT", "the type INTERIM_TRANSCRIPT",
        ),
        ("test_it_understands_a_stream", "mute in a stream"): UNHEARD,
        ("test_it_understands_a_stream", "never final"): (
            *UNHEARD, "only guessed meanwhile: 'Good day.'", "as a FINAL_TRANSCRIPT event",
        ),
        ("test_it_understands_a_stream", "hangs at the end"): ENDLESS,
        ("test_it_understands", "no words"): ("'words' is empty", "what is said in 'speech'"),
        ("test_silence", "hangs on silence"): ENDLESS,
        ("test_silence", "silence is a bug"): ("a second of silence has no words", *BUG),
        ("test_a_stream_without_sound", "an empty stream is a bug"): (
            "ends before its first sound", "IndexError: list index out of range", APIS,
        ),
        ("test_a_long_speech", "gives up early"): UNHEARD,
        ("test_giving_up", "stubborn"): ("that is cancelled stops at once", STOPS),
        ("test_giving_up", "stubborn once asked"): ("at work 0.05 seconds later", STOPS),
    },
    LLMSuite: COMMON
    | {
        ("test_it_answers", "mute"): ("words as an answer to 'Hello.'", "without words", "delta"),
        ("test_it_answers_in_pieces", "all at once"): (
            "the answer is one piece: 'Hello.'", "set 'streams = False' in TestIt",
        ),
        ("test_it_calls_tools", "another tool"): (
            "one call of the tool 'look_up' as an answer to 'Look Ann up.'", "calls of lookup",
        ),
        ("test_it_calls_tools", "no tools"): ("no call, and the words 'Hello.'", "an 'order'"),
        ("test_it_calls_tools", "no JSON"): (
            "a JSON object", "'name=Ann' (JSONDecodeError: ", "json.dumps a dict",
        ),
        ("test_it_calls_tools", "no id"): ("call_id is empty", "shortuuid('call_')"),
        ("test_interruption", "stubborn"): ("at work 0.05 seconds later", STOPS),
        ("test_nothing_was_said", "nothing is a bug"): ("without messages", "IndexError", APIS),
        ("test_a_long_conversation", "forgets"): ("words as an answer", "an end without words"),
    },
}  # fmt: skip


@pytest.mark.parametrize(("kind", "check"), [(k, name) for k in KINDS for name in checks(k)])
def test_a_sound_plugin_passes(kind, check):
    """A plugin without a fault passes each check."""
    getattr(suite(kind), check)()


@pytest.mark.parametrize(
    ("kind", "check", "fault", "words"),
    [(kind, *row, words) for kind, rows in FAULTS.items() for row, words in rows.items()],
)
def test_a_faulty_plugin_fails_in_words(kind, check, fault, words):
    """A check fails on the plugin whose fault it is there for: what was wanted, came, is to do."""
    kit = suite(kind, fault)
    type(kit).grace = 0.05
    if fault.startswith("hangs"):
        type(kit).patience = 0.2
    with pytest.raises(Exception, match=r"(?sm)^wanted: .+^came: .+^to mend: .+") as failed:
        getattr(kit, check)()
    told = "\n".join([str(failed.value), *getattr(failed.value, "__notes__", ())])
    assert [each for each in words if each not in told] == [], told


@pytest.mark.parametrize("kind", KINDS)
def test_each_check_has_its_fault(kind):
    """No check is in the suites that has not been seen to fail."""
    assert {check for check, _ in FAULTS[kind]} == set(checks(kind))
