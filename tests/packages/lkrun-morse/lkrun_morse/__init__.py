"""A voice in Morse code, written from docs/plugins.md and `lkrun new plugin` alone."""

import math
import struct

from livekit.agents import tts
from livekit.agents.types import DEFAULT_API_CONNECT_OPTIONS
from pydantic import BaseModel, Field

from runner.plugin import Plugin

RATE = 16_000
LETTERS = (
    "A.- B-... C-.-. D-.. E. F..-. G--. H.... I.. J.--- K-.- L.-.. M-- N-. O--- P.--. Q--.- R.-. "
    "S... T- U..- V...- W.-- X-..- Y-.-- Z--.."
)
CODE = {each[0]: each[1:] for each in LETTERS.split()}


class Options(BaseModel):
    """What may stand below with:."""

    speed: int = Field(20, ge=5, le=60, description="Words a minute")
    pitch: int = Field(600, ge=200, le=2000, description="Of the tone, in hertz")


class Morse(tts.TTS):
    """The voice."""

    def __init__(self, options: Options) -> None:
        can = tts.TTSCapabilities(streaming=False)
        super().__init__(capabilities=can, sample_rate=RATE, num_channels=1)
        self.options = options

    def synthesize(self, text, *, conn_options=DEFAULT_API_CONNECT_OPTIONS):
        """Begin to speak."""
        return Keying(tts=self, input_text=text, conn_options=conn_options)


class Keying(tts.ChunkedStream):
    """A text, letter by letter."""

    async def _run(self, output_emitter: tts.AudioEmitter) -> None:
        output_emitter.initialize(
            request_id="morse", sample_rate=RATE, num_channels=1, mime_type="audio/pcm"
        )
        for letter in self.input_text.upper():
            for sign in CODE.get(letter, " "):
                output_emitter.push(tone(self._tts.options, {".": 1, "-": 3}.get(sign, 0)))
        output_emitter.flush()


def tone(options: Options, dots: int) -> bytes:
    """A tone of so many dots, and the pause of one behind it."""
    dot, turn = int(RATE * 1.2 / options.speed), 2 * math.pi * options.pitch / RATE
    sound = [int(9_000 * math.sin(turn * n)) for n in range(dot * dots)] + [0] * dot
    return struct.pack(f"<{len(sound)}h", *sound)


plugin = Plugin(options=Options, build=Morse)
