"""Numbers in words, as digits: a text is read as it would be written, in each language.

Who dictates a number says "four one one one", "forty-one eleven", "double four" or
"einundvierzig elf"; recognisers write that down as it was said, or as digits, or both by turns.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Final

from runner.masking.adding import Adding, Number, Place
from runner.masking.languages import NEAR, Word, languages, words_of
from runner.masking.reading import SEAM, Reading

_GAP: Final = re.compile(rf"[\s,;:.…\u2013\u2014{SEAM}-]{{0,8}}")
_FEWEST: Final = 3
"""Words of numbers in a text, from which a language is one that it may be in."""

_NUMBERS: Final = frozenset({"digit", "teen", "tens", "hundreds", "hundred"})


def readings(text: str) -> Iterator[Reading]:
    """The text in each language of whose numbers it holds some."""
    written = list(words_of(text))
    for language in languages():
        words = language.words(text, written)
        kinds = [atom.kind for word in words for atom in word.atoms if atom.kind in _NUMBERS]
        if len(kinds) < _FEWEST:
            continue
        for added in (False, True) if {"hundred", "hundreds"} & {*kinds} else (False,):
            for between in (" ", ""):
                yield _read(text, words, Adding(language, added=added), between)


def _read(text: str, words: Sequence[Word], adding: Adding, between: str) -> Reading:
    """The text with digits for words, and this between two numbers that were said."""
    reading = Reading()
    done = 0
    for chain in _chains(text, words):
        last: Number | None = None
        for number in adding.numbers(chain):
            start, end = words[number.first].start, words[number.last].end
            if last is None or not (last.said or number.said):
                reading.copy(text, done, start)
                if number.said:  # in a script without spaces, a letter may stand before it
                    reading.add(" ", start, start)
            else:
                close = last.said and number.said and last.last + 1 == number.first
                reading.add(between if close else " ", done, start)
            reading.add(number.digits, start, end, said=number.said)
            last, done = number, end
        if last is not None and last.said:
            reading.add(" ", done, done)
    reading.copy(text, done, len(text))
    return reading.done()


def _chains(text: str, words: Sequence[Word]) -> Iterator[list[Place]]:
    """Words of numbers with nothing else between them."""
    chain: list[Place] = []
    for place, word in enumerate(words):
        before = words[place - 1].end if place else 0
        if chain and (not word.atoms or not _GAP.fullmatch(text, before, word.start)):
            yield chain
            chain = []
        near = bool(NEAR.fullmatch(text, before, word.start))
        chain += [Place(atom, place, near or number > 0) for number, atom in enumerate(word.atoms)]
    if chain:
        yield chain
