"""What the caller has named: slots and named groups, of each sentence and of the whole talk."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from lkrun_script.near import tokens
from lkrun_script.patterns import found

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from lkrun_script.options import Options

_REMEMBERED = 1000
"""Sentences whose words are looked at once only."""


@dataclass(frozen=True, slots=True)
class Sentence:
    """One text of the caller.

    Attributes:
        text: as it was said.
        words: its words, as `near.tokens` gives them.
        named: slot or group → its values in the order in which they were named.
    """

    text: str = ""
    words: tuple[str, ...] = ()
    named: Mapping[str, tuple[str, ...]] = field(default_factory=dict)


@dataclass(slots=True)
class Listener:
    """Reads sentences with an author's slots and patterns."""

    options: Options
    _sentences: dict[str, Sentence] = field(default_factory=dict)

    def sentence(self, text: str) -> Sentence:
        """Read one."""
        if text not in self._sentences:
            if len(self._sentences) >= _REMEMBERED:
                self._sentences.clear()
            words = tokens(text)
            self._sentences[text] = Sentence(text, words, self._named(text, words))
        return self._sentences[text]

    def known(self, texts: Iterable[str]) -> dict[str, str]:
        """The last value of each slot and group in all that was said."""
        values: dict[str, str] = {}
        for text in texts:
            values |= {name: each[-1] for name, each in self.sentence(text).named.items()}
        return values

    def _named(self, text: str, words: tuple[str, ...]) -> dict[str, tuple[str, ...]]:
        named: dict[str, tuple[str, ...]] = {}
        for rule in self.options.rules:
            for pattern in rule.patterns:
                for name, value in (found(pattern, text) or {}).items():
                    named.setdefault(name, (value,))
        slots = ((name, slot.named(words)) for name, slot in self.options.slots.items())
        return named | {name: values for name, values in slots if values}
