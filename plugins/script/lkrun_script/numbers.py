"""Whole numbers as people say them, in digits or in English words."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

_SMALL = [
    "zero",
    "one",
    "two",
    "three",
    "four",
    "five",
    "six",
    "seven",
    "eight",
    "nine",
    "ten",
    "eleven",
    "twelve",
    "thirteen",
    "fourteen",
    "fifteen",
    "sixteen",
    "seventeen",
    "eighteen",
    "nineteen",
]
_TENS = ["twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety"]
_WORDS = {word: n for n, word in enumerate(_SMALL)} | {
    word: 10 * n for n, word in enumerate(_TENS, 2)
}
_HUNDRED, _THOUSAND, _AND = "hundred", "thousand", "and"
_MOST_DIGITS = 18
_DIGIT = 10


def numbers(said: Sequence[str]) -> Iterator[str]:
    """The numbers among a caller's words, in digits.

    `one hundred and eighteen` and `one one eight` are both `118`.
    """
    run: list[str] = []
    for word in (*said, ""):
        part_of_one = word in _WORDS or word in (_HUNDRED, _THOUSAND) or word.isdecimal()
        if part_of_one or (word == _AND and run and run[-1] in (_HUNDRED, _THOUSAND)):
            run.append(word)
            continue
        yield from _values(run)
        run = []


def _values(run: Sequence[str]) -> Iterator[str]:
    words = [word for word in run if word != _AND]
    if words == ["one"] or not any(word in _WORDS or word.isdecimal() for word in words):
        return  # `one moment` is no number
    if all(_is_digit(word) for word in words):
        yield "".join(_digits(word) for word in words)[:_MOST_DIGITS]
    elif _HUNDRED in words or _THOUSAND in words:
        yield str(_sum(words))
    else:
        yield from _pairs(words)


def _is_digit(word: str) -> bool:
    return word not in (_HUNDRED, _THOUSAND) and len(_digits(word)) == 1


def _digits(word: str) -> str:
    return str(_WORDS[word]) if word in _WORDS else str(int(word[:_MOST_DIGITS]))


def _sum(words: Sequence[str]) -> int:
    total = part = 0
    for word in words:
        if word == _HUNDRED:
            part = max(part, 1) * 100
        elif word == _THOUSAND:
            total, part = total + max(part, 1) * 1000, 0
        else:
            part += int(_digits(word))
    return total + part


def _pairs(words: Sequence[str]) -> Iterator[str]:
    """`twenty one` is one number, `118 119` are two."""
    waiting = 0
    for word in words:
        value = int(_digits(word))
        if waiting and value < _DIGIT and word in _WORDS:
            yield str(waiting + value)
            waiting = 0
            continue
        if waiting:
            yield str(waiting)
        waiting = 0
        if word in _TENS:
            waiting = value
        else:
            yield str(value)
    if waiting:
        yield str(waiting)
