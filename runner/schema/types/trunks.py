"""Trunks: LiveKit's names of the lines by which calls go out."""

from __future__ import annotations

from typing import Annotated

from runner.late_pattern import late
from runner.schema.types.mistake import mistake
from runner.schema.types.settings import Setting

_TRUNK = late(r"ST_[A-Za-z0-9]{1,64}")


def _trunk(text: str) -> str:
    if _TRUNK.fullmatch(text):
        return text
    raise mistake(
        "E107",
        f"'{text}' is not the id of a trunk",
        "write the id that LiveKit gave the outbound trunk, such as ST_abc123",
    )


TrunkId = Annotated[
    str, Setting(_trunk, {"type": "string", "pattern": r"^\s*ST_[A-Za-z0-9]{1,64}\s*$"}, "trunk")
]
"""The id of one of LiveKit's outbound trunks."""
