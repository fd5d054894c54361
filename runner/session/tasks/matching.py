"""Which intent a sentence means: the first, in the order in which they are written."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping

from runner.patterns import LONGEST, Pattern, PatternError, compile_pattern, words_of
from runner.schema.intents import Intent

_Phrase = tuple[tuple[str, ...], int]


class IntentMatcher:
    """Finds phrases and patterns in sentences.

    Its time grows with the words of a sentence, not with the number of phrases; all patterns
    together are searched once, and each by itself only where one of them is there.

    Args:
        intents: name → intent, in their order.
    """

    def __init__(self, intents: Mapping[str, Intent]) -> None:
        """Read nothing yet: a persona that never speaks costs nothing."""
        self._intents = dict(intents)
        self._names = list(self._intents)
        self._phrases: dict[str, list[_Phrase]] | None = None
        self._patterns: list[tuple[Pattern, int]] = []
        self._any: Pattern | None = None

    def __bool__(self) -> bool:
        """Whether there are any."""
        return bool(self._intents)

    def match(self, text: str, does: Callable[[Intent], bool] = lambda _: True) -> str | None:
        """The first intent that a sentence means.

        Args:
            text: what the caller has said.
            does: whether an intent would do anything just now; else the next one is tried.
        """
        if not self._intents:
            return None
        places = sorted(self._meant(text[:LONGEST]))
        return next(
            (self._names[at] for at in places if does(self._intents[self._names[at]])), None
        )

    def __getitem__(self, name: str) -> Intent:
        """An intent by its name."""
        return self._intents[name]

    def _meant(self, text: str) -> set[int]:
        if self._phrases is None:
            self._phrases = self._read()
        words, places = words_of(text), set[int]()
        for place, word in enumerate(words):
            for phrase, at in self._phrases.get(word, ()):
                if words[place : place + len(phrase)] == phrase:
                    places.add(at)
        if self._patterns and (self._any is None or self._any.search(text) is not None):
            places |= {at for pattern, at in self._patterns if pattern.search(text) is not None}
        return places

    def _read(self) -> dict[str, list[_Phrase]]:
        index: dict[str, list[_Phrase]] = {}
        for at, intent in enumerate(self._intents.values()):
            for phrase in map(words_of, intent.phrases):
                index.setdefault(phrase[0], []).append((phrase, at))
        self._patterns = list(self._compiled())
        self._any = _together([pattern.text for pattern, _ in self._patterns])
        return index

    def _compiled(self) -> Iterator[tuple[Pattern, int]]:
        for at, intent in enumerate(self._intents.values()):
            if intent.pattern is not None:
                yield compile_pattern(str(intent.pattern), any_case=True), at


def _together(patterns: list[str]) -> Pattern | None:
    """All patterns as one, where they can be: names of groups and flags may forbid it."""
    try:
        return compile_pattern("|".join(f"(?:{text})" for text in patterns), any_case=True)
    except PatternError:
        return None
