"""Durations, sizes and rates, as their author writes them."""

from __future__ import annotations

import re

import pytest
from pydantic import TypeAdapter, ValidationError

from runner.schema.types.measures import Duration, Rate, RateLimit, Size

SIZE, RATE, DURATION = TypeAdapter(Size), TypeAdapter(Rate), TypeAdapter(Duration)


def refused(adapter, text):
    """The code, message and help of a value that is refused."""
    with pytest.raises(ValidationError) as raised:
        adapter.validate_python(text)
    (error,) = raised.value.errors()
    return error["type"], error["ctx"]["message"], error["ctx"]["help"]


@pytest.mark.parametrize(
    ("text", "count"),
    [("64KB", 65536), ("2MB", 2097152), ("1.5MB", 1572864), (" 1GB ", 1073741824), ("0.5KB", 512)],
)
def test_a_size_is_read_as_bytes(text, count):
    """A size is a number and KB, MB or GB; a KB is 1024 bytes."""
    assert SIZE.validate_python(text) == count


@pytest.mark.parametrize(
    ("text", "hint"),
    [
        ("64 KB", "write 64KB"),
        ("64kb", "write 64KB"),
        ("64k", "write 64KB"),
        ("2 MiB", "write 2MB"),
        ("2 Mbytes", "write 2MB"),
        ("1,5MB", "write 1.5MB"),
        ("64", "add the unit: 64KB, or 64MB"),
        ("262144", "write it in KB or MB: 262144 bytes are about 256KB"),
        ("65536 bytes", "write it in KB or MB: 65536 bytes are about 64KB"),
        ("much", "write a number and its unit without a space: 64KB, 2MB or 1GB"),
        ("-4KB", "write a number and its unit without a space: 64KB, 2MB or 1GB"),
        ("", "write a number and its unit without a space: 64KB, 2MB or 1GB"),
    ],
)
def test_a_size_written_otherwise_is_told_as_it_should_be(text, hint):
    """What is no size is refused with the size that was probably meant."""
    assert refused(SIZE, text) == ("E108", f"'{text}' is not a size", hint)


def test_a_size_of_nothing_is_refused():
    """No key makes sense with a size of nothing."""
    assert refused(SIZE, "0KB") == (
        "E109", "0KB leaves no room at all", "write more than that, such as 4KB",
    )  # fmt: skip


@pytest.mark.parametrize(
    ("text", "count", "seconds"),
    [("10 per second", 10, 1.0), ("600 per minute", 600, 60.0), (" 50 per hour ", 50, 3600.0)],
)
def test_a_rate_is_a_number_and_a_time(text, count, seconds):
    """A rate is so many per second, minute or hour, and is shown as it was written."""
    rate = RATE.validate_python(text)
    assert rate == RateLimit(count, seconds)
    assert str(rate) == text.strip() == RATE.dump_python(rate)


@pytest.mark.parametrize(
    ("text", "hint"),
    [
        ("10/s", "write 10 per second"),
        ("10 / second", "write 10 per second"),
        ("10 per seconds", "write 10 per second"),
        ("10 Per Second", "write 10 per second"),
        ("10  per  second", "write 10 per second"),
        ("600/min", "write 600 per minute"),
        ("5 times a minute", "write 5 per minute"),
        ("50 calls an hour", "write 50 per hour"),
        ("10 rps", "write 10 per second"),
        ("300rpm", "write 300 per minute"),
        ("10", "say in which time: 10 per second, 10 per minute or 10 per hour"),
        ("10 per day", "write a number and the time: 10 per second, 600 per minute or 50 per hour"),
        ("often", "write a number and the time: 10 per second, 600 per minute or 50 per hour"),
    ],
)
def test_a_rate_written_otherwise_is_told_as_it_should_be(text, hint):
    """What is no rate is refused with the rate that was probably meant."""
    assert refused(RATE, text) == ("E108", f"'{text}' is not a rate", hint)


def test_a_rate_of_nothing_is_refused():
    """A rate lets something through."""
    assert refused(RATE, "0 per hour") == (
        "E109", "'0 per hour' lets nothing through", "write 1 or more",
    )  # fmt: skip


@pytest.mark.parametrize(
    ("adapter", "good", "bad"),
    [
        (DURATION, ["300ms", "1.5s", "2m", "1h", "30d"], ["3", "3 s", "3w"]),
        (SIZE, ["64KB", "1.5MB", "1GB"], ["64", "64 KB", "64kb", "0KB"]),
        (RATE, ["10 per second", "600 per minute"], ["10", "10/s", "0 per hour"]),
    ],
)
def test_an_editor_knows_the_same_values(adapter, good, bad):
    """The JSON Schema of an amount takes what lkrun takes, and no more."""
    pattern = adapter.json_schema()["anyOf"][0]["pattern"]
    assert all(re.search(pattern, text) for text in good)
    assert not any(re.search(pattern, text) for text in bad)
    for text in good:
        adapter.validate_python(text)
    for text in bad:
        refused(adapter, text)
