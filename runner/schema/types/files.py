"""Names of files of the folder."""

from __future__ import annotations

from typing import Any, Self

from pydantic import GetCoreSchemaHandler
from pydantic_core import CoreSchema, core_schema

from runner.diagnostics.nearest import nearest
from runner.schema.types.mistake import mistake
from runner.schema.types.names import Name
from runner.schema.types.settings import Settings


class FileName(Name):
    """A text file, relative to the file that names it."""

    __slots__ = ()
    section = "files"

    @classmethod
    def __get_pydantic_core_schema__(cls, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        def noted(value: Self, info: core_schema.ValidationInfo) -> Self:
            own = isinstance(value, SoundName) and not value.is_file
            if isinstance(info.context, Settings) and not own:
                info.context.files.append(value)
            return value

        schema = super().__get_pydantic_core_schema__(source, handler)
        return core_schema.with_info_after_validator_function(noted, schema)


class AttachedFile(FileName):
    """A file of any kind, which is read when it is needed: to be sent, or to prove something."""

    __slots__ = ()


SOUNDS = ("city", "forest", "office", "crowd", "keyboard", "keyboard2", "hold_music")


"""Sounds that need no file: LiveKit brings them."""


_MEANT_SOUNDS = {
    "typing": "keyboard", "music": "hold_music", "holdmusic": "hold_music", "hold-music":
    "hold_music", "people": "crowd", "restaurant": "crowd", "cafe": "crowd", "coffee-shop": "crowd",
    "call-center": "office", "callcenter": "office", "call_center": "office", "street": "city",
    "traffic": "city", "birds": "forest", "nature": "forest",
}  # fmt: skip


class SoundName(AttachedFile):
    """A sound file, or one of `SOUNDS`."""

    __slots__ = ()

    @classmethod
    def read(cls, value: str) -> Self:
        """Accept a name.

        Raises:
            PydanticCustomError: E105, or E107 where it is neither a sound of LiveKit's nor a file.
        """
        name = super().read(value)
        if value in SOUNDS or "." in value or "/" in value:
            return name
        listed = ", ".join(SOUNDS)
        near = _MEANT_SOUNDS.get(value.casefold()) or nearest(value, SOUNDS)
        raise mistake(
            "E107",
            f"'{value}' is not a sound",
            f"did you mean '{near}'?"
            if near
            else f"write one of {listed}, or a sound file such as sounds/bell.wav",
        )

    @property
    def is_file(self) -> bool:
        """Whether it is a file of the folder."""
        return str(self) not in SOUNDS


class DataFile(FileName):
    """A file of data, which is read as it is."""

    __slots__ = ()


class ContactsFile(DataFile):
    """A table of people to call, as spreadsheets save it."""

    __slots__ = ()


class DocumentsName(FileName):
    """A document, or a folder of documents."""

    __slots__ = ()
