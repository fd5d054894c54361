"""Secrets and private values made unreadable wherever somebody sends them back."""

from __future__ import annotations

import base64
import html
import json
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any, ClassVar, Final
from urllib.parse import quote, quote_plus

from runner.secret import STARS, Secret, reveal

_SHORTEST: Final = 4
"""Characters. A shorter secret would make words unreadable that have nothing to do with it."""

_SHORTEST_PRIVATE: Final = 3
"""Characters of a private value: it is masked as a word of its own, such as a CVC of a card."""

_SHORTEST_LINE: Final = 32
"""Characters of one line of a secret of several lines, from which it is one by itself."""

_SHORTEST_REVERSED: Final = 6
"""Characters of a private value; a shorter one, such as a PIN, is another harmless one reversed."""

_BETWEEN_HEX: Final = ("", " ", ":", "-", "%", "\\x", "0x", ", 0x", " 0x", ",0x")
_LONG_CORE: Final = 8
_EDGE: Final = 4
_BEFORE: Final = re.compile(r"[A-Za-z0-9+/_-]*\Z")
_AFTER: Final = re.compile(r"[A-Za-z0-9+/_-]{0,4}={0,2}")
_ONLY: Final = re.compile(r"[A-Za-z0-9+/]*")
_STANDARD: Final = str.maketrans("-_", "+/")
_URLSAFE: Final = str.maketrans("+/", "-_")
_SPACES: Final = " \t\r\n"


@dataclass(frozen=True, slots=True, repr=False)
class _Core:
    """What is certain to stand in the Base64 of any text that holds a value.

    Attributes:
        text: the characters that the value alone decides.
        before: bytes of something else in front of the value, in its group of three.
        raw: the value.
    """

    text: str
    before: int
    raw: bytes

    def spans(self, text: str) -> Iterator[tuple[int, int]]:
        """Yield where the value stands in a text, with the characters that it shares."""
        for at in _places(self.text, text):
            if len(self.text) >= _LONG_CORE or self._is_whole(text, at):
                end = at + len(self.text)
                after = _AFTER.match(text, end)
                before = _BEFORE.search(text[max(0, at - _EDGE) : at])
                yield at - len(before[0]) if before else at, after.end() if after else end

    def _is_whole(self, text: str, at: int) -> bool:
        """Tell a short value from a few letters that are the same by chance."""
        begin = at - (self.before * 8 + 5) // 6
        count = -(-(self.before + len(self.raw)) * 8 // 6)
        written = text[max(0, begin) : begin + count].translate(_STANDARD)
        if begin < 0 or not _ONLY.fullmatch(written) or len(written) < count:
            return False
        decoded = base64.b64decode(written + "A" * (-len(written) % 4))
        return decoded[self.before :].startswith(self.raw)


@dataclass(frozen=True, slots=True, repr=False)
class _Spelled:
    """All ways in which one value is looked for.

    Attributes:
        plain: texts, in any case.
        cores: what stands in Base64.
        words: whether only whole words count, as for a short private value.
    """

    plain: tuple[str, ...]
    cores: tuple[_Core, ...] = ()
    words: re.Pattern[str] | None = None

    def finds(self, text: str, folded: str) -> bool:
        if self.words is not None:
            return self.words.search(folded) is not None
        return any(each in folded for each in self.plain) or any(c.text in text for c in self.cores)

    def spans(self, text: str, folded: str) -> Iterator[tuple[int, int]]:
        if self.words is not None:
            yield from (match.span() for match in self.words.finditer(folded))
            return
        for each in self.plain:
            yield from ((at, at + len(each)) for at in _places(each, folded))
        for core in self.cores:
            yield from core.spans(text)


def _places(part: str, text: str) -> Iterator[int]:
    at = text.find(part)
    while at >= 0:
        yield at
        at = text.find(part, at + 1)


def _folded(text: str) -> str:
    """The same length in small letters: places in it are places in the text."""
    small = text.lower()
    if len(small) == len(text):
        return small
    return "".join(low if len(low := letter.lower()) == 1 else letter for letter in text)


def _spellings(value: str) -> Iterator[str]:
    yield value
    yield quote(value, safe="", errors="replace")
    yield quote(value, errors="replace")
    yield quote_plus(value, errors="replace")
    for ascii_only in (True, False):
        written = json.dumps(value, ensure_ascii=ascii_only)[1:-1]
        yield written
        yield written.replace("/", "\\/")
    yield html.escape(value)
    yield html.escape(value, quote=False)
    pairs = [f"{byte:02x}" for byte in value.encode("utf-8", "replace")]
    yield from (between.join(pairs) for between in _BETWEEN_HEX)


def _cores(value: str) -> Iterator[_Core]:
    raw = value.encode("utf-8", "replace")
    for before in range(3):
        encoded = base64.b64encode(b"\0" * before + raw).decode()
        core = encoded[(before * 8 + 5) // 6 : (before + len(raw)) * 8 // 6]
        yield from (_Core(text, before, raw) for text in {core, core.translate(_URLSAFE)})


@lru_cache(maxsize=4096)
def _secret(value: str) -> tuple[_Spelled, ...]:
    """How a secret is looked for; each long line of it, and what spaces surround, counts too."""
    lines = value.splitlines()
    parts = {value, value.strip(_SPACES)}
    if len(lines) > 1:
        parts.update(line for line in lines if len(line) >= _SHORTEST_LINE)
    return tuple(_spelled(part) for part in sorted(parts) if len(part) >= _SHORTEST)


def _spelled(value: str) -> _Spelled:
    plain = {_folded(spelling) for spelling in (*_spellings(value), value[::-1])}
    return _Spelled(tuple(sorted(plain)), tuple(_cores(value)))


@lru_cache(maxsize=1024)
def _private(value: str) -> tuple[_Spelled, ...]:
    """How a private value is looked for: as words of their own where it is short."""
    if len(value) < _SHORTEST_PRIVATE:
        return ()
    plain = {*_spellings(value), *([value[::-1]] if len(value) >= _SHORTEST_REVERSED else [])}
    either = "|".join(re.escape(_folded(each)) for each in sorted(plain, key=len, reverse=True))
    words = _Spelled((), (), re.compile(rf"(?<!\w)(?:{either})(?!\w)"))
    if len(value) < _SHORTEST:
        return (words,)
    return (words, _Spelled((), tuple(_cores(value))))


def _leaves(value: Any) -> Iterator[str]:
    """Yield the texts and numbers in a private value; yes, no and nothing hide nobody."""
    if isinstance(value, Mapping):
        for item in value.values():
            yield from _leaves(item)
    elif isinstance(value, list | tuple):
        for item in value:
            yield from _leaves(item)
    elif value is not None and not isinstance(value, bool):
        yield str(value).strip()


@dataclass(slots=True, repr=False)
class Mask:
    """Replaces secrets and private values by three stars, in whatever form they come back.

    They are found in any case, percent-encoded, as JSON or HTML writes them, in hex, reversed and
    in Base64. Secrets of fewer than four characters are left alone in free text, and so are private
    values of fewer than three; short private values are words of their own.

    Args:
        secrets: their values.
        private: values of variables and parameters that are `private: yes`; lists and records hide
            all that is in them.
        stars: what stands in their place.
    """

    STARS: ClassVar[str] = STARS

    secrets: Iterable[Secret[str] | str] = ()
    private: Iterable[Any] = ()
    stars: str = STARS
    _spelled: tuple[_Spelled, ...] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        """Work out what to look for; the same value costs nothing a second time."""
        forms = {form: None for each in self.secrets for form in _secret(reveal(each))}
        for value in self.private:
            forms |= {form: None for leaf in _leaves(value) for form in _private(leaf)}
        self._spelled = tuple(forms)
        self.secrets = self.private = ()

    def finds(self, text: str) -> bool:
        """Tell whether a text may hold one of them."""
        folded = _folded(text)
        return any(each.finds(text, folded) for each in self._spelled)

    def text(self, text: str) -> str:
        """Mask a text."""
        parts: list[str] = []
        done = 0
        for begin, end in self.spans(text):
            parts += [text[done:begin], self.stars]
            done = end
        return "".join([*parts, text[done:]])

    def spans(self, text: str) -> list[tuple[int, int]]:
        """Tell where in a text they stand, in order."""
        folded = _folded(text)
        spans = sorted({s for each in self._spelled for s in each.spans(text, folded)})
        return list(_joined(spans)) if spans else []

    def begins(self, text: str) -> int:
        """Tell how many characters at the end of a text may be the beginning of one of them."""
        if not text:
            return 0
        folded = _folded(text)
        lengths = [_overlap(folded, each) for s in self._spelled for each in s.plain]
        lengths += [_overlap(text, core.text) for s in self._spelled for core in s.cores]
        return max(lengths, default=0)

    def data(self, value: Any) -> Any:
        """Mask all texts and numbers of what was JSON; its depth must be bounded."""
        if isinstance(value, str):
            return self.text(value)
        if isinstance(value, dict):
            return {self.text(key): self.data(item) for key, item in value.items()}
        if isinstance(value, list):
            return [self.data(item) for item in value]
        if isinstance(value, int | float) and not isinstance(value, bool):
            written = str(value)
            return self.text(written) if self.finds(written) else value
        return value


def _overlap(text: str, part: str) -> int:
    """The longest beginning of `part`, but not all of it, with which a text ends."""
    last, at = text[-1], len(part) - 1
    while (at := part.rfind(last, 0, at)) >= 0:
        if text.endswith(part[: at + 1]):
            return at + 1
    return 0


class MaskedStream:
    """Masks a text that comes in pieces, of which one may end in the middle of a secret."""

    def __init__(self, mask: Mask) -> None:
        """Begin with nothing."""
        self._mask = mask
        self._held = ""

    def feed(self, text: str) -> str:
        """Give what may be shown so far."""
        text = self._held + text
        shown = len(text) - self._mask.begins(text)
        for begin, end in self._mask.spans(text):
            if begin < shown < end:
                shown = max(end, len(text) - self._mask.begins(text[end:]))
        self._held = text[shown:]
        return self._mask.text(text[:shown])

    def rest(self) -> str:
        """Give what was held back, at the end."""
        text, self._held = self._held, ""
        return self._mask.text(text)


def _joined(spans: list[tuple[int, int]]) -> Iterator[tuple[int, int]]:
    """Yield spans that do not overlap."""
    begin, end = spans[0]
    for other, last in spans[1:]:
        if other >= end:
            yield begin, end
            begin, end = other, last
        end = max(end, last)
    yield begin, end
