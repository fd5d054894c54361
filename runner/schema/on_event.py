"""What an agent does in a running call when something happens elsewhere."""

from __future__ import annotations

import re
from typing import Annotated

from pydantic import AfterValidator, WithJsonSchema

from runner.schema.actions import Actions
from runner.schema.types.mistake import mistake

EVENT_TYPE = re.compile(r"[A-Za-z0-9._-]{1,64}")
"""The type of something that happens elsewhere."""


def _event_type(text: str) -> str:
    if EVENT_TYPE.fullmatch(text):
        return text
    better = re.sub(r"[^A-Za-z0-9._-]+", "_", text.strip()).strip("_")[:64]
    hint = "use letters, digits, ., _ and -, at most 64 of them, such as order.ready"
    raise mistake(
        "E111",
        f"'{text}' cannot be the type of an event",
        f"write {better}" if better else hint,
        on="key",
    )


EventType = Annotated[
    str, AfterValidator(_event_type), WithJsonSchema({"pattern": rf"^{EVENT_TYPE.pattern}$"})
]
"""The type of something that happens elsewhere, as who tells of it calls it."""

OnEvent = dict[EventType, Actions]
"""Type → what is done."""
