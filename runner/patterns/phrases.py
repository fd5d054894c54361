"""Words of a sentence as they are compared: in any case, in the scripts of all languages."""

from __future__ import annotations

import re
import unicodedata
from typing import Final

_ALONE: Final = (
    "\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3005-\u30ff\u3400-\u9fff\U00020000-\U0003ffff"
)
"""Letters of scripts that put no space between words: each stands for itself."""

_MARKS: Final = (
    "\u0300-\u036f\u0591-\u05c7\u064b-\u065f\u0670\u0900-\u0963\u0966-\u0dff\u200c\u200d"
)
"""What belongs to the letter before it, and is no letter of `re`."""

_WORD: Final = re.compile(rf"[{_ALONE}]|(?:(?![{_ALONE}])[^\W_]|[{_MARKS}])+")


def words_of(text: str) -> tuple[str, ...]:
    """The words of a text, in small letters, without what stands between them."""
    plain = unicodedata.normalize("NFC", unicodedata.normalize("NFKC", text).casefold())
    return tuple(_WORD.findall(plain))
