"""In which language a text is written: py3langid's model, asked about a few languages only."""

from __future__ import annotations

import asyncio
import math
import re
from collections.abc import Iterable
from functools import cache
from typing import Any, Final

SURE: Final = 0.8
"""How probable a language is at least, among those that are asked about."""

_UNSPACED: Final = re.compile(r"[\u0e00-\u0eff\u1780-\u17ff\u3040-\u30ff\u3400-\u9fff]")
"""Signs of scripts without spaces: two of them count as a word."""


@cache
def _model() -> Any:
    from py3langid.langid import MODEL_FILE, LanguageIdentifier  # noqa: PLC0415 - it takes a second and 90 MB: only talks in several languages pay for it

    return LanguageIdentifier.from_model_file(MODEL_FILE)  # type: ignore[no-untyped-call]  # py3langid has no types


async def ready() -> None:
    """Load the model, beside whatever else is done."""
    await asyncio.to_thread(_model)


def detect(text: str, among: Iterable[str]) -> str | None:
    """The language of a text.

    Args:
        text: as it was said or written.
        among: languages, such as `de` or `pt-BR`: one of them, or none where it is unclear.
    """
    tags = {tag.partition("-")[0].casefold(): tag for tag in reversed(list(among))}
    scores = {tags[code]: float(score) for code, score in _model().rank(text) if code in tags}
    if len(scores) < 2 or not any(map(str.isalpha, text)):  # noqa: PLR2004 - one is no choice
        return None
    best = max(scores, key=scores.__getitem__)
    others = sum(math.exp(min(0.0, s - scores[best])) for s in scores.values())
    return best if 1 / others >= SURE else None


def words_in(text: str) -> int:
    """How many words a text has, about."""
    unspaced = len(_UNSPACED.findall(text))
    return max(len(text.split()), unspaced // 2)
