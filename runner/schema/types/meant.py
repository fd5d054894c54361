"""Values as people write them → as the language has them: dates, times, numbers, addresses."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date, time

from runner.late_pattern import late

_MONTHS = (
    "jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec",
)  # fmt: skip
_OTHER_MONTHS = {
    "m\u00e4r": 3, "mrz": 3, "mai": 5, "okt": 10, "dez": 12,
    "janv": 1, "f\u00e9v": 2, "mars": 3, "avr": 4, "juin": 6, "juil": 7, "ao\u00fb": 8,
    "d\u00e9c": 12, "ene": 1, "abr": 4, "ago": 8, "dic": 12,
}  # fmt: skip
_DOTTED = late(r"(\d{1,2})\s*[./-]\s*(\d{1,2})\s*[./-]\s*(\d{4})")
_YEAR_FIRST = late(r"(\d{4})\s*[./]\s*(\d{1,2})\s*[./]\s*(\d{1,2})|(\d{4})-(\d{1,2})-(\d{1,2})")
_NAMED = late(
    r"(?:(\d{1,2})\.?(?:st|nd|rd|th|er)?\s+(?:of\s+|de\s+)?)?([^\W\d]{3,})\.?,?\s+(?:de\s+)?"
    r"(?:(\d{1,2})(?:st|nd|rd|th)?,?\s+)?(\d{4})"
)
_WEEKDAY = late(
    r"^(?:mon|tues|wednes|thurs|fri|satur|sun)day,?\s+"
    r"|^(?:montag|dienstag|mittwoch|donnerstag|freitag|samstag|sonntag),?\s+(?:den\s+)?",
    re.IGNORECASE,
)
_IN_WORDS = late(
    r"(?:ng\u00e0y\s+)?(?P<day>\d{1,2})\s+th\u00e1ng\s+(?P<month>\d{1,2})\s+n\u0103m\s+(?P<year>\d{4})",
    re.IGNORECASE,
)
_BY_SIGNS = late(
    r"(?P<year>\d{4})\s*[\u5e74\ub144]\s*(?P<month>\d{1,2})\s*[\u6708\uc6d4]\s*(?P<day>\d{1,2})\s*[\u65e5\uc77c]"
)
_CLOCK = late(
    r"(\d{1,2})(?:\s*[:.h]\s*(\d{2}))?(?::\d{2})?\s*(am|pm|a\.m\.|p\.m\.|uhr|h|o'clock|gi\u1edd)?",
    re.IGNORECASE,
)
_WORD_BETWEEN = late(r"(\d{1,2})\s*(?:uhr|gi\u1edd|heures?)\s*(\d{2})$", re.IGNORECASE)
_NUMBER = late(
    r"[^\d+-]{0,3}\s*([+-]?\d[\d.,'_\s]*)\s*(?:[^\d\s]{0,3}|euros?|dollars?|pounds?|percent|prozent)",
    re.IGNORECASE,
)
_LOCAL = late(r"(?:localhost|[^/:\s]+:\d+|\d{1,3}(?:\.\d{1,3}){3})(?:[/:]|$)")
_MONTHS_IN_A_YEAR = 12
_NOON = 12


_UNITS = {
    word: unit
    for unit, words in {
        "ms": "ms msec millis millisecond milliseconds millisekunde millisekunden milisegundos",
        "s": "s sec secs second seconds sek sekunde sekunden seconde secondes segundo segundos"
        " secondo secondi gi\u00e2y",
        "m": "m min mins minute minutes minuten minuto minutos minuti ph\u00fat",
        "h": "h hr hrs hour hours std stunde stunden heure heures hora horas ora ore"
        " gi\u1edd ti\u1ebfng",
        "d": "d day days tag tage tagen jour jours d\u00eda d\u00edas dias giorno giorni ng\u00e0y",
        "w": "w week weeks woche wochen semaine semaines semana semanas tu\u1ea7n",
        "M": "month months monat monate monaten mois mes meses mese mesi th\u00e1ng maand maanden",
        "y": "y yr yrs year years jahr jahre jahren an ans ann\u00e9e ann\u00e9es"
        " a\u00f1o a\u00f1os anno anni ano anos n\u0103m jaar",
    }.items()
    for word in words.split()
}
_SECONDS = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0, "d": 86400.0, "w": 604800.0}
_SECONDS |= {"M": 30 * 86400.0, "y": 365 * 86400.0}
_OURS = frozenset({"ms", "s", "m", "h", "d"})
"""Units that the language has."""
_AMOUNTS = late(
    r"(\d+(?:[.,]\d+)?)\s*([^\W\d]*)\.?\s*(?:,|and|und|et|y|e|v\u00e0)?\s*", re.IGNORECASE
)
_BY_THE_CLOCK = late(r"(?:(\d{1,2}):)?(\d{1,2}):(\d{2})")
_ISO = late(r"P(?:\d+D)?(?:T(?:\d+H)?(?:\d+M)?(?:\d+(?:\.\d+)?S)?)?", re.IGNORECASE)


def meant_unit(word: str) -> str | None:
    """The unit of time that a word means, in some languages: `Minuten` is `m`."""
    return _UNITS.get(word.casefold())


def meant_duration(text: str) -> str | None:
    """`20 minutes`, `1h30`, `1 Std. 30 Min.`, `00:20:00` or `PT20M` as the language has them."""
    text = text.strip()
    if clock := _BY_THE_CLOCK.fullmatch(text):
        hours, minutes, seconds = (int(part or 0) for part in clock.groups())
        return _as_duration(hours * 3600.0 + minutes * 60 + seconds)
    if len(text) > 1 and _ISO.fullmatch(text):
        text = text[1:].replace("T", " ").replace("t", " ").strip()
    amounts = list(_AMOUNTS.finditer(text))
    if not amounts or "".join(a[0] for a in amounts) != text or text[-1].isspace():
        return None
    units = [meant_unit(amount[2]) for amount in amounts]
    if units[-1] is None and not amounts[-1][2] and len(units) > 1 and units[-2] == "h":
        units[-1] = "m"  # as in 1h30
    if None in units:
        return None
    if len(amounts) == 1 and units[0] in _OURS:
        return f"{amounts[0][1].replace(',', '.')}{units[0]}"
    return _as_duration(
        sum(
            float(amount[1].replace(",", ".")) * _SECONDS[unit]
            for amount, unit in zip(amounts, units, strict=True)
            if unit is not None
        )
    )


def _as_duration(seconds: float) -> str | None:
    """Seconds in the largest unit in which they are a whole number."""
    for unit in ("d", "h", "m", "s"):
        if seconds >= _SECONDS[unit] and seconds % _SECONDS[unit] == 0:
            return f"{seconds / _SECONDS[unit]:.0f}{unit}"
    return f"{seconds:g}s" if seconds else None


def meant_date(text: str) -> str | None:
    """`01.12.2026`, `1 December 2026` or `2026/12/1` as `2026-12-01`."""
    text = _WEEKDAY.sub("", text.strip())
    if match := _IN_WORDS.fullmatch(text) or _BY_SIGNS.fullmatch(text):
        parts = match.groupdict()
        return _iso(parts["year"], parts["month"], parts["day"])
    if match := _YEAR_FIRST.fullmatch(text):
        year, month, day = (part for part in match.groups() if part)
        return _iso(year, month, day)
    if match := _DOTTED.fullmatch(text):
        first, second, year = match.groups()
        if "." not in text and int(first) <= _MONTHS_IN_A_YEAR and int(second) <= _MONTHS_IN_A_YEAR:
            return None  # the day is first in Europe, the month in America
        swapped = int(second) > _MONTHS_IN_A_YEAR
        return _iso(year, first, second) if swapped else _iso(year, second, first)
    if match := _NAMED.fullmatch(text):
        month = _month(match[2])
        return _iso(match[4], str(month), match[1] or match[3] or "") if month else None
    return None


def _month(word: str) -> int | None:
    begin = word.casefold()
    for known, number in _OTHER_MONTHS.items():
        if begin.startswith(known):
            return number
    return _MONTHS.index(begin[:3]) + 1 if begin[:3] in _MONTHS else None


def _iso(year: str, month: str, day: str) -> str | None:
    try:
        return date(int(year), int(month), int(day)).isoformat()
    except ValueError:
        return None


def meant_time(text: str) -> str | None:
    """`8 am`, `8h30`, `14 Uhr` as `08:00`, `08:30`, `14:00`."""
    words = {"noon": "12:00", "midday": "12:00", "mittag": "12:00", "midnight": "00:00"}
    match = _CLOCK.fullmatch(_WORD_BETWEEN.sub(r"\1:\2", text.strip()))
    if match is None or not (match[2] or match[3]):
        return words.get(text.strip().casefold())
    hour, half = int(match[1]), (match[3] or "").casefold()[:1]
    if half in ("a", "p") and hour <= _NOON:
        hour = hour % _NOON + (_NOON if half == "p" else 0)
    try:
        return time(hour, int(match[2] or 0)).isoformat("minutes")
    except ValueError:
        return None


def meant_moment(text: str) -> str | None:
    """A date and a time, each as people write it."""
    for gap in re.finditer(r",?\s+(?:at\s+|um\s+)?|T", text.strip()):
        day, hour = text.strip()[: gap.start()], text.strip()[gap.end() :]
        found_day = meant_date(day)
        found_time = meant_time(hour)
        if found_day and found_time:
            return f"{found_day}T{found_time}"
    return None


def meant_number(text: str) -> str | None:
    """`65,50`, `1.234,50` or `$65` as `65.50`, `1234.50`, `65`."""
    match = _NUMBER.fullmatch(text.strip())
    digits = re.sub(r"['_\s]", "", match[1]).rstrip(".,") if match else ""
    if not digits:
        return None
    last = max(digits.rfind("."), digits.rfind(","))
    behind = len(digits) - last - 1
    thousands = last >= 0 and behind == 3 and digits.count(digits[last]) >= 1  # noqa: PLR2004 - as in 1,234
    if last < 0 or (thousands and len({*digits} & {".", ","}) == 1):
        plain = re.sub(r"[.,]", "", digits)
    elif digits.count(digits[last]) > 1:
        return None
    else:
        plain = re.sub(r"[.,]", "", digits[:last]) + "." + digits[last + 1 :]
    return plain if re.fullmatch(r"[+-]?\d{1,18}(\.\d{1,18})?", plain) else None


def meant_integer(text: str) -> str | None:
    """As a number, without decimals that say nothing."""
    number = meant_number(text)
    whole, _, behind = (number or "").partition(".")
    return whole if whole and not behind.strip("0") else None


def meant_address(text: str) -> str | None:
    """An address without its scheme, or with one that is misspelt; not one of this machine."""
    if _LOCAL.match(text):
        return None
    text = re.sub(r"^ws(s?)://", r"http\1://", text, flags=re.IGNORECASE)
    match = re.fullmatch(
        r"(?:(?:ht?tps?|https?)?:?/{1,3})?([\w-]+(?:\.[\w-]+)+(?::\d+)?(?:/\S*)?)", text
    )
    if match is None:
        return None
    scheme = "http" if text.startswith("http:") else "https"
    return f"{scheme}://{match[1]}"


GUESSES: dict[str, tuple[Callable[[str], str | None], str]] = {
    "number": (meant_number, "write digits, and a point before decimals: 65.50"),
    "integer": (meant_integer, "write digits alone: 65"),
    "date": (meant_date, "write year-month-day: 2026-12-04"),
    "time": (meant_time, "write hours and minutes: 08:00 or 14:30"),
    "datetime": (meant_moment, "write it as 2026-12-04T14:30"),
    "url": (meant_address, "write http:// or https:// before it"),
}
"""Type of a field → what a text was probably meant to be, and what to write where nothing was."""


def advice(kind: str, text: str) -> str | None:
    """What to write instead of a text that is no value of this type."""
    guess, otherwise = GUESSES.get(kind, (None, None))
    meant = guess(text) if guess else None
    return f"write {meant}" if meant else otherwise
