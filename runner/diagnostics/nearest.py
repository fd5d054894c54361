"""The name that a person probably meant."""

from __future__ import annotations

from collections.abc import Iterable
from difflib import SequenceMatcher

SHOWN = 8
"""How many names a message lists before it stops."""

_BEGINNING = 0.9
"""What a word counts at most that only begins alike: one that misses a letter is nearer."""


def nearest(word: str, known: Iterable[str]) -> str | None:
    """Find the known word closest to what was written, or None when none is close."""
    best, best_score = None, 0.0
    folded = _fold(word)
    for candidate in sorted(known):
        target = _fold(candidate)
        if target == folded:
            return candidate
        score = SequenceMatcher(None, folded, target).ratio()
        if len(folded) >= 4 and (target.startswith(folded) or folded.startswith(target)):  # noqa: PLR2004 - shorter beginnings are chance
            score = max(score, min(_BEGINNING, score + 0.15))
        if sorted(folded) == sorted(target):  # two letters that have changed places
            score += 0.15
        if score > best_score:
            best, best_score = candidate, score
    return best if best_score >= (0.7 if len(word) > 3 else 0.6) else None  # noqa: PLR2004 - in short words one letter weighs more


def did_you_mean(word: str, known: Iterable[str], *, noun: str = "known here") -> str | None:
    """Say the nearest word, or, when none is near, list what there is if that list is short."""
    names = sorted(known)
    near = nearest(word, names)
    if near is not None:
        return f"did you mean '{near}'?"
    if not names:
        return None
    if len(names) <= SHOWN:
        return f"{noun}: {', '.join(names)}"
    return None


def _fold(word: str) -> str:
    return word.casefold().replace("-", "_").replace(" ", "_")
