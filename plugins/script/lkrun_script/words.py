"""Words compared, and `{slots}` filled."""

from __future__ import annotations

import difflib
import json
import re
from collections.abc import Iterable, Mapping
from typing import Any

SLOT = re.compile(r"\{([A-Za-z_]\w*(?:\.\w+)*)\}")
"""`{name}` or `{tool.field}`; other braces are ordinary text."""

_WORD = re.compile(r"[\w']+")


def plain(text: str) -> str:
    """Words in lower case with single spaces around each, without punctuation."""
    return f" {' '.join(_WORD.findall(text.casefold()))} "


def says(text: str, phrases: Iterable[str]) -> bool:
    """Whether one of the phrases stands in the text, as whole words in a row."""
    words = plain(text)
    return any(plain(phrase) in words for phrase in phrases)


def near(word: str, known: Iterable[str]) -> str | None:
    """The known word that was probably meant."""
    close = difflib.get_close_matches(word, list(known), 1, 0.6)
    return close[0] if close else None


def look_up(path: str, values: Mapping[str, Any]) -> Any:
    """The value at `a.b.0`, or None."""
    value: Any = values
    for part in path.split("."):
        if isinstance(value, Mapping):
            value = value.get(part)
        elif isinstance(value, list) and part.isdigit() and int(part) < len(value):
            value = value[int(part)]
        else:
            return None
    return value


def fill(text: str, values: Mapping[str, Any]) -> str:
    """The text with its slots filled; a slot without a value becomes nothing."""
    return SLOT.sub(lambda match: spoken(look_up(match[1], values)), text)


def fill_value(value: Any, values: Mapping[str, Any]) -> Any:
    """Arguments with their slots filled: one that is exactly a slot keeps its type."""
    if isinstance(value, dict):
        filled = {key: fill_value(item, values) for key, item in value.items()}
        return {key: item for key, item in filled.items() if item is not None}
    if isinstance(value, list):
        return [fill_value(item, values) for item in value]
    if not isinstance(value, str):
        return value
    whole = SLOT.fullmatch(value)
    return look_up(whole[1], values) if whole else fill(value, values)


def spoken(value: Any) -> str:
    """A value as a person would read it out."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, list):
        return ", ".join(spoken(item) for item in value)
    return json.dumps(value, ensure_ascii=False) if isinstance(value, dict) else str(value)
