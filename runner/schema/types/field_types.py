"""Types of fields: their names, and how the text of a value is read."""

from __future__ import annotations

import re
from datetime import date, datetime, time
from typing import Any

from runner.late_pattern import late
from runner.schema.types.values import parse_yes_no

TYPES = (
    "text", "number", "integer", "yes_no", "date", "time", "datetime", "email", "phone", "url",
    "choice", "list", "object",
)  # fmt: skip
SIMPLE_TYPES = tuple(t for t in TYPES if t not in ("choice", "list", "object"))
FOREIGN = {
    "array": "list", "bool": "yes_no", "boolean": "yes_no", "dict": "object", "double": "number",
    "day": "date", "enum": "choice", "float": "number", "int": "integer", "long": "integer",
    "map": "object", "mail": "email", "record": "object", "select": "choice", "str": "text",
    "string": "text", "telephone": "phone", "timestamp": "datetime", "uri": "url",
    "yes/no": "yes_no",
}  # fmt: skip
"""Types of JSON Schema and of programming languages → ours."""

LONGEST_NAME = 100
_PARTS_OF_AN_ADDRESS = 2
_OLDEST = 130
_EMAIL = late(r"[^@\s]+@[^@\s]+\.[^@\s]+")
_PHONE = late(r"\+?[\d\s().-]{3,24}")
_URL = late(r"https?://\S+")


def _whole(text: str) -> int:
    if not re.fullmatch(r"[+-]?\d{1,18}", text):
        raise ValueError
    return int(text)


def _real(text: str) -> float | int:
    if not re.fullmatch(r"[+-]?\d{1,18}(\.\d{1,18})?", text):
        raise ValueError
    return float(text) if "." in text else int(text)


def _matching(pattern: re.Pattern[str]) -> Any:
    def read(text: str) -> str:
        if not pattern.fullmatch(text):
            raise ValueError
        return text

    return read


def _name(text: str) -> str:
    if not any(letter.isalpha() for letter in text) or len(text) > LONGEST_NAME:
        raise ValueError
    return " ".join(text.split())


def _address(text: str) -> str:
    if len(text.split()) < _PARTS_OF_AN_ADDRESS or not any(letter.isalpha() for letter in text):
        raise ValueError
    return " ".join(text.split())


def _born(text: str) -> date:
    born = date.fromisoformat(text)
    if not 0 <= (date.today() - born).days <= _OLDEST * 366:  # noqa: DTZ011 - a day more or less says nothing of an age
        raise ValueError
    return born


def _digits(text: str) -> str:
    digits = re.sub(r"[\s.,/-]", "", text)
    if not re.fullmatch(r"[0-9]{1,64}", digits):
        raise ValueError
    return digits


def _card(text: str) -> str:
    """A card's number: https://en.wikipedia.org/wiki/Luhn_algorithm."""
    digits = _digits(text)
    doubled = [int(n) * (1 + at % 2) for at, n in enumerate(reversed(digits))]
    if not re.fullmatch(r"\d{12,19}", digits) or sum(n - 9 * (n > 9) for n in doubled) % 10:  # noqa: PLR2004 - the sum of the digits of 10 to 18
        raise ValueError
    return digits


READERS: dict[str, tuple[Any, str]] = {
    "text": (str, "a text"),
    "number": (_real, "a number"),
    "integer": (_whole, "a whole number"),
    "yes_no": (parse_yes_no, "yes or no"),
    "date": (date.fromisoformat, "a date such as 2026-12-04"),
    "time": (time.fromisoformat, "a time such as 14:30"),
    "datetime": (datetime.fromisoformat, "a moment such as 2026-12-04T14:30"),
    "email": (_matching(_EMAIL), "an e-mail address"),
    "phone": (_matching(_PHONE), "a phone number such as +84901234567"),
    "url": (_matching(_URL), "an address that begins with https://"),
    "choice": (str, "one of the choices"),
    "name": (_name, "a name"),
    "address": (_address, "a postal address"),
    "date_of_birth": (_born, "a date of birth such as 1984-05-27"),
    "digits": (_digits, "digits"),
    "card": (_card, "the number of a card"),
}
"""Type → how its text is read (raises ValueError), and what a message calls it."""


def fits(kind: str, text: str) -> bool:
    """Whether a text can be read as this type of field."""
    try:
        READERS[kind][0](text.strip())
    except ValueError:
        return False
    return True
