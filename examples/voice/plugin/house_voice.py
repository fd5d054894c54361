"""An own voice instead of LiveKit's: what is said is asked from a service (`tts_node`)."""

from collections.abc import AsyncIterable, AsyncIterator, Callable
from typing import Any

import aiohttp
from livekit import rtc
from livekit.agents.utils.audio import AudioByteStream
from pydantic import BaseModel, Field

from runner.plugin import Plugin


class Options(BaseModel):
    """What may stand below the node's name."""

    url: str = Field(description="Where the voice is")


def build(options: Options) -> Callable[..., AsyncIterator[rtc.AudioFrame]]:
    """Make the node for a call."""

    async def voice(
        text: AsyncIterable[str], _settings: Any, _forward: Any
    ) -> AsyncIterator[rtc.AudioFrame]:
        said, frames = (
            {"text": "".join([piece async for piece in text])},
            AudioByteStream(24_000, 1),
        )
        async with aiohttp.ClientSession() as web, web.post(options.url, json=said) as answer:
            async for sound in answer.content.iter_any():
                for frame in frames.push(sound):
                    yield frame
        for frame in frames.flush():
            yield frame

    return voice


plugin = Plugin(options=Options, build=build)
