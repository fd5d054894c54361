"""Numbers of cards and telephone numbers, found among digits by how they are built.

Each text is read once, whatever stands in it: the time grows with its length alone.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from runner.late_pattern import late
from runner.masking.reading import SEAM

Find = Callable[["_Run", int, int], int]
Found = tuple[int, int, str]
"""Where something stands in a text, and its kind."""

_SPACES: Final = f" \t\u00a0\u2009\u202f{SEAM}"
_DASHES: Final = "\u2013-"
_RUN: Final = late(rf"(?:\+ ?|(?<![^\W_]))\(?\d(?:[{_SPACES}().,/{_DASHES}]{{0,3}}\d)*")
"""Digits with what may stand between those of one number."""

_DIGITS: Final = late(r"\d+")
_ACCOUNT: Final = late(
    rf"(?<![^\W_])[A-Z]{{2}}\d{{2}}(?:[{_SPACES}]?[A-Z0-9]{{4}}){{2,7}}"
    rf"(?:[{_SPACES}]?[A-Z0-9]{{1,3}})?(?![^\W_])"
)
"""An IBAN: its digits are no card, and no telephone."""


@dataclass(frozen=True, slots=True)
class _Group:
    """Digits without anything between them, in a run.

    Attributes:
        at: how many digits of the run stand before them.
        before: what stands between them and those before.
    """

    digits: str
    at: int
    start: int
    end: int
    before: str


@dataclass(frozen=True, slots=True)
class _Run:
    """Digits, with little between them.

    Attributes:
        digits: all of them.
        ends: how many digits → how many groups hold them, where these end there.
    """

    groups: list[_Group]
    digits: str
    ends: dict[int, int]

    @classmethod
    def of(cls, groups: list[_Group]) -> _Run:
        """Make one."""
        ends = {each.at + len(each.digits): place for place, each in enumerate(groups, 1)}
        return cls(groups, "".join(each.digits for each in groups), ends)

    def sizes(self, place: int, end: int) -> tuple[int, ...]:
        """How many digits each of these groups has."""
        return tuple(len(each.digits) for each in self.groups[place:end])

    def longest(self, place: int, lengths: range) -> int:
        """The end of the longest number that begins here and may stand on a telephone."""
        groups, begin = self.groups, self.groups[place].at
        found = 0
        for end in range(place + 1, min(len(groups), place + lengths.stop) + 1):
            last = groups[end - 1]
            count = last.at + len(last.digits) - begin
            if count >= lengths.stop or (end > place + 1 and not _follows(self, end - 1)):
                break
            found = end if count in lengths else found
        return found


def found(text: str, finds: Mapping[str, Find]) -> Iterator[Found]:
    """Where numbers stand, in order."""
    accounts = [match.span() for match in _ACCOUNT.finditer(text)]
    for run in _RUN.finditer(text):
        while accounts and accounts[0][1] <= run.start():
            accounts.pop(0)
        groups = _groups(text, run, accounts[:2])
        if groups:
            yield from _in_run(text, _Run.of(groups), finds)


def _in_run(text: str, run: _Run, finds: Mapping[str, Find]) -> Iterator[Found]:
    place = fresh = 0
    while place < len(run.groups):
        if skipped := _date(run.groups, place):
            place += skipped
            continue
        for kind, find in finds.items():
            if end := find(run, place, fresh):
                yield _begin(text, run.groups[place]), run.groups[end - 1].end, kind
                place = fresh = end
                break
        else:
            place += 1


def _groups(text: str, run: re.Match[str], accounts: list[tuple[int, int]]) -> list[_Group]:
    """The groups of digits of a run; not those of an account, nor one that is part of a word."""
    groups: list[_Group] = []
    last, at = run.start(), 0
    for match in _DIGITS.finditer(text, run.start(), run.end()):
        following = text[match.end() : match.end() + 1]
        if following.isalpha():
            break
        if not any(start <= match.start() < end for start, end in accounts):
            groups.append(_Group(match[0], at, *match.span(), text[last : match.start()]))
            at += len(match[0])
        last = match.end()
    return groups


def _begin(text: str, group: _Group) -> int:
    """Where a number begins: with its plus sign, and a bracket that is opened."""
    start = group.start - (text[group.start - 1 : group.start] == "(")
    if text[start - 2 : start] == "+ ":
        return start - 2
    return start - (text[start - 1 : start] == "+")


def _date(groups: list[_Group], place: int) -> int:
    """How many groups are a date, such as 02.03.2026 or 2026-03-02; none where it is none."""
    three = groups[place : place + 3]
    if len(three) < 3 or three[1].before != three[2].before:  # noqa: PLR2004 - day, month, year
        return 0
    sign = three[1].before
    if sign not in (".", "-", "/"):
        return 0
    if len(groups) > place + 3 and groups[place + 3].before == sign:
        return 0  # a telephone number in pairs
    day, month, year = (each.digits for each in three)
    if len(day) == _YEAR:
        day, year = year, day
    fits = len(year) in (2, _YEAR) and len(day) <= 2 and len(month) <= 2  # noqa: PLR2004 - digits
    return 3 if fits and int(day) <= _DAYS and int(month) <= _DAYS else 0


_YEAR: Final = 4
_DAYS: Final = 31

_CARD: Final = range(13, 20)
"""Digits of a card (ISO/IEC 7812)."""

_ISSUED: Final = late(
    r"4(?:\d{12}|\d{15}|\d{18})|5\d{12,18}|6\d{12,18}|2[2-7]\d{14,17}|3[47]\d{13}|3[0689]\d{12,17}"
    r"|35\d{14,17}|(?:8[12]\d\d|9792)\d{12,15}"
)
"""How numbers of cards begin, and how long they are then."""

_DOUBLED: Final = (0, 2, 4, 6, 8, 1, 3, 5, 7, 9)


def _card(run: _Run, place: int, _: int) -> int:
    """Where a card ends that begins here: with the most digits that fit."""
    begin = run.groups[place].at
    if run.digits[begin] not in "2345689":
        return 0
    for length in reversed(_CARD):
        end = run.ends.get(begin + length)
        if (
            end is not None
            and _ISSUED.fullmatch(run.digits, begin, begin + length)
            and _luhn(run.digits[begin : begin + length])
            and len(signs := {_between(each.before) for each in run.groups[place + 1 : end]}) <= 1
            and "" not in signs
        ):
            return end
    return 0


def _between(text: str) -> str:
    """What kind of thing stands between two groups of a card; nothing: what never does."""
    bare = text.strip(_SPACES)
    if bare in ("", ","):
        return " "
    return "-" if text and text in _DASHES else text if text == "." else ""


def _luhn(digits: str) -> bool:
    """Whether the last digit is the right one (ISO/IEC 7812)."""
    numbers = [int(digit) for digit in reversed(digits)]
    return (sum(numbers[::2]) + sum(_DOUBLED[n] for n in numbers[1::2])) % 10 == 0


_ABROAD: Final = range(8, 16)
_DIALLED_ABROAD: Final = range(10, 18)
_AT_HOME: Final = range(9, 14)
_TELEPHONE: Final = late(rf"[{_SPACES}]?[()./{_DASHES}]{{0,2}}[{_SPACES}]?")
_AMERICAN: Final = late(r"1?[2-9]\d\d[2-9]\d{6}")
_AMERICAN_GROUPS: Final = frozenset({
    (10,), (3, 7), (3, 3, 4), (6, 4), (1, 10), (1, 3, 7), (1, 3, 3, 4), (11,), (4, 3, 4),
    (1,) * 10, (1,) * 11,
})  # fmt: skip
_SHORT_GROUPS: Final = frozenset({(3, 3, 3), (3, 2, 2, 2)})
"""As nine digits of a country without a leading 0 are written, such as Spain's."""


def _phone(run: _Run, place: int, fresh: int) -> int:
    """Where a telephone number ends that begins here: with the most digits that fit."""
    first = run.groups[place]
    if "+" in first.before:
        return run.longest(place, _ABROAD)
    if place > fresh and first.before in (".", ","):
        return 0  # decimals
    if first.digits[0] != "0":
        return _american(run, place) or _short(run, place)
    second = run.digits[first.at + 1 : first.at + 2]
    if first.digits.startswith("00"):
        known = first.digits[2:3] not in ("", "0")
        return run.longest(place, _DIALLED_ABROAD) if known else 0
    if second in ("", "0") or (first.digits == "0" and not _spaced(run, place)):
        return 0
    return run.longest(place, _AT_HOME)


def _spaced(run: _Run, place: int) -> bool:
    return run.groups[place + 1].before in tuple(_SPACES)


def _follows(run: _Run, place: int) -> bool:
    """Whether a group may go on with a telephone number."""
    before = run.groups[place].before
    return "+" not in before and bool(_TELEPHONE.fullmatch(before)) and not _date(run.groups, place)


def _american(run: _Run, place: int) -> int:
    begin = run.groups[place].at
    for length in (10, 11):
        end = run.ends.get(begin + length)
        if (
            end is not None
            and _AMERICAN.fullmatch(run.digits, begin, begin + length)
            and run.sizes(place, end) in _AMERICAN_GROUPS
            and all(_TELEPHONE.fullmatch(each.before) for each in run.groups[place + 1 : end])
        ):
            return end
    return 0


def _short(run: _Run, place: int) -> int:
    begin = run.groups[place].at
    end = run.ends.get(begin + 9)
    if end is None or run.digits[begin] not in "6789":
        return 0
    between = {each.before for each in run.groups[place + 1 : end]}
    fits = run.sizes(place, end) in _SHORT_GROUPS and between in ({" "}, {"-"})
    return end if fits else 0


FINDS: Final[Mapping[str, Find]] = {"card": _card, "phone": _phone}
"""Kind → where such a number ends that begins with a group of a run, of which all before another
one is masked already; 0 where none does."""

_NATIONAL: Final = 9
"""Digits of a number at home in countries that need no 0 before, such as Spain and Poland."""


def _dictated(run: _Run, place: int, fresh: int) -> int:
    """The same of digits that were said: nobody dictates nine of them that are an amount."""
    if end := _phone(run, place, fresh):
        return end
    nine = place == 0 and len(run.digits) == _NATIONAL and run.digits[0] in "56789"
    return len(run.groups) if nine else 0


DICTATED: Final[Mapping[str, Find]] = {"phone": _dictated}
"""What finds a number of a kind otherwise where it was said in words."""
