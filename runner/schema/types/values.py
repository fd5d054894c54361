"""Single values of the language: numbers, choices, patterns, addresses."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Annotated

from pydantic import AfterValidator
from pydantic.json_schema import JsonSchemaValue

from runner.diagnostics.nearest import nearest
from runner.late_pattern import late
from runner.schema.types.later import not_yet
from runner.schema.types.mistake import Place, mistake
from runner.schema.types.settings import Setting
from runner.schema.types.texts import Plain

YES = frozenset({"yes", "true", "on"})
NO = frozenset({"no", "false", "off"})
_LIKE_YES = frozenset(
    (
        *("y", "1", "ja", "oui", "si", "s\u00ed", "sim", "da", "enabled", "enable", "always"),
        *(
            "active",
            "x",
            "\u2713",
            "\u2714",
            "wahr",
            "vrai",
            "an",
            "ein",
            "c\u00f3",
            "\u0111\u00fang",
            "b\u1eadt",
        ),
    )
)
_LIKE_NO = frozenset(
    (
        *("n", "0", "nein", "non", "nee", "nej", "none", "disabled", "disable", "never", "null"),
        *("inactive", "\u2717", "falsch", "faux", "aus", "kh\u00f4ng", "sai", "t\u1eaft"),
    )
)
YES_NO_SHAPE: JsonSchemaValue = {
    "anyOf": [
        {"type": "boolean"},
        {
            "type": "string",
            "pattern": (
                r"^\s*([yY][eE][sS]|[nN][oO]|[tT][rR][uU][eE]|[fF][aA][lL][sS][eE]|[oO][nN]|"
                r"[oO][fF][fF])\s*$"
            ),
        },
    ]
}

NO_SHAPE: JsonSchemaValue = {
    "anyOf": [
        {"const": False},
        {"type": "string", "pattern": r"^\s*([nN][oO]|[oO][fF][fF]|[fF][aA][lL][sS][eE])\s*$"},
    ]
}


def parse_yes_no(text: str) -> bool:
    """Read `yes no true false on off`, in any case.

    Raises:
        PydanticCustomError: E110.
    """
    word = text.casefold()
    if word in YES or word in NO:
        return word in YES
    meant = _yes_or_no(word)
    raise mistake("E110", f"'{text}' is not yes or no", f"write {meant or 'yes or no'}")


def _yes_or_no(word: str) -> str | None:
    word = word.strip(" .!,;'\"")
    if word in YES | NO:
        return word
    return "yes" if word in _LIKE_YES else "no" if word in _LIKE_NO else None


def refuse_like_yes_no(text: str) -> None:
    """Refuse what means yes or no, and would be taken for words: `y`, `ja`, `yes!`.

    Raises:
        PydanticCustomError: E110.
    """
    meant = None if text.strip().isdigit() else _yes_or_no(text.strip().casefold())
    if meant is not None:
        raise mistake("E110", f"'{text}' is not yes or no", f"write {meant}")


YesNo = Annotated[bool, Setting(parse_yes_no, YES_NO_SHAPE)]


def _only_yes(text: str) -> bool:
    if text.casefold() not in YES:
        raise mistake("E110", f"'{text}' has no meaning here", "write yes, or delete the line")
    return True


OnlyYes = Annotated[
    bool,
    Setting(
        _only_yes,
        {
            "anyOf": [
                {"const": True},
                {"type": "string", "pattern": r"^\s*([yY][eE][sS]|[tT][rR][uU][eE]|[oO][nN])\s*$"},
            ]
        },
        "yes",
    ),
]
"""What is done where it is written."""

_WHOLE = late(r"[+-]?\d{1,15}")


def _meant_count(text: str, low: int, high: int | None) -> str | None:
    """`3 times` as 3, `no` as 0, where these may stand."""
    found = re.match(r"(\d{1,9})(?:\.0+)?(?:\s*[a-z]+)?$", text.strip(), re.IGNORECASE)
    number = int(found[1]) if found else 0 if text.casefold() in NO | _LIKE_NO else None
    if number is None or number < low or (high is not None and number > high):
        return None
    return f"write {number}"


def whole(low: int, high: int | None = None, *, such: str = "") -> Setting:
    """A whole number within bounds; `such` says what to write where it is none."""
    bounds = f"write a number of {low} or more"
    shape: JsonSchemaValue = {"type": "integer", "minimum": low}
    if high is not None:
        bounds = f"write a number from {low} to {high}"
        shape["maximum"] = high

    def parse(text: str) -> int:
        if not _WHOLE.fullmatch(text):
            hint = _meant_count(text, low, high) or such or bounds
            raise mistake("E109", f"'{text}' is not a whole number", hint)
        value = int(text)
        if value < low or (high is not None and value > high):
            raise mistake("E109", f"{text} is out of bounds", bounds)
        return value

    written = {"type": "string", "pattern": r"^\s*[+-]?\d+\s*$"}
    return Setting(parse, {"anyOf": [shape, written]})


def one_of(
    *choices: str, later: tuple[str, ...] = (), meant: Mapping[str, str] | None = None
) -> Setting:
    """One word of a few.

    Args:
        choices: the words.
        later: words of the language that this version has not built.
        meant: words of other systems → the word of this language.
    """
    foreign = meant or {}

    def parse(text: str) -> str:
        if text in choices:
            return text
        listed = f"write one of: {', '.join(choices)}"
        if text in later:
            raise mistake("E102", not_yet(text)[0], listed)
        near = foreign.get(text.casefold()) or nearest(text, choices)
        hint = f"did you mean '{near}'?" if near else listed
        raise mistake("E107", f"'{text}' is not one of the choices here", hint)

    numbers = [int(c) for c in choices if c.isdigit()]  # as an editor sees them
    return Setting(parse, {"enum": [*choices, *numbers]})


def _nearest_zone(text: str, zones: Sequence[str]) -> str | None:
    """The zone that was probably meant: never a guess at an abbreviation or an offset."""
    if len(text) <= _ABBREVIATION or re.search(r"\d", text):
        return None
    cities = {zone.rpartition("/")[2]: zone for zone in zones if not zone.startswith("Etc/")}
    near = nearest(text, cities.values()) or nearest(text.rpartition("/")[2], cities)
    return cities.get(near or "", near)


_ABBREVIATION = 4


_FEW = 2
"""Zones of a country, of which each is named."""


def _instead_of_zone(text: str, zones: Sequence[str]) -> str:
    """What to write where a text is no time zone."""
    from runner.template.languages import zones_of_country  # noqa: PLC0415 - only a mistake pays for it

    of_country = zones_of_country(text)
    if of_country is not None and len(of_country) <= _FEW:
        return f"did you mean {' or '.join(repr(zone) for zone in of_country)}?"
    nearest = _nearest_zone(text, zones) if of_country is None else None
    if nearest is not None:
        return f"did you mean '{nearest}'?"
    return "write it as continent and city, such as Europe/Berlin or Asia/Ho_Chi_Minh"


def time_zone(text: str) -> str:
    from zoneinfo import ZoneInfo, ZoneInfoNotFoundError, available_timezones  # noqa: PLC0415 - only folders that name a zone pay for it

    try:
        ZoneInfo(text)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        hint = _instead_of_zone(text, sorted(available_timezones()))
        raise mistake("E113", f"'{text}' is not a time zone", hint) from None
    return text


TimeZone = Annotated[str, Setting(time_zone, {"type": "string"}, "time zone (IANA name)")]


def locale(text: str, on: Place = "value") -> str:
    """A language in which values can be written.

    Raises:
        PydanticCustomError: E107.
    """
    from runner.template import languages  # noqa: PLC0415 - only folders that name a locale pay for it

    if languages.known(text):
        return text
    meant = languages.meant(text)
    hint = "write a language such as de, or a language and a country such as pt-BR"
    several = [tag for tag in re.split(r"[\s,;/]+", text) if languages.known(tag)]
    if len(several) > 1:
        hint = f"write each on a line of its own, with a dash: - {several[0]}"
    message = f"'{text}' is not a language that dates and numbers can be written in"
    raise mistake("E107", message, f"write {meant}" if meant else hint, on=on)


LanguageTag = Annotated[
    str, Setting(locale, {"type": "string"}, "language, such as de or pt-BR (BCP 47)")
]


_BETWEEN_SLASHES = late(r"/(.+)/([a-z]*)", re.DOTALL)
"""How Perl, JavaScript and others write a pattern, and its flags behind it."""
_TO_QUOTE = frozenset("[]{}*&!|>%@`#?")
"""With what a text in a file cannot begin."""


def _pattern(text: str) -> str:
    from runner.patterns import PatternError, compile_pattern  # noqa: PLC0415 - only folders with a pattern pay for it

    if between := _BETWEEN_SLASHES.fullmatch(text):
        flags = "".join(flag for flag in "is" if flag in between[2])
        plain = f"(?{flags}){between[1]}" if flags else between[1]
        raise mistake(
            "E115",
            "the slashes around the regular expression would be looked for in the text",
            f"write '{plain}'" if plain[0] in _TO_QUOTE else f"write {plain}",
        )
    try:
        compile_pattern(text)
    except PatternError as error:
        raise mistake("E115", str(error), error.help) from None
    return text


Pattern = Annotated[Plain, AfterValidator(lambda text: Plain(_pattern(text)))]
"""A regular expression, in Python's syntax, that the whole text must match."""
