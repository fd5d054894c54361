"""Passages, found by the words of a question."""

from __future__ import annotations

import logging
from collections.abc import Iterable
from typing import Final

from runner.knowledge.passages import Passage
from runner.knowledge.words import words

_LONGEST_QUESTION: Final = 2000
"""Characters of a question that are read."""


class Index:
    """The passages of some documents, ranked by BM25.

    Args:
        passages: in the order of the documents, which decides between equals.
    """

    def __init__(self, passages: Iterable[Passage]) -> None:
        from bm25s import BM25  # noqa: PLC0415 - it brings numpy, which few processes need

        logging.getLogger("bm25s").setLevel(logging.WARNING)  # its own is DEBUG
        self._passages = tuple(passages)
        texts = [words(f"{p.title}\n{p.title}\n{p.text}") for p in self._passages]
        self._known = frozenset(word for text in texts for word in text)
        self._ranking = BM25()  # type: ignore[no-untyped-call]  # the library has no types
        if self._known:
            self._ranking.index(texts, show_progress=False)

    def find(self, question: str, most: int) -> list[Passage]:
        """The passages that fit a question best, the best first.

        Args:
            question: in plain words.
            most: how many at most.
        """
        wanted = [w for w in words(question[:_LONGEST_QUESTION]) if w in self._known]
        if not wanted:
            return []
        scores = self._ranking.get_scores(wanted)
        best = sorted(range(len(scores)), key=lambda place: (-scores[place], place))
        return [self._passages[place] for place in best[:most] if scores[place] > 0]
