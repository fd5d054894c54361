"""The files of a new plugin's package."""

from __future__ import annotations

from dataclasses import dataclass
from string import Template


@dataclass(frozen=True, slots=True)
class Beginning:
    """A kind of plugin.

    Attributes:
        code: the module.
        test: its test.
        use: what a person writes to use it.
    """

    code: str
    test: str
    use: str


_TTS = '''"""A voice of your own."""

from __future__ import annotations

import array
import math

from livekit.agents import tts
from livekit.agents.types import DEFAULT_API_CONNECT_OPTIONS, APIConnectOptions
from livekit.agents.utils import shortuuid
from pydantic import BaseModel, Field

from runner.plugin import Plugin

RATE = 24_000


class Options(BaseModel):
    """What may stand below with:."""

    pitch: float = Field(220.0, ge=50, le=2000, description="How high it sounds, in hertz")


class Voice(tts.TTS[str]):
    """Speaks. Put the request to your own service into `_Utterance._run`."""

    def __init__(self, options: Options) -> None:
        super().__init__(
            capabilities=tts.TTSCapabilities(streaming=False), sample_rate=RATE, num_channels=1
        )
        self.options = options

    def synthesize(
        self, text: str, *, conn_options: APIConnectOptions = DEFAULT_API_CONNECT_OPTIONS
    ) -> tts.ChunkedStream:
        """Speak one text."""
        return _Utterance(tts=self, input_text=text, conn_options=conn_options)


class _Utterance(tts.ChunkedStream):
    async def _run(self, output_emitter: tts.AudioEmitter) -> None:
        output_emitter.initialize(
            request_id=shortuuid(), sample_rate=RATE, num_channels=1, mime_type="audio/pcm"
        )
        assert isinstance(self._tts, Voice)
        pitch = self._tts.options.pitch
        for word in self._input_text.split():
            count = RATE // 20 * (1 + len(word) // 4)
            wave = (int(8_000 * math.sin(2 * math.pi * pitch * i / RATE)) for i in range(count))
            output_emitter.push(array.array("h", wave).tobytes())
        if not self._input_text.strip():
            output_emitter.push(bytes(480))


def build(options: Options) -> Voice:
    """Make the voice of a call."""
    return Voice(options)


plugin = Plugin(options=Options, build=build)
'''

_STT = '''"""Speech recognition of your own."""

from __future__ import annotations

from livekit.agents import stt
from livekit.agents.types import NOT_GIVEN, APIConnectOptions, NotGivenOr
from livekit.agents.utils import AudioBuffer, shortuuid
from pydantic import BaseModel, Field

from runner.plugin import Plugin


class Options(BaseModel):
    """What may stand below with:."""

    words: str = Field("hello", description="What it understands, whatever is said")


class Ears(stt.STT[str]):
    """Understands. Put the request to your own service into `_recognize_impl`."""

    def __init__(self, options: Options) -> None:
        super().__init__(
            capabilities=stt.STTCapabilities(streaming=False, interim_results=False)
        )
        self.options = options

    async def _recognize_impl(
        self,
        buffer: AudioBuffer,
        *,
        language: NotGivenOr[str] = NOT_GIVEN,
        conn_options: APIConnectOptions,
    ) -> stt.SpeechEvent:
        return stt.SpeechEvent(
            type=stt.SpeechEventType.FINAL_TRANSCRIPT,
            request_id=shortuuid(),
            alternatives=[stt.SpeechData(language="en", text=self.options.words)],
        )


def build(options: Options) -> Ears:
    """Make the ears of a call."""
    return Ears(options)


plugin = Plugin(options=Options, build=build)
'''

_LLM = '''"""A language model of your own."""

from __future__ import annotations

from typing import Any

from livekit.agents import llm
from livekit.agents.types import DEFAULT_API_CONNECT_OPTIONS, APIConnectOptions
from livekit.agents.utils import shortuuid
from pydantic import BaseModel, Field

from runner.plugin import Plugin


class Options(BaseModel):
    """What may stand below with:."""

    phrase: str = Field("You said: ", description="What it says before the caller's words")


class Model(llm.LLM[str]):
    """Answers. Put the request to your own service into `_Answer._run`."""

    def __init__(self, options: Options) -> None:
        super().__init__()
        self.options = options

    def chat(
        self,
        *,
        chat_ctx: llm.ChatContext,
        tools: list[llm.Tool] | None = None,
        conn_options: APIConnectOptions = DEFAULT_API_CONNECT_OPTIONS,
        **_: Any,
    ) -> llm.LLMStream:
        """Ask for the next answer."""
        return _Answer(self, chat_ctx=chat_ctx, tools=tools or [], conn_options=conn_options)


class _Answer(llm.LLMStream):
    async def _run(self) -> None:
        assert isinstance(self._llm, Model)
        said = [i.text_content or "" for i in self._chat_ctx.items if i.type == "message"]
        name = shortuuid()
        for word in f"{self._llm.options.phrase}{said[-1] if said else ''}".split():
            delta = llm.ChoiceDelta(role="assistant", content=f"{word} ")
            self._event_ch.send_nowait(llm.ChatChunk(id=name, delta=delta))


def build(options: Options) -> Model:
    """Make the model of a call."""
    return Model(options)


plugin = Plugin(options=Options, build=build)
'''

_SUITE = '''"""What a call will ask of it."""

from lkrun_$name import Options, build
from runner.plugin.testing import ${suite}Suite


class Test$title(${suite}Suite):
    """The plugin, without options."""

    def make(self):
        return build(Options())
'''

_STT_SUITE = _SUITE.replace(
    """    def make""",
    """    words = "hello"  # what is said in `speech`, which gives sound of your own

    def make""",
)

_NODE = '''"""A node of your own: what flows between the parts, changed on its way."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from typing import Any

from pydantic import BaseModel, Field

from runner.plugin import Plugin


class Options(BaseModel):
    """What may stand below the node's name."""

    old: str = Field("4711", description="What is replaced")
    new: str = Field("4 7 1 1", description="What is said instead")


def build(options: Options) -> Callable[..., AsyncIterator[Any]]:
    """Make the node of a call; `forward` is the next one, the last LiveKit's own."""

    async def node(source: Any, model_settings: Any, forward: Any) -> AsyncIterator[Any]:
        async def changed() -> AsyncIterator[str]:
            async for piece in source:
                yield piece.replace(options.old, options.new)

        async for piece in forward(changed(), model_settings):
            yield piece

    return node


plugin = Plugin(options=Options, build=build)
'''

_NODE_TEST = '''"""What it does to words."""

import asyncio

from lkrun_$name import Options, build


def test_words_are_changed():
    """What is to be replaced is replaced on its way to the voice."""

    async def words():
        yield "Account 4711."

    async def said():
        node = build(Options())
        return [piece async for piece in node(words(), None, lambda source, _: source)]

    assert asyncio.run(said()) == ["Account 4 7 1 1."]
'''

_TOOL = '''"""A tool of your own."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

from livekit.agents import ToolError
from pydantic import BaseModel, Field

from runner.plugin import Plugin


class Options(BaseModel):
    """What may stand below with:."""

    unit: str = Field("kg", description="In what it weighs")


def build(options: Options) -> Callable[[dict[str, Any]], Awaitable[Any]]:
    """Make the tool of a call: it takes the arguments and returns the answer."""

    async def weigh(arguments: dict[str, Any]) -> Any:
        if "grams" not in arguments:
            raise ToolError("There is nothing on the scales.")
        return {"weight": arguments["grams"] / 1000, "unit": options.unit}

    return weigh


plugin = Plugin(options=Options, build=build)
'''

_TOOL_TEST = '''"""What it answers."""

import asyncio

import pytest
from livekit.agents import ToolError

from lkrun_$name import Options, build


def test_it_answers():
    """The arguments become an answer."""
    answer = asyncio.run(build(Options())({"grams": 1200}))
    assert answer == {"weight": 1.2, "unit": "kg"}


def test_it_tells_what_is_wrong():
    """What went wrong is told to the model."""
    with pytest.raises(ToolError):
        asyncio.run(build(Options())({}))
'''

KINDS = {
    "llm": Beginning(_LLM, _SUITE, "and write below providers:  llm: {name}"),
    "node": Beginning(_NODE, _NODE_TEST, "and list {name} below nodes: and tts: of a persona"),
    "stt": Beginning(_STT, _STT_SUITE, "and write below providers:  stt: {name}"),
    "tool": Beginning(_TOOL, _TOOL_TEST, "and write below tools:  plugin: {name}"),
    "tts": Beginning(_TTS, _SUITE, "and write below providers:  tts: {name}"),
}
"""Kind → how it begins."""

_PROJECT = """[build-system]
requires = ["setuptools>=77"]
build-backend = "setuptools.build_meta"

[project]
name = "lkrun-$dashed"
version = "0.1.0"
description = "A plugin for lkrun"
requires-python = ">=3.11"
dependencies = ["livekit-agents", "lkrun", "pydantic>=2"]

[project.entry-points."lkrun.$kind"]
$name = "lkrun_$name:plugin"

[tool.setuptools]
packages = ["lkrun_$name"]
"""


def files(name: str, kind: str) -> dict[str, str]:
    """The files of a package: path → text."""
    beginning = KINDS[kind]
    words = {
        "name": name,
        "dashed": name.replace("_", "-"),
        "kind": kind,
        "suite": kind.upper(),
        "title": "".join(part.capitalize() for part in name.split("_")),
    }
    return {
        "pyproject.toml": Template(_PROJECT).substitute(words),
        f"lkrun_{name}/__init__.py": beginning.code,
        f"tests/test_{name}.py": Template(beginning.test).substitute(words),
    }
