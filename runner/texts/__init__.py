"""lkrun's own sentences: what it says to callers, and to models around tools, by language."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Final

from runner.texts.table import HEARD, TABLE, OwnText

__all__ = ["HEARD", "LANGUAGES", "TABLE", "USUAL", "OwnText", "covered", "shipped"]

_WORDS: Final = Path(__file__).parent / "words"

USUAL: Final = "en"
"""Spoken where an agent names no language, or one that is not shipped."""

LANGUAGES: Final = ("en", "de", "fr", "es", "it", "pt", "nl", "pl", "tr", "vi", "zh", "ja")
"""Those that are shipped; `words/` has further files for countries that speak one otherwise."""


def shipped(name: str, language: str = USUAL) -> str:
    """The words of a text in a language; English where it is not shipped.

    Args:
        name: as `TABLE` has it.
        language: such as `de` or `pt-BR`; nothing is English.
    """
    return next(words[name] for words in _candidates(language) if name in words)


def covered(language: str) -> bool:
    """Whether all texts are there in a language."""
    return language.partition("-")[0] in LANGUAGES


def _candidates(language: str) -> Iterator[Mapping[str, str]]:
    """The words of a country, of its language, and English."""
    for tag in dict.fromkeys((language, language.partition("-")[0], USUAL)):
        if words := _words(tag):
            yield words


@cache
def _words(tag: str) -> Mapping[str, str]:
    path = _WORDS / f"{tag}.toml"
    if not path.is_file():
        return {}
    with path.open("rb") as file:
        import tomllib  # noqa: PLC0415 - a check of files without mistakes reads none

        return tomllib.load(file)
