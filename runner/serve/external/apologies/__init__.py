"""What callers are told where nobody takes their call: words, and their sound, by language."""

from __future__ import annotations

import tomllib
from collections import Counter
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Final

from runner.texts import USUAL

if TYPE_CHECKING:
    from runner.link.release import Release
    from runner.schema.external_agents import ExternalAgent

FOLDER: Final = Path(__file__).parent


@dataclass(frozen=True, slots=True)
class Apology:
    """One of them.

    Attributes:
        language: such as `de` or `pt-BR`.
        words: what is said, and written for those who read.
    """

    language: str
    words: str

    @property
    def sound(self) -> Path:
        """The same, spoken."""
        return FOLDER / f"{self.language}.ogg"


def in_language(language: str) -> Apology:
    """That of a country, else of its language, else the English one."""
    tags = (language, language.partition("-")[0], USUAL)
    tag = next(tag for tag in tags if tag in _words())
    return Apology(tag, _words()[tag])


@cache
def _words() -> dict[str, str]:
    return tomllib.loads((FOLDER / "words.toml").read_text(encoding="utf-8"))


def language_of(spec: ExternalAgent, release: Release) -> str:
    """What a caller of an external agent most likely speaks.

    Its own `locale`, else the language of its fallback, else that of most agents of the folder.
    """
    if spec.locale is not None:
        return spec.locale
    fallback = release.agents.get(str(spec.fallback))
    if fallback is not None:
        return fallback.agent.spoken[0]
    spoken = Counter(each.agent.spoken[0] for each in release.agents.values())
    return spoken.most_common(1)[0][0] if spoken else USUAL
