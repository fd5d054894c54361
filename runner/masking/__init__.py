"""Numbers of cards, addresses of mail and telephone numbers, made unreadable in what is kept.

Nothing is known of a text but its letters, so what looks like one of them goes: in digits, in words
of the languages that lkrun speaks, and in several texts of one speaker, one after the other. Each
text is read once, whatever stands in it: the time grows with its length alone.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Hashable, Iterable, Iterator, Sequence
from functools import cache
from itertools import accumulate
from typing import Any, Final

from runner.masking.mail import without_mail
from runner.masking.numbers import DICTATED, FINDS, Find, Found, found
from runner.masking.reading import SEAM, Reading, bridged

KINDS: Final = ("card", "email", "phone")
"""What can be masked; `[card]` and the like stand in its place."""

_TIMES: Final = 4
_FEW_WORDS, _SOME_WORDS = 2, 8
"""Between two parts of a number that were said one after the other: of any, and of a card, whose
digits prove each other."""

_SEVERAL: Final = 3
"""Words of a text that may be a number."""


@cache
def masking(kinds: frozenset[str]) -> Masking:
    """What masks these kinds."""
    return Masking(kinds)


class Masking:
    """Masks texts, and all texts in plain data.

    Args:
        kinds: of `KINDS`; without any, nothing changes.

    Attributes:
        kinds: those.
    """

    def __init__(self, kinds: Iterable[str]) -> None:
        """Take what is masked."""
        self.kinds = frozenset(kinds)
        self._finds = {kind: find for kind, find in FINDS.items() if kind in self.kinds}
        self._cards = {kind: find for kind, find in self._finds.items() if kind == "card"}

    def text(self, text: str) -> str:
        """The text without them."""
        for _ in range(_TIMES):  # what stood beside one may be another by itself
            masked = self._once(text)
            if masked == text:
                break
            text = masked
        return text

    def texts(self, texts: Sequence[str]) -> list[str]:
        """Texts of one speaker, one after the other; a number may go on in the next one."""
        alone = [self.text(text) for text in texts]
        if not self._finds or sum(map(bool, alone)) < 2:  # noqa: PLR2004 - it takes two
            return alone
        joined = SEAM.join(text.replace(SEAM, " ") for text in alone)
        spans = _apart(self._over_seams(_plain_digits(joined)))
        if not spans:
            return alone
        ends = list(accumulate(len(text) + 1 for text in alone))
        return [
            _replaced(text, _within(spans, end - 1 - len(text), end - 1))
            for text, end in zip(alone, ends, strict=True)
        ]

    def spoken(self, lines: Sequence[tuple[Hashable, str]]) -> list[str]:
        """What several speakers have said by turns: each line with its speaker."""
        by: dict[Hashable, list[int]] = {}
        for place, (speaker, _) in enumerate(lines):
            by.setdefault(speaker, []).append(place)
        said = [text for _, text in lines]
        for places in by.values():
            masked = self.texts([said[place] for place in places])
            for place, text in zip(places, masked, strict=True):
                said[place] = text
        return said

    def data(self, value: Any) -> Any:
        """The same of all texts and whole numbers of plain data; its depth must be bounded."""
        if isinstance(value, str):
            return self.text(value)
        if isinstance(value, dict):
            return {self.data(name): self.data(each) for name, each in value.items()}
        if isinstance(value, list | tuple):
            return type(value)([self.data(each) for each in value])
        if isinstance(value, int) and not isinstance(value, bool):
            written = self.text(str(value))
            return value if written == str(value) else written
        return value

    def _once(self, text: str) -> str:
        if "email" in self.kinds:
            text = without_mail(text)
        if not self._finds:
            return text
        plain = _plain_digits(text)
        spans = list(found(plain, self._finds)) if any(map(str.isdigit, plain)) else []
        spans += _said(plain, self._finds)
        return _replaced(text, _apart(spans)) if spans else text

    def _over_seams(self, joined: str) -> Iterator[Found]:
        """Numbers that go on from one text to the next."""
        from runner.masking.spoken import readings  # noqa: PLC0415 - as in `_said`

        for reading in (Reading.of(joined), *readings(joined)):
            for words, finds in ((_FEW_WORDS, self._finds), (_SOME_WORDS, self._cards)):
                over = bridged(reading, words)
                for start, end, kind in found(over.text, finds):
                    begin, last = over.span(start, end)
                    if SEAM in joined[begin:last]:
                        yield from ((*span, kind) for span in over.pieces(start, end))


def _plain_digits(text: str) -> str:
    """The same with digits of each script as those of ours; nothing else of it moves."""
    if text.isascii():
        return text
    return "".join(str(unicodedata.digit(c)) if c.isdecimal() else c for c in text)


def _said(text: str, finds: dict[str, Find]) -> Iterator[Found]:
    """Numbers that are said in words, by themselves or beside digits."""
    if text.isascii() and len(text.split()) < _SEVERAL:
        return
    from runner.masking.spoken import readings  # noqa: PLC0415 - who masks nothing needs no languages

    dictated = {kind: DICTATED.get(kind, find) for kind, find in finds.items()}
    for reading in readings(text):
        for start, end, kind in found(reading.text, dictated):
            if any(reading.said[start:end]):
                yield *reading.span(start, end), kind


def _apart(spans: Iterable[Found]) -> list[Found]:
    """Those of them that overlap none before them that is longer, in order."""
    kept: list[Found] = []
    for span in sorted(set(spans)):
        while kept and span[0] < kept[-1][1] and _length(span) > _length(kept[-1]):
            kept.pop()
        if not kept or kept[-1][1] <= span[0]:
            kept.append(span)
    return kept


def _length(span: Found) -> int:
    return span[1] - span[0]


def _within(spans: Iterable[Found], start: int, end: int) -> list[Found]:
    """The parts of them that lie in a part of the text, counted from its beginning."""
    return [
        (max(begin, start) - start, min(last, end) - start, kind)
        for begin, last, kind in spans
        if begin < end and start < last and start < end
    ]


def _replaced(text: str, spans: Iterable[Found]) -> str:
    parts: list[str] = []
    done = 0
    for start, end, kind in spans:
        parts += [text[done:start], f"[{kind}]"]
        done = end
    return "".join([*parts, text[done:]])
