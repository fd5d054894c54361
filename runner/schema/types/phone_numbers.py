"""Phone numbers as the whole world dials them (E.164), such as `+842412345678`."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Annotated

from runner.late_pattern import late
from runner.schema.types.mistake import mistake
from runner.schema.types.settings import Setting

if TYPE_CHECKING:
    from pydantic_core import PydanticCustomError

_WHOLE = late(r"\+[1-9]\d{6,14}")
_ADDRESS = late(r"^(?:tel|sips?|callto):(?://)?", re.IGNORECASE)
_ROUNDED = late(r"\+?\d+(?:[.,]\d+)?[eE]\+?\d+")
_BETWEEN = late(r"[/,;&|\n]|\s(?:or|and|oder|und)\s")
_ABROAD = late(r"^(?:00|011)\s*[-./(]*\s*(?=[1-9])")
_WITHOUT_COUNTRY = 11
"""Characters of the longest number, its + included, that may well be one without its country."""

_SUCH = "write it with + and the number of its country, such as +842412345678"


def parse_phone_number(text: str) -> str:
    """Accept a number as the whole world dials it.

    Raises:
        PydanticCustomError: E119; the help has the right number where it can be known.
    """
    if _WHOLE.fullmatch(text) and (wrong := _impossible(text)) is None:
        return text
    if _WHOLE.fullmatch(text):
        raise _misfit(f"'{text}' is not a phone number: {wrong}", "write the number once more")
    raise _misspelt(text)


def _misspelt(text: str) -> PydanticCustomError:
    plain = _ADDRESS.sub("", text.strip()).partition("@")[0]
    if _ROUNDED.fullmatch(plain):
        message = f"'{text}' is a phone number that a spreadsheet has rounded"
        return _misfit(message, f"{_SUCH}: each digit of it")
    if not any(c.isdigit() for c in plain):
        return _misfit(f"'{text}' is not a phone number", _SUCH)
    meant = [_meant(plain)] if _meant(plain) else _numbers_in(plain)
    if meant:
        said = "is not how a phone number is written here"
        said = said if len(meant) == 1 else "holds more than one phone number"
        return _misfit(f"'{text}' {said}", f"write {' or '.join(map(str, meant))}")
    with_country = plain[:1] in "123456789" and len(_digits(plain)) > _WITHOUT_COUNTRY
    guess = _meant(f"+{plain.strip()}") if with_country else None
    if guess is not None and _is_in_use(guess):
        return _misfit(f"'{text}' does not begin with +", f"did you mean {guess}?")
    if plain.lstrip().startswith("+"):
        wrong = _impossible(_digits(plain)) or "it cannot be read"
        return _misfit(f"'{text}' is not a phone number: {wrong}", _SUCH)
    hint = "write + and the number of its country in front, such as +842412345678"
    if plain.startswith("0"):
        hint = (
            "write + and the number of its country in place of the first 0: "
            "+442079460018 is the whole of 020 7946 0018 in Britain"
        )
    return _misfit(f"the phone number '{text}' does not say of which country it is", hint)


def _numbers_in(text: str) -> list[str]:
    """The whole numbers of a text that lists some."""
    return [number for part in _BETWEEN.split(text) if (number := _meant(part)) is not None]


def read_phone_number(text: str) -> str:
    """Accept a number that comes from elsewhere, as a table has it: with spaces, 00 for +, ….

    Raises:
        PydanticCustomError: E119, where it does not say which number it is.
    """
    plain = text.strip()
    meant = _meant(_ADDRESS.sub("", plain))
    return parse_phone_number(meant if meant is not None else plain)


def in_full(number: str) -> str:
    """A number that the telephone network gave, with + and country where it says so much."""
    if not number.startswith("+") and (meant := _meant(f"+{number}")) and _is_in_use(meant):
        return meant
    return _meant(number) or number


def _misfit(message: str, hint: str) -> PydanticCustomError:
    return mistake("E119", message, hint)


def _digits(text: str) -> str:
    return "+" + re.sub(r"[^0-9]", "", text)


def _meant(text: str) -> str | None:
    """The whole number where a text with + or 00 is one: spaces, brackets, letters."""
    import phonenumbers  # noqa: PLC0415 - only folders with a mistake in a number pay for it

    written = _ABROAD.sub("+", text.strip())
    if not written.startswith("+"):
        return None
    try:
        number = phonenumbers.parse(written, None)
    except phonenumbers.NumberParseException:
        return None
    if number.extension or not phonenumbers.is_possible_number(number):
        return None
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)


def _is_in_use(number: str) -> bool:
    """Whether numbers of this kind are given to people: a stricter look, for guesses alone."""
    import phonenumbers  # noqa: PLC0415 - as above

    return phonenumbers.is_valid_number(phonenumbers.parse(number, None))


def _impossible(number: str) -> str | None:
    """Why no telephone can have a number, or None."""
    import phonenumbers  # noqa: PLC0415 - only folders with phone numbers pay for it

    try:
        parsed = phonenumbers.parse(number, None)
    except phonenumbers.NumberParseException:
        return "no country begins so"
    result = phonenumbers.ValidationResult
    why = phonenumbers.is_possible_number_with_reason(parsed)
    return {
        result.TOO_SHORT: f"it is too short for a number of country +{parsed.country_code}",
        result.IS_POSSIBLE_LOCAL_ONLY: "it is too short: the area is missing in it",
        result.TOO_LONG: f"it is too long for a number of country +{parsed.country_code}",
        result.INVALID_LENGTH: f"no number of country +{parsed.country_code} is so long",
        result.INVALID_COUNTRY_CODE: "no country begins so",
    }.get(why)


PhoneNumber = Annotated[
    str,
    Setting(
        parse_phone_number,
        {
            "anyOf": [
                {"type": "integer", "minimum": 10**6},
                {"type": "string", "pattern": r"^\s*\+[1-9]\d{6,14}\s*$"},
            ]
        },
        "phone number, such as +842412345678 (E.164)",
    ),
]
"""A phone number that is fixed at load."""
