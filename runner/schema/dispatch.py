"""Which rooms an agent joins."""

from __future__ import annotations

from typing import Annotated, ClassVar

from runner.schema.types.blocks import Block, key
from runner.schema.types.values import one_of

_MODES = {"auto": "automatic", "all": "automatic", "any": "automatic", "named": "explicit"}
_PER = {"participant": "publisher", "person": "publisher", "caller": "publisher", "call": "room"}


class Dispatch(Block):
    """Which rooms an agent joins, and how often."""

    noun: ClassVar[str] = "dispatch"
    bare: ClassVar[str] = "mode"

    mode: Annotated[str, one_of("explicit", "automatic", meant=_MODES)] = key(
        "explicit: the rooms that ask for it by its name, as a token, a phone number's rule or "
        "`lkrun token` does; automatic: every new room, whoever else is called into it",
        "explicit",
    )
    per: Annotated[str, one_of("room", "publisher", meant=_PER)] = key(
        "room: once in a room; publisher: once for each participant who sends sound or a picture, "
        "and it talks with that participant alone",
        "room",
    )
