"""Long texts: how much of what the model is told differs, and where it begins."""

from __future__ import annotations

import re
from collections import Counter

from runner.diff.wording import counted, listed, quoted

_SENTENCE = re.compile(r"(?<=[.!?])\s+|\n+")


def edited(before: str, after: str) -> str:
    """What differs between two texts: `12 words more, 3 fewer, first “…”`."""
    old, now = Counter(before.split()), Counter(after.split())
    more, fewer = (now - old).total(), (old - now).total()
    counts = [f"{counted(more, 'word')} more"] if more else []
    counts += [f"{fewer} fewer" if more else f"{counted(fewer, 'word')} fewer"] if fewer else []
    edits = [listed(counts) if counts else "the same words in another order"]
    if new := _first(after, before):
        edits.append(f"the first that is new: {quoted(new)}")
    elif left := _first(before, after):
        edits.append(f"the first that is left out: {quoted(left)}")
    return "; ".join(edits)


def _first(text: str, other: str) -> str | None:
    """The first sentence that the other text does not have."""
    known = set(_sentences(other))
    return next((s for s in _sentences(text) if s not in known), None)


def _sentences(text: str) -> list[str]:
    return [s for part in _SENTENCE.split(text) if (s := " ".join(part.split()))]
