"""The hours of a day, as their author writes them, and what is said of those that are wrong."""

from __future__ import annotations

import pytest
from pydantic import TypeAdapter, ValidationError

from runner.schema.types.spans import Day, DaySpans

SPANS, DAY = TypeAdapter(DaySpans), TypeAdapter(Day)


def refused(adapter, written):
    """The code, message and help of a value that is refused."""
    with pytest.raises(ValidationError) as raised:
        adapter.validate_python(written)
    (error,) = raised.value.errors()
    return error["type"], error["ctx"]["message"], error["ctx"]["help"]


@pytest.mark.parametrize(
    ("text", "read"),
    [
        ("08:00-12:00, 13:30-17:30", "08:00-12:00, 13:30-17:30"),
        ("13:30-17:30,8:00 - 12:00", "08:00-12:00, 13:30-17:30"),
        ("08:00\u201312:00", "08:00-12:00"),
        ("08:00-12:00, 12:00-17:00", "08:00-12:00, 12:00-17:00"),
        ("00:00-24:00", "00:00-24:00"),
        ("22:00-02:00", "22:00-02:00"),
        ("17:00-08:00", "17:00-08:00"),
        ("08:00-02:00", "08:00-02:00"),
        ("00:00-02:00, 20:00-02:00", "00:00-02:00, 20:00-02:00"),
    ],
)
def test_spans_of_a_day(text, read):
    """One or more spans, in any order; one that ends before it begins is a night."""
    assert str(SPANS.validate_python(text)) == read


NO_SPAN = "is not a time from when to when"
HOW = "write when it opens and when it closes: 08:00-17:00, or 08:00-12:00, 13:30-17:30"


@pytest.mark.parametrize(
    ("text", "message", "hint"),
    [
        ("8-12", NO_SPAN, "write 08:00-12:00"),
        ("8.30 - 17", NO_SPAN, "write 08:30-17:00"),
        ("8am to 5pm", NO_SPAN, "write 08:00-17:00"),
        ("8 Uhr bis 17 Uhr", NO_SPAN, "write 08:00-17:00"),
        ("08:00", NO_SPAN, HOW),
        ("morning", NO_SPAN, HOW),
        ("08:00-12:00-17:00", NO_SPAN, HOW),
        ("08:00-12:00,", NO_SPAN, HOW),
        ("closed", NO_SPAN, "delete the line: a day that is not listed is closed"),
        ("no", NO_SPAN, "delete the line: a day that is not listed is closed"),
        ("24/7", NO_SPAN, "write 00:00-24:00, which is the whole day"),
        ("25:00-26:00", "'25:00' is not a time of the day", "midnight, as an end, is 24:00"),
        ("24:00-26:00", "'24:00' is not a time of the day", "midnight, as an end, is 24:00"),
        ("08:00-12:75", "'12:75' is not a time of the day", "minutes from 00 to 59"),
        ("08:00-24:30", "'24:30' is not a time of the day", "hours from 00 to 23"),
        ("08:00-08:00", "'08:00-08:00' ends when it begins", "write 00:00-24:00"),
        ("17:30-13:30", "'17:30-13:30' ends before it begins", "write 13:30-17:30; or"),
        ("12:00-08:00", "'12:00-08:00' ends before it begins", "write 08:00-12:00; or"),
    ],
)
def test_what_is_no_span(text, message, hint):
    """Each mistake is told once, with what was probably meant."""
    code, said, helped = refused(SPANS, text)
    assert code == "E117"
    assert message in said
    assert hint in helped


@pytest.mark.parametrize(
    ("text", "message", "hint"),
    [
        ("08:00-12:00, 11:00-17:00", "08:00-12:00 and 11:00-17:00 overlap", "08:00-17:00"),
        ("08:00-17:00, 09:00-12:00", "08:00-17:00 and 09:00-12:00 overlap", "08:00-17:00"),
        ("22:00-02:00, 23:00-01:00", "22:00-02:00 and 23:00-01:00 overlap", "22:00-02:00"),
        ("20:00-23:00, 22:00-02:00", "20:00-23:00 and 22:00-02:00 overlap", "20:00-02:00"),
        ("20:00-24:00, 22:00-23:00", "20:00-24:00 and 22:00-23:00 overlap", "20:00-24:00"),
        ("08:00-12:00, 08:00-12:00", "08:00-12:00 and 08:00-12:00 overlap", "08:00-12:00"),
    ],
)
def test_spans_that_overlap(text, message, hint):
    """Two spans of a day that overlap are one, which is proposed and accepted."""
    assert refused(SPANS, text) == ("E112", message, f"write one span instead: {hint}")
    SPANS.validate_python(hint)


def test_a_list_of_spans_is_one_line():
    """Spans that stand below each other are written on one line."""
    code, _, hint = refused(SPANS, ["08:00-12:00", "13:30-17:30"])
    assert (code, hint) == (
        "E104",
        "write them on one line, with commas between them: 08:00-12:00, 13:30-17:30",
    )


@pytest.mark.parametrize(
    ("text", "hint"),
    [
        ("24.12.2026", "write 2026-12-24"),
        ("2026-2-30", "write year-month-day: 2026-12-04"),
        ("12-25", "write year-month-day: 2026-12-04"),
        ("Christmas", "write year-month-day: 2026-12-04"),
    ],
)
def test_what_is_no_date(text, hint):
    """A date has its year, so that it is clear which one is meant."""
    assert refused(DAY, text) == ("E117", f"'{text}' is not a date", hint)
