"""How values read as text."""

from __future__ import annotations

import dataclasses
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from enum import Enum

import pytest

from runner.template import EMPTY, Renderer, as_data, as_text


class Size(Enum):
    LARGE = "large"


@dataclasses.dataclass
class Guest:
    name: str
    room: int | None = None


@pytest.mark.parametrize(
    ("value", "speech", "wire"),
    [
        ("as it is", "as it is", "as it is"),
        (None, "", ""),
        (EMPTY, "", ""),
        (True, "yes", "true"),
        (False, "no", "false"),
        (5, "5", "5"),
        (5.0, "5", "5"),
        (-0.0, "0", "0"),
        (0.1 + 0.2, "0.3", "0.3"),
        (1e22, "10000000000000000000000", "10000000000000000000000"),
        (float("nan"), "", ""),
        (float("inf"), "", ""),
        (Decimal("12.50"), "12.5", "12.5"),
        (Decimal("1E+3"), "1000", "1000"),
        (date(2026, 12, 4), "Friday 4 December 2026", "2026-12-04"),
        (datetime(2026, 12, 4, 14, 5), "Friday 4 December 2026, 14:05", "2026-12-04T14:05:00"),  # noqa: DTZ001  (as some are)
        (
            datetime(2026, 12, 4, 14, 5, tzinfo=UTC),
            "Friday 4 December 2026, 14:05",
            "2026-12-04T14:05:00+00:00",
        ),
        (time(14, 30), "14:30", "14:30:00"),
        (timedelta(hours=1, minutes=20), "1 hour 20 minutes", "4800"),
        (timedelta(0), "0 seconds", "0"),
        (["a", "b", "c"], "a, b and c", '["a","b","c"]'),
        (["a", None, "b"], "a and b", '["a",null,"b"]'),
        (["a"], "a", '["a"]'),
        ([], "", "[]"),
        (Decimal("sNaN"), "", ""),
        (Decimal("1E+999999999"), "", ""),
        pytest.param(10**5000, "", "", id="5000 digits"),
        ([1, 2.0, True], "1, 2 and yes", "[1,2.0,true]"),
        ({"b", "a"}, "a and b", None),
        ({"a": 1, "b": None}, '{"a":1,"b":null}', '{"a":1,"b":null}'),
        ([{"a": "ế"}], '[{"a":"ế"}]', '[{"a":"ế"}]'),
        ([[1], [2]], "[[1],[2]]", "[[1],[2]]"),
        (b"abc", "abc", "abc"),
        (Size.LARGE, "large", "large"),
        (Guest("Ann"), '{"name":"Ann","room":null}', '{"name":"Ann","room":null}'),
        (object(), "", ""),
    ],
)
def test_a_value_reads_as_a_person_would_say_it(value, speech, wire):
    """Each kind of value has one way to be spoken, and one way to be sent."""
    assert as_text(value) == speech
    if wire is not None:
        assert as_text(value, wire=True) == wire


def test_data_is_what_json_can_hold():
    """Dates, decimals, stretches of time and records become JSON's own kinds."""
    value = {
        "at": datetime(2026, 1, 2, 3, 4, tzinfo=UTC),
        "price": Decimal("9.90"),
        "whole": Decimal(9),
        "wait": timedelta(seconds=90),
        "none": EMPTY,
        "nan": float("nan"),
        "guest": Guest("Ann", 4),
        "other": object(),
        5: (1, 2.5, True),
    }
    assert as_data(value) == {
        "at": "2026-01-02T03:04:00+00:00",
        "price": 9.9,
        "whole": 9,
        "wait": 90.0,
        "none": None,
        "nan": None,
        "guest": {"name": "Ann", "room": 4},
        "other": None,
        "5": [1, 2.5, True],
    }


def test_a_text_for_a_service_reads_differently():
    """On the wire a date within a text is ISO 8601; in speech it is words."""
    values = {"day": date(2026, 12, 4), "paid": True}
    text = "/slots/{{ day }}?paid={{ paid }}"
    assert Renderer(wire=True).render(text, values) == "/slots/2026-12-04?paid=true"
    assert Renderer().render("{{ day }}", values) == "Friday 4 December 2026"
    assert Renderer(wire=True).json_value({"day": "{{ day }}"}, values) == {"day": "2026-12-04"}
    assert Renderer(wire=True).render("{{ [day] | join(',') }}", values) == "2026-12-04"
