"""`when_caller_mentions`: words in any order, with near spellings."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Self

from lkrun_script.near import meant, tokens

if TYPE_CHECKING:
    from collections.abc import Sequence


@dataclass(frozen=True, slots=True)
class Mention:
    """Words that all have to be there, each in one of its forms: `open/opening saturday`."""

    words: tuple[tuple[str, ...], ...]

    @classmethod
    @lru_cache(maxsize=4096)
    def read(cls, text: str) -> Self:
        """Read what an author wrote.

        Raises:
            ValueError: there is no word in it.
        """
        words = tuple(
            forms
            for part in text.split()
            if (forms := tuple(form for each in part.split("/") for form in tokens(each)))
        )
        if not words:
            raise ValueError(f"there is no word in '{text}'")
        return cls(words)

    def fits(self, said: Sequence[str]) -> bool:
        """Whether all of it is among a caller's words."""
        return all(
            any(meant(word, form) for word in said for form in forms) for forms in self.words
        )
