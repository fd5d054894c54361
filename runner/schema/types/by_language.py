"""Values that are given by language: `vi: linh` and `en: emma` below `tts:`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Final, TypeVar

from pydantic import AfterValidator, Discriminator, WithJsonSchema

from runner.schema.types.values import locale

ONE: Final = "<one>"
EACH: Final = "<languages>"
"""Tags of the two shapes; they are in no file."""

Value = TypeVar("Value")


def _key(text: str) -> str:
    return locale(text, on="key")


LanguageKey = Annotated[
    str, AfterValidator(_key), WithJsonSchema({"pattern": r"^[A-Za-z]{2,3}([-_][A-Za-z]{2,4})?$"})
]
"""A language as a key."""


def _shape(value: Any) -> str:
    return EACH if isinstance(value, Mapping) and value and all(map(is_language, value)) else ONE


def is_language(key: Any) -> bool:
    """Whether a key is a language, or means one."""
    from runner.template import languages  # noqa: PLC0415 - only folders with a block here pay for it

    text = str(key)
    return languages.known(text) or languages.meant(text) is not None


BY_LANGUAGE: Final = Discriminator(_shape)
"""Tells one value from a value for each language."""


def in_language(value: Value | Mapping[str, Value], language: str) -> Value:
    """The value of a language: its own, that of the same language elsewhere, or the first."""
    if not isinstance(value, Mapping):
        return value
    return value[nearest_language(language, value) or next(iter(value))]


def nearest_language(language: str, known: Any) -> str | None:
    """The one of these that is a language, or the same language of another country."""
    tags = {str(tag).casefold(): str(tag) for tag in known}
    wanted = language.replace("_", "-").casefold()
    if wanted in tags:
        return tags[wanted]
    plain = wanted.partition("-")[0]
    return next((tag for folded, tag in tags.items() if folded.partition("-")[0] == plain), None)
