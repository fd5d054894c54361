"""What is heard behind the agent's voice."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Any, ClassVar, Self

from pydantic import GetJsonSchemaHandler, model_validator
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema

from runner.schema.types.blocks import Before, Block, any_of, key
from runner.schema.types.files import SoundName
from runner.schema.types.measures import Duration, decimal
from runner.schema.types.mistake import none_of


@dataclass(frozen=True)
class _Bare(Before):
    """A bare name is the sound, as loud as it is."""

    def read(self, value: Any) -> Any:
        """Give the block."""
        return {"sound": value} if isinstance(value, str) else value

    def __get_pydantic_json_schema__(
        self, schema: CoreSchema, handler: GetJsonSchemaHandler
    ) -> JsonSchemaValue:
        return {"anyOf": [{"type": "string", "pattern": r"\S"}, handler(schema)]}


class BackgroundSound(Block):
    """A sound behind the agent's voice."""

    noun: ClassVar[str] = "a background sound"

    sound: SoundName = key(
        "`city` `forest` `office` `crowd` `keyboard` `keyboard2` `hold_music`, or a sound file of "
        "the folder (WAV, MP3, Ogg or FLAC, 5 MB at most)"
    )
    volume: Annotated[float, decimal(0, 1)] = key("how loud, from 0 to 1", 1.0)
    fade_in: Duration = key("so long until it is as loud as that", 0.0)
    fade_out: Duration = key("so long until it is silent, when it ends", 0.0)


_Sound = Annotated[BackgroundSound | None, _Bare()]


class BackgroundAudio(Block):
    """What is heard behind the agent's voice, in LiveKit rooms."""

    noun: ClassVar[str] = "background_audio"
    bare: ClassVar[str] = "ambient"
    rules: ClassVar[JsonSchemaValue] = any_of("ambient", "thinking")

    ambient: _Sound = key("heard all the time, again and again: a sound, or a block", None)
    thinking: _Sound = key("heard while the model thinks: a sound, or a block", None)

    @model_validator(mode="after")
    def _plays_something(self) -> Self:
        if self.ambient is None and self.thinking is None:
            raise none_of(self.noun, ("ambient", "thinking"))
        return self

    off: ClassVar[str] = "delete the line: without it nothing is heard"
