"""A pattern that can be matched: RE2 behind it."""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Final

from runner.patterns import refusal
from runner.patterns.refusal import PatternError
from runner.patterns.translation import Translated, translate

LONGEST: Final = 10_000
"""Characters of a text that a pattern is tried on."""

_MEMORY: Final = 16 * 1024 * 1024
"""Bytes that RE2 may use for one pattern."""


@dataclass(frozen=True, slots=True, eq=False)
class Pattern:
    """A regular expression of an author; many threads may share one.

    Attributes:
        text: as the author wrote it.
        names: names of its groups.
    """

    text: str
    names: tuple[str, ...]
    _translated: Translated
    _whole: Any
    _part: Any

    def matches(self, text: str) -> bool:
        """Whether all of a text matches; one over `LONGEST` characters does not."""
        if len(text) > LONGEST:
            return False
        codes = self._translated.alphabet.encode(unicodedata.normalize("NFC", text))
        return self._whole.search(codes) is not None

    def search(self, text: str) -> dict[str, str] | None:
        """Find the first place in a text that matches.

        Returns:
            What its named groups hold, those that took part; None where nothing matches, or the
            text has over `LONGEST` characters.
        """
        if len(text) > LONGEST:
            return None
        text, codes = unicodedata.normalize("NFC", text), self._translated.alphabet
        match = self._part.search(codes.encode(text))
        if match is None:
            return None
        spans = ((name, match.span(at)) for at, name in enumerate(self.names, 1))
        width = codes.width
        return {name: text[a // width : b // width] for name, (a, b) in spans if a >= 0}


@lru_cache(maxsize=512)
def compile_pattern(text: str, *, any_case: bool = False) -> Pattern:
    """Read an author's regular expression, in the syntax of Python's `re`.

    Args:
        text: the pattern.
        any_case: whether large and small letters, of any language, are the same.

    Raises:
        PatternError: it cannot be read, or asks for what takes backtracking.
    """
    translated = translate(unicodedata.normalize("NFC", text), any_case=any_case)
    before = "(?s:..)*?" if translated.alphabet.width > 1 else ""
    part = rf"\A{before}(?:{translated.text})" if before else translated.text
    whole = rf"\A(?:{translated.text})\z"
    return Pattern(text, translated.names, translated, _re2(whole), _re2(part))


def _re2(pattern: str) -> Any:
    import re2  # noqa: PLC0415 - only folders with a pattern pay for it

    options = re2.Options()
    options.log_errors = False
    options.encoding = re2.Options.Encoding.LATIN1
    options.max_mem = _MEMORY
    try:
        return re2.compile(pattern.encode("latin-1"), options)  # type: ignore[no-untyped-call]  # RE2 has no types
    except re2.error:
        raise PatternError(*refusal.LARGE) from None
