"""What a conversation test says of sound, and that it counts with `mode: audio` alone."""

from collections.abc import Iterator
from typing import Annotated, Any, ClassVar

from pydantic.json_schema import JsonSchemaValue

from runner.schema.types.blocks import Block, any_of, key
from runner.schema.types.files import AttachedFile
from runner.schema.types.measures import decimal
from runner.schema.types.mistake import mistake

AUDIO_CHECKS = ("hears", "interrupted", "stops_within")
"""Checks of what is heard."""

AUDIO_STEPS = ("interrupts", "recording")
"""Keys of a `user` step of what is heard."""

_HELP = "write mode: audio below the test's name, or delete this line"


def _none_of(*names: str) -> JsonSchemaValue:
    return {"not": any_of(*names)}


_SILENT_AGENT = {"properties": {"agent": _none_of(*AUDIO_CHECKS)}}

BY_TEXT: JsonSchemaValue = {
    "if": {"required": ["mode"], "properties": {"mode": {"const": "audio"}}},
    "else": {
        "properties": {
            "caller": _none_of("tts", "noise"),
            "finally": _none_of(*AUDIO_CHECKS),
            "steps": {"items": {"allOf": [_none_of(*AUDIO_STEPS), _SILENT_AGENT]}},
        }
    },
}
"""The same as a rule of the JSON Schema."""


class Noise(Block):
    """What is heard around the caller."""

    noun: ClassVar[str] = "noise"
    elsewhere: ClassVar[dict[str, str]] = {"level": "write volume:, such as volume: 0.5"}

    file: AttachedFile = key("a WAV file of the folder; it starts again at its end")
    volume: Annotated[float, decimal(0, 10)] = key("how loud it is; 1.0 is as it was recorded", 1.0)


def needs_audio(test: Any) -> None:
    """Tell a key of sound in a test by text.

    Raises:
        PydanticCustomError: E112, at the first such key.
    """
    for path, name in _of_sound(test):
        raise mistake("E112", f"'{name}' needs mode: audio", _HELP, at=(*path, name), on="key")


def _of_sound(test: Any) -> Iterator[tuple[tuple[str | int, ...], str]]:
    caller = test.caller
    for name in ("tts", "noise"):
        if caller is not None and getattr(caller, name) is not None:
            yield ("caller",), name
    blocks: list[tuple[tuple[str | int, ...], Any, tuple[str, ...]]] = [
        (("steps", place), step, AUDIO_STEPS) if step.kind == "user"
        else (("steps", place, "agent"), getattr(step, "agent", None), AUDIO_CHECKS)
        for place, step in enumerate(test.steps)
    ]  # fmt: skip
    blocks.append((("finally",), test.finally_, AUDIO_CHECKS))
    for path, block, names in blocks:
        for name in names:
            if block is not None and name in block.model_fields_set:
                yield path, name
