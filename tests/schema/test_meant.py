"""Values as people write them in several tongues, and what they are told to write instead."""

from __future__ import annotations

import pytest
from pydantic_core import PydanticCustomError

from runner.schema.types.meant import meant_date, meant_duration, meant_number, meant_time
from runner.schema.types.measures import parse_duration, parse_rate, parse_size
from runner.schema.types.spans import parse_spans
from runner.schema.types.values import parse_yes_no, whole


def refused(read, text):
    """What a person is told to do about a value."""
    with pytest.raises(PydanticCustomError) as caught:
        read(text)
    return caught.value.context["help"]


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("20 minutes", "20m"), ("1h30", "90m"), ("1h 30m", "90m"), ("90 Sekunden", "90s"),
        ("2 Min.", "2m"), ("PT20M", "20m"), ("P1DT12H", "36h"), ("00:20:00", "20m"),
        ("1:30", "90s"), ("1,5 s", "1.5s"), ("1 Std. 30 Min.", "90m"), ("5 phút", "5m"),
        ("3 giây", "3s"), ("1 minute and 30 seconds", "90s"), ("1w", "7d"), ("2 Wochen", "14d"),
        ("20M", "20m"), ("500 ms", "500ms"), ("1 hora", "1h"), ("2 jours", "2d"),
        ("half an hour", None), ("1200", None), ("-5s", None), ("5 apples", None), ("", None),
        ("1h5", "65m"), ("5s 3", None), ("P", None), ("0:00", None),
    ],
)  # fmt: skip
def test_durations(written, meant):
    """Numbers with units in words, parts, the clock's and ISO 8601's way; nothing is guessed."""
    assert meant_duration(written) == meant
    if meant is not None:
        assert refused(parse_duration, written) == f"write {meant}"
        assert parse_duration(meant) > 0


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("01.12.2026", "2026-12-01"), ("1 December 2026", "2026-12-01"),
        ("Tuesday 1 December 2026", "2026-12-01"), ("Dienstag, den 1. Dezember 2026", "2026-12-01"),
        ("1er décembre 2026", "2026-12-01"), ("1 de diciembre de 2026", "2026-12-01"),
        ("ngày 1 tháng 12 năm 2026", "2026-12-01"), ("2026年12月1日", "2026-12-01"),
        ("2026년 12월 1일", "2026-12-01"), ("December 1, 2026", "2026-12-01"),
        ("1st of December 2026", "2026-12-01"), ("2026-1-5", "2026-01-05"),
        ("12/01/2026", None), ("2026-02-30", None), ("tomorrow", None),
        ("ngày 31 tháng 2 năm 2026", None),
    ],
)  # fmt: skip
def test_dates(written, meant):
    """In words of some tongues; a day that could be a month, or that there is not, is no guess."""
    assert meant_date(written) == meant


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("8 am", "08:00"), ("8 Uhr 30", "08:30"), ("8 giờ 30", "08:30"), ("14 Uhr", "14:00"),
        ("8h30", "08:30"), ("8:30pm", "20:30"), ("noon", "12:00"), ("24:00", None), ("8", None),
    ],
)  # fmt: skip
def test_times(written, meant):
    """Hours and minutes in words; midnight at the end of a day is no time of it."""
    assert meant_time(written) == meant


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("8-12", "08:00-12:00"), ("from 8 to 12", "08:00-12:00"), ("von 8 bis 12", "08:00-12:00"),
        ("09:00~17:00", "09:00-17:00"), ("08:00/12:00", "08:00-12:00"),
        ("08:00-12:00; 13:00-17:00", "08:00-12:00, 13:00-17:00"),
        ("8-12 and 13-17", "08:00-12:00, 13:00-17:00"),
        ("8 Uhr bis 12 Uhr und 13 Uhr bis 17 Uhr", "08:00-12:00, 13:00-17:00"),
    ],
)  # fmt: skip
def test_hours(written, meant):
    """Beginnings and ends in words, several of them joined otherwise than by commas."""
    assert refused(parse_spans, written) == f"write {meant}"
    assert parse_spans(meant).minutes


@pytest.mark.parametrize("word", ["closed", "geschlossen", "fermé", "cerrado", "nghỉ"])
def test_days_that_are_closed(word):
    """They are not listed."""
    assert "a day that is not listed is closed" in refused(parse_spans, word)


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("true.", "true"), ('"no"', "no"), ("wahr", "yes"), ("falsch", "no"), ("có", "yes"),
        ("không", "no"), ("✓", "yes"), ("x", "yes"), ("active", "yes"), ("inactive", "no"),
        ("vrai", "yes"), ("aus", "no"), ("an", "yes"),
    ],
)  # fmt: skip
def test_yes_and_no(written, meant):
    """Words and marks of other tongues, and those of ours with a sign too many."""
    assert refused(parse_yes_no, written) == f"write {meant}"


@pytest.mark.parametrize(
    ("read", "written", "meant"),
    [
        (parse_size, "4 kilobytes", "4KB"), (parse_size, "4 Mo", "4MB"),
        (parse_size, "4KiB", "4KB"), (parse_rate, "10 pro Sekunde", "10 per second"),
        (parse_rate, "5 mỗi giây", "5 per second"), (parse_rate, "10/min.", "10 per minute"),
        (parse_rate, "3 fois par heure", "3 per hour"), (whole(0, 10).parse, "3 times", "3"),
        (whole(0, 10).parse, "no", "0"), (whole(0, 10).parse, "2.0", "2"),
    ],
)  # fmt: skip
def test_sizes_rates_and_counts(read, written, meant):
    """Units in words of some tongues, and counts with a word behind them."""
    assert refused(read, written) == f"write {meant}"


@pytest.mark.parametrize(
    ("read", "written"),
    [(parse_rate, "10 per day"), (parse_rate, "10 per fortnight"), (whole(1, 5).parse, "9 times"),
     (whole(1, 5).parse, "no"), (parse_size, "4 apples")],
)  # fmt: skip
def test_what_cannot_be_meant(read, written):
    """Nothing is proposed that would be refused."""
    assert refused(read, written).startswith(("write a number", "say in which time"))


def test_numbers_with_a_currency():
    """The currency is left out."""
    assert meant_number("5 euros") == "5"
    assert meant_number("65,50 Euro") == "65.50"
    assert meant_number("5 apples") is None
