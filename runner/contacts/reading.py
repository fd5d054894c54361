"""A table of contacts: each line a person to call, or what is wrong with it."""

from __future__ import annotations

import re
import unicodedata
import zoneinfo
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import cache
from itertools import islice
from typing import Final

from pydantic_core import PydanticCustomError

from runner.contacts.rows import Row, rows
from runner.schema.types.phone_numbers import read_phone_number
from runner.schema.types.values import time_zone

PHONE: Final = "phone"
ZONE: Final = "timezone"
MOST: Final = 100_000
"""Contacts of one campaign."""

_MOST_COLUMNS: Final = 200
_BELOW: Final = 10
"""Lines in which the names of the columns are looked for where the first one has none."""

_AS_WRITTEN: Final = re.compile(r"""^(?:='?"?|['\u2019])""")


@dataclass(frozen=True, slots=True)
class Contact:
    """Somebody to call.

    Attributes:
        line: where they stand in the table.
        number: with + and country.
        zone: their time zone; None: the table does not say.
        columns: all that the table says of them.
    """

    line: int
    number: str
    zone: str | None
    columns: dict[str, str]


@dataclass(frozen=True, slots=True)
class ContactProblem:
    """What is wrong with a table or one of its lines.

    Attributes:
        line: from 1.
        message: what.
        help: how it is mended.
        value: where it stands in its line: what is written there.
        first: where it stands twice: the line of the first.
        head: whether it is about the names of the columns.
    """

    line: int
    message: str
    help: str
    value: str = ""
    first: int | None = None
    head: bool = False


@dataclass(slots=True)
class ContactsReader:
    """Reads a table once.

    Attributes:
        columns: the names in its first line.
    """

    columns: tuple[str, ...] = ()
    _lines: dict[str, int] = field(default_factory=dict)

    def read(self, text: str) -> Iterator[Contact | ContactProblem]:
        """Yield each contact, and each mistake, in the order of the lines."""
        lines = rows(text)
        head = next(lines, None)
        if head is None:
            hint = "write the names of the columns in its first line, phone among them"
            yield ContactProblem(1, "the table is empty", hint, head=True)
            return
        problems = list(self._read_head(head))
        if problems:
            below = list(islice(lines, _BELOW))
            yield from problems if (better := _misplaced(head, below)) is None else [better]
            return
        for row in lines:
            yield from self._read(row)
            if len(self._lines) >= MOST:
                if (next_row := next(lines, None)) is not None:
                    message = f"more than {MOST:,} contacts stand in one table"
                    hint = "split it, with a campaign for each part"
                    yield ContactProblem(next_row.line, message, hint)
                return

    def _read_head(self, head: Row) -> Iterator[ContactProblem]:
        if head.problem is not None:
            yield _unreadable(head)
            return
        names = list(head.values)
        while names and not names[-1]:
            names.pop()
        self.columns = tuple(names)
        yield from _wrong_names(head.line, names)
        if PHONE in names:
            return
        near = next((name for name in names if _means_phone(name)), None)
        if near is not None:
            message, hint = f"there is no column 'phone', but one '{near}'", "name it phone"
        elif any(_is_number(name) for name in names):
            message = "the first line is a contact already, where the names of the columns belong"
            hint = "write a line above it: phone above the numbers, and a name for each column"
        else:
            message = "there is no column 'phone' in the first line"
            hint = "write the names of the columns there; the one with the numbers is phone"
        yield ContactProblem(head.line, message, hint, near or "", head=True)

    def _read(self, row: Row) -> Iterator[Contact | ContactProblem]:
        if row.problem is not None:
            yield _unreadable(row)
            return
        values, wanted = row.values, len(self.columns)
        if len(values) < wanted or any(values[wanted:]):
            filled = len(values) if len(values) < wanted else _filled(values)
            names = f"{wanted} column{'s' * (wanted != 1)}"
            yield ContactProblem(
                row.line,
                f"this line has {filled} value{'s' * (filled != 1)}, and the first one names "
                f"{names}",
                "write a value for each column; one that holds what parts the columns needs "
                'quotes (") around it',
            )
            return
        contact = dict(zip(self.columns, values, strict=False))
        number, problem = self._number(row.line, contact[PHONE])
        if problem is not None:
            yield problem
        zone = contact.get(ZONE) or None
        if zone is not None and (wrong := _zone_problem(zone)) is not None:
            yield ContactProblem(row.line, wrong[0], wrong[1], zone)
        elif number is not None:
            yield Contact(row.line, number, zone, contact)

    def _number(self, line: int, written: str) -> tuple[str | None, ContactProblem | None]:
        # how spreadsheets mark a number that is to stay as it is written
        written = _AS_WRITTEN.sub("", written).rstrip('"')
        if not written:
            hint = "write the number, or delete the line"
            return None, ContactProblem(line, "there is no phone number in this line", hint)
        try:
            number = read_phone_number(written)
        except PydanticCustomError as error:
            about = error.context or {}
            return None, ContactProblem(line, str(about["message"]), str(about["help"]), written)
        if any(letter.isalpha() for letter in written):
            message = f"there are letters in the phone number '{written}'"
            return None, ContactProblem(line, message, f"write {number}", written)
        first = self._lines.setdefault(number, line)
        if first != line:
            message = f"the number {number} stands in line {first} already"
            hint = "delete one of the two: nobody is called twice in one attempt"
            return None, ContactProblem(line, message, hint, written, first)
        return number, None


_MEANT_PHONE: Final = frozenset(
    (
        "phone", "phones", "phonenumber", "telephone", "tel", "mobile", "cell", "cellphone",
        "telefon", "telefonnummer", "rufnummer", "handy", "handynummer", "mobil", "telefoon",
        "telefoonnummer", "portable", "telefono", "movil", "celular", "cellulare", "telefone",
        "telemovel", "puhelin", "sdt", "\u0442\u0435\u043b\u0435\u0444\u043e\u043d",
        "\u7535\u8bdd", "\u96fb\u8a71", "\u96fb\u8a71\u756a\u53f7",
    )
)  # fmt: skip
"""Words by which people call the column of the numbers, in small letters without accents."""

_MEANT_PHONE_WHOLE: Final = frozenset(("number", "nummer", "so dien thoai"))
"""Names that mean it only as a whole: a customer number is none."""


def _misplaced(head: Row, below: Sequence[Row]) -> ContactProblem | None:
    """What a look at the lines below says of a first line that is none; None: nothing."""
    for row in below:
        # what parts them was read off the first line
        names = [name.strip() for name in re.split(r"[;,\t|]", ";".join(row.values))]
        if PHONE in names and PHONE not in head.values:
            message = f"the names of the columns stand in line {row.line}, and belong in the first"
            return ContactProblem(head.line, message, "delete what stands above them", head=True)
    words = head.values[0].split() if len(head.values) == 1 else []
    first = below[0].values[0] if below and len(below[0].values) == 1 else ""
    if PHONE in words and any(map(str.isdigit, first)) and any(map(str.isalpha, first)):
        message = f"nothing parts the columns: '{head.values[0]}' is read as the name of one"
        hint = "write a comma between the columns, in each line: " + ",".join(words)
        return ContactProblem(head.line, message, hint, head.values[0], head=True)
    return None


def _means_phone(name: str) -> bool:
    apart = unicodedata.normalize("NFD", name.casefold().replace("\u0111", "d"))
    plain = "".join(letter for letter in apart if not unicodedata.combining(letter))
    words = re.findall(r"[^\W_]+", plain)
    return " ".join(words) in _MEANT_PHONE_WHOLE or not _MEANT_PHONE.isdisjoint(words)


def _is_number(text: str) -> bool:
    try:
        read_phone_number(text)
    except PydanticCustomError:
        return False
    return True


def _wrong_names(line: int, names: Sequence[str]) -> Iterator[ContactProblem]:
    if len(names) > _MOST_COLUMNS:
        message = f"there are more than {_MOST_COLUMNS} columns"
        yield ContactProblem(line, message, "delete those that nobody needs", head=True)
        return
    seen: set[str] = set()
    for at, name in enumerate(names, start=1):
        if not name:
            message = f"column {at} has no name in the first line"
            yield ContactProblem(line, message, "give it one, or delete the column", head=True)
        elif name in seen:
            message = f"two columns are called '{name}'"
            yield ContactProblem(line, message, "give one of them another name", name, head=True)
        seen.add(name)


def _filled(values: Sequence[str]) -> int:
    return max(at for at, value in enumerate(values, start=1) if value)


def _unreadable(row: Row) -> ContactProblem:
    hint = 'write two quotes ("") where a value holds one, and one at each end of such a value'
    return ContactProblem(row.line, row.problem or "", hint)


@cache
def _zones() -> frozenset[str]:
    return frozenset(zoneinfo.available_timezones())


@cache
def _zone_problem(zone: str) -> tuple[str, str] | None:
    """Why a text is not a time zone, and what to write; a table has few of them."""
    if zone in _zones():
        return None
    try:
        time_zone(zone)
    except PydanticCustomError as error:
        about = error.context or {}
        return str(about["message"]), str(about["help"])
    return None


def read_contacts(text: str) -> Iterator[Contact | ContactProblem]:
    """Yield each contact of a table, and each mistake, in the order of the lines."""
    return ContactsReader().read(text)
