"""What is wrong with a table of contacts, worked out once for each state of its text."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import Final

from runner.contacts.reading import Contact, ContactProblem, ContactsReader

SHOWN: Final = 20
"""Mistakes of one table that are told one by one."""


@dataclass(frozen=True, slots=True)
class ContactsCheck:
    """What a look at the whole table gives.

    Attributes:
        columns: the names in the first line.
        count: contacts that can be called.
        without_zone: the first line of a contact of which the table says no time zone.
        problems: the first mistakes.
        more: how many there are besides.
    """

    columns: tuple[str, ...]
    count: int
    without_zone: int | None
    problems: tuple[ContactProblem, ...]
    more: int


@lru_cache(maxsize=16)
def checked(text: str) -> ContactsCheck:
    """Look at a table; the same text is looked at once."""
    reader = ContactsReader()
    problems: list[ContactProblem] = []
    count, more, without_zone = 0, 0, None
    for each in reader.read(text):
        if isinstance(each, Contact):
            count += 1
            if without_zone is None and each.zone is None:
                without_zone = each.line
        elif len(problems) < SHOWN:
            problems.append(each)
        else:
            more += 1
    return ContactsCheck(reader.columns, count, without_zone, tuple(problems), more)
