"""`texts`: an agent's own words for what lkrun says itself."""

from __future__ import annotations

from typing import Annotated

from pydantic import AfterValidator, WithJsonSchema

from runner.diagnostics.nearest import nearest
from runner.schema.types.mistake import mistake
from runner.schema.types.words import Words
from runner.texts import HEARD, TABLE

_HINT = (
    f"what callers hear of it is {', '.join(text.name for text in HEARD)}; words of your own "
    "belong to a persona, such as its greeting:"
)


def _name(text: str) -> str:
    if text not in TABLE:
        near = nearest(text, TABLE)
        raise mistake(
            "E107",
            f"lkrun has no text '{text}' of its own",
            f"did you mean '{near}'?" if near else _HINT,
            on="key",
        )
    return text


TextName = Annotated[str, AfterValidator(_name), WithJsonSchema({"enum": list(TABLE)})]
"""The name of a sentence of lkrun's own."""

Texts = dict[TextName, Words]

NAMES = tuple(dict.fromkeys(name for text in TABLE.values() for name in text.names))
"""What templates of some of them may use; which of these a text may is a rule."""
