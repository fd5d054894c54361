"""What may be written under `with`."""

from __future__ import annotations

import difflib

from pydantic import BaseModel, ConfigDict, Field, field_validator

from lkrun_espeak import engine


class Options(BaseModel):
    """The options of `tts: espeak`."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    voice: str = Field("en-us", description="A language, such as en-us, vi or de")
    speed: int = Field(175, ge=80, le=450, description="Words a minute")
    pitch: int = Field(50, ge=0, le=100, description="From low to high")
    volume: int = Field(100, ge=0, le=200, description="100 is normal")

    @field_validator("voice")
    @classmethod
    def _exists(cls, voice: str) -> str:
        language, plus, variant = voice.strip().partition("+")
        voices = engine.voices()
        if language.casefold() not in voices:
            raise _unknown(f"espeak has no voice '{language}'", language, voices)
        variants = engine.variants()
        if plus and variant not in variants:
            raise _unknown(f"espeak has no variant '{variant}'", variant, variants)
        return voice.strip()


def _unknown(message: str, word: str, known: frozenset[str]) -> ValueError:
    error = ValueError(message)
    wanted = word.casefold().replace("_", "-")
    close = difflib.get_close_matches(wanted, sorted(known), 3, 0.6)
    same = sorted(name for name in known if name.split("-")[0] == wanted.split("-")[0])
    near = list(dict.fromkeys([*close, *same]))[:5]
    error.add_note(
        f"near it: {', '.join(near)}" if near else "write a language such as en-us or de"
    )
    return error
