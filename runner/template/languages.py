"""How a value reads in other languages than English: dates, numbers, lists, yes and no.

Babel knows how (Unicode's CLDR); the words for yes and no, which it lacks, stand here.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import date, datetime, time, timedelta
from functools import cache
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from babel import Locale

YES_NO: Final[dict[str, tuple[str, str]]] = {
    "af": ("ja", "nee"),
    "ar": ("نعم", "لا"),
    "bg": ("да", "не"),
    "bn": ("হ্যাঁ", "না"),
    "ca": ("sí", "no"),
    "cs": ("ano", "ne"),
    "da": ("ja", "nej"),
    "de": ("ja", "nein"),
    "el": ("ναι", "όχι"),  # noqa: RUF001 - Greek
    "en": ("yes", "no"),
    "es": ("sí", "no"),
    "et": ("jah", "ei"),
    "eu": ("bai", "ez"),
    "fa": ("بله", "خیر"),
    "fi": ("kyllä", "ei"),
    "fil": ("oo", "hindi"),
    "fr": ("oui", "non"),
    "ga": ("tá", "níl"),
    "gl": ("si", "non"),
    "he": ("כן", "לא"),
    "hi": ("हाँ", "नहीं"),
    "hr": ("da", "ne"),
    "hu": ("igen", "nem"),
    "id": ("ya", "tidak"),
    "is": ("já", "nei"),
    "it": ("sì", "no"),
    "ja": ("はい", "いいえ"),
    "ko": ("예", "아니요"),
    "lt": ("taip", "ne"),
    "lv": ("jā", "nē"),
    "mk": ("да", "не"),
    "ms": ("ya", "tidak"),
    "nb": ("ja", "nei"),
    "nl": ("ja", "nee"),
    "nn": ("ja", "nei"),
    "no": ("ja", "nei"),
    "pl": ("tak", "nie"),
    "pt": ("sim", "não"),
    "ro": ("da", "nu"),
    "ru": ("да", "нет"),
    "sk": ("áno", "nie"),
    "sl": ("da", "ne"),
    "sq": ("po", "jo"),
    "sr": ("да", "не"),
    "sv": ("ja", "nej"),
    "sw": ("ndiyo", "hapana"),
    "ta": ("ஆம்", "இல்லை"),
    "te": ("అవును", "కాదు"),
    "th": ("ใช่", "ไม่ใช่"),
    "tr": ("evet", "hayır"),  # noqa: RUF001 - Turkish
    "uk": ("так", "ні"),
    "ur": ("جی ہاں", "نہیں"),
    "vi": ("có", "không"),
    "zh": ("是", "否"),
}
"""Language → yes and no; an agent's `locale` is one of these, with a country or without."""

PLAIN: Final = frozenset({"", "en"})
"""Locales that are written without Babel: English as it is said without any country."""

_UNITS: Final = (("day", 86400), ("hour", 3600), ("minute", 60), ("second", 1))
_NAMES: Final = {"A": "EEEE", "B": "MMMM", "a": "EEE", "b": "MMM", "p": "a"}
"""Letters of `strftime` that are words → Unicode's pattern for the same."""


@cache
def locale(name: str) -> Locale:
    """Read a locale such as `de` or `pt-BR`."""
    from babel import Locale  # noqa: PLC0415 - only agents that name a locale pay for it

    return Locale.parse(name, sep="-")


def known(name: str) -> bool:
    """Whether values can be written in a locale."""
    if name.partition("-")[0] not in YES_NO:
        return False
    from babel.core import UnknownLocaleError  # noqa: PLC0415 - as above

    try:
        locale(name)
    except (UnknownLocaleError, ValueError):
        return False
    return True


def meant(text: str) -> str | None:
    """The locale that was probably meant: `de_DE`, `German`, `Deutsch`."""
    from babel import Locale  # noqa: PLC0415 - as above

    tag = text.strip().replace("_", "-").partition(".")[0]
    language, _, country = tag.partition("-")
    tidied = language.lower() + (f"-{country.upper()}" if country else "")
    if known(tidied):
        return tidied
    word = text.strip().casefold()
    for code in YES_NO:
        names = Locale.parse(code).languages.get(code), locale("en").languages.get(code)
        if word in {name.casefold() for name in names if name}:
            return code
    return None


def name_of(tag: str) -> str:
    """What a language is called by those who speak it: `Deutsch`, `Tiếng Việt`."""
    language = tag.partition("-")[0]
    return locale(language).get_language_name(language) or tag


def zones_of_country(text: str) -> Sequence[str] | None:
    """The time zones of a country, named in a language of the runner's; None: it is none."""
    from babel.core import get_global  # noqa: PLC0415 - only a mistake pays for it

    zones: Mapping[str, Sequence[str]] = get_global("territory_zones")
    for language in YES_NO:
        for code, name in locale(language).territories.items():
            if name.casefold() == text.strip().casefold() and code in zones:
                return zones[code]
    return None


def yes_no(value: bool, language: str) -> str:
    """Write yes or no."""
    return YES_NO[language.partition("-")[0]][not value]


def number(text: str, language: str) -> str:
    """Write a number that is written with a point: its own decimal sign, and no thousands."""
    from babel.numbers import get_decimal_symbol  # noqa: PLC0415 - as above

    return text.replace(".", get_decimal_symbol(locale(language)))


def day(value: date, language: str) -> str:
    """Write a date with its weekday, in words."""
    from babel.dates import format_date  # noqa: PLC0415 - as above

    return format_date(value, "full", locale(language))


def clock(value: time | datetime, language: str) -> str:
    """Write a time of day, to the minute."""
    from babel.dates import format_time  # noqa: PLC0415 - as above

    plain = value.replace(tzinfo=None)
    return format_time(plain, "short", locale=locale(language)).replace("\u202f", " ")


def moment(value: datetime, language: str) -> str:
    """Write a date and a time."""
    return f"{day(value, language)}, {clock(value, language)}"


def stretch(value: timedelta, language: str) -> str:
    """Write how long something takes."""
    from babel.units import format_unit  # noqa: PLC0415 - as above

    left = abs(round(value.total_seconds()))
    words: list[str] = []
    for unit, seconds in _UNITS:
        amount, left = divmod(left, seconds)
        if amount or (unit == "second" and not words):
            words.append(format_unit(amount, f"duration-{unit}", locale=locale(language)))
    return " ".join(words)


def listed(words: Sequence[str], language: str) -> str:
    """Write words as a list: with commas, and the language's `and`."""
    from babel.lists import format_list  # noqa: PLC0415 - as above

    return format_list(list(words), locale=locale(language))


def strftime(value: date | time, pattern: str, language: str) -> str:
    """Write a date as `strftime` does, with names of days and months in the language."""
    return value.strftime(re.sub(r"%([A-Za-z%])", lambda f: _named(value, f, language), pattern))


def _named(value: date | time, match: re.Match[str], language: str) -> str:
    from babel.dates import format_date, format_time  # noqa: PLC0415 - as above

    letter, spoken = match[1], locale(language)
    pattern = _NAMES.get(letter)
    if pattern is None:
        return match[0]
    text = match[0]
    if letter == "p" and isinstance(value, datetime | time):
        text = format_time(value.replace(tzinfo=None), pattern, locale=spoken)
    elif letter != "p" and isinstance(value, date):
        text = format_date(value, pattern, locale=spoken)
    return text if text == match[0] else text.replace("%", "%%")
