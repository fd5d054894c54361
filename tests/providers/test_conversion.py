"""YAML's texts as the values that a type asks for."""

from __future__ import annotations

import enum
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Annotated, Any, Literal, NewType, Optional, TypedDict

import pytest
from pydantic import BaseModel, ConfigDict

from runner.providers.conversion import Conversion


class Colour(enum.Enum):
    """A choice."""

    RED = "r"
    BLUE = "b"


class Inner(BaseModel):
    """A block."""

    on: bool = False
    rate: int = 0


class Open(BaseModel):
    """A block that takes other keys too."""

    model_config = ConfigDict(extra="allow")
    rate: int = 0


class Extra(TypedDict, total=False):
    """A block of optional keys."""

    heat: float
    stop: list[str]


@dataclass
class Settings:
    """A block in another form."""

    speed: float
    name: str = ""


@dataclass
class Unresolved:
    """A block whose type cannot be found at run time."""

    speed: "NoSuchType"  # noqa: F821, UP037 - that is the point


Seconds = NewType("Seconds", float)


@pytest.mark.parametrize(
    ("annotation", "text", "value"),
    [
        (bool, "Yes", True),
        (bool, "off", False),
        (int, "12", 12),
        (int, "1.0", 1.0),
        (int, "2s", 2),
        (int, "300ms", 0.3),
        (float, "0.3", 0.3),
        (float, "1e3", 1000.0),
        (float, "1.5s", 1.5),
        (float, "300ms", 0.3),
        (float, "2m", 120.0),
        (float, "nan", "nan"),
        (float, "1e999", "1e999"),
        (float, "3 s", "3 s"),
        (Seconds, "1h", 3600.0),
        (timedelta, "2m", timedelta(minutes=2)),
        (timedelta, "soon", "soon"),
        (str, "yes", "yes"),
        (str, "5", "5"),
        (Any, "5", "5"),
        (Literal[8000, 16000], "8000", 8000),
        (Literal["on", "off"], "on", "on"),
        (Literal[True, "auto"], "yes", True),
        (Literal["a"], "b", "b"),
        (Colour, "RED", "r"),
        (Colour, "B", "b"),
        (Colour, "green", "green"),
        (bool | None, "no", False),
        (Optional[bool], "no", False),  # noqa: UP045 - plugins write it so
        (bool | Literal["auto"], "auto", "auto"),
        (bool | Literal["auto"], "no", False),
        (str | float, "0.5", 0.5),
        (str | float, "half", "half"),
        (Colour | str, "red", "r"),
        (Annotated[int, "a mark"], "5", 5),
        (None | Annotated[int | str, "a mark"], "5", 5),
        (type(None) | None, "5", "5"),
    ],
)
def test_a_text_becomes_what_its_type_asks_for(annotation, text, value):
    """Words, numbers, durations and choices are read; any other text stays a text."""
    conversion = Conversion("llm 'x'")
    assert conversion.convert(annotation, text, ("key",)) == value
    assert conversion.problems == []


def test_milliseconds_are_counted_where_the_name_says_so():
    """`audio_chunk_ms: 50ms` is 50, not 0.05."""
    conversion = Conversion("llm 'x'")
    assert conversion.convert(int, "50ms", ("audio_chunk_ms",)) == 50
    assert conversion.convert(int | None, "1s", ("wait_ms",)) == 1000


@pytest.mark.parametrize("text", ["y", "1", "", "maybe"])
def test_other_words_than_yes_and_no_are_refused(text):
    """`y`, `n`, `1` and `0` are no yes or no, although pydantic would take them."""
    conversion = Conversion("llm 'x'")
    conversion.convert(bool, text, ("key",))
    assert [item.message for item in conversion.problems] == [f"'{text}' is not yes or no"]


@pytest.mark.parametrize(
    ("annotation", "value", "converted"),
    [
        (list[int], ["1", "2"], [1, 2]),
        (tuple[int, ...], ["1", "2"], [1, 2]),
        (tuple[int, str], ["1", "2"], [1, "2"]),
        (list, ["1"], ["1"]),
        (Sequence[float] | None, ["1"], [1.0]),
        (str | list[int], ["1"], [1]),
        (dict[str, int], {"a": "1"}, {"a": 1}),
        (dict, {"a": "1"}, {"a": "1"}),
        (str | dict[str, float], {"a": "1"}, {"a": 1.0}),
        (int | str, {"a": "1"}, {"a": "1"}),
        (Inner, {"on": "yes", "rate": "2"}, {"on": True, "rate": 2}),
        (Inner | str, {"on": "yes"}, {"on": True}),
        (Open, {"rate": "2", "more": "3"}, {"rate": 2, "more": "3"}),
        (Extra | dict[str, Any], {"heat": "0.5", "x": "1"}, {"heat": 0.5, "x": "1"}),
        (Settings, {"speed": "1.5", "name": "5"}, {"speed": 1.5, "name": "5"}),
        (Unresolved, {"speed": "1.5"}, {"speed": "1.5"}),
        (Extra, {"stop": ["1"]}, {"stop": ["1"]}),
        (int, 5, 5),
        (list[int], None, None),
    ],
)
def test_blocks_and_lists_are_converted_inside(annotation, value, converted):
    """Each leaf of a list or block is converted by its own type."""
    conversion = Conversion("llm 'x'")
    assert conversion.convert(annotation, value, ("key",)) == converted
    assert conversion.problems == []


def test_a_key_that_a_block_does_not_have_is_told_with_its_place():
    """An unknown key is one problem on the key, with the nearest one; it names the block."""
    conversion = Conversion("llm 'x'")
    conversion.convert(Inner, {"rte": "1"}, ())
    conversion.convert(list[Inner], [{"om": "yes"}], ("parts",))
    problems = [(item.location, item.message, item.help) for item in conversion.problems]
    assert problems == [
        (("rte",), "llm 'x' has no option 'rte'", "did you mean 'rate'?"),
        (("parts", 0, "om"), "an entry of 'parts' has no key 'om'", "there are: on, rate"),
    ]


def test_of_several_blocks_the_one_with_the_most_of_the_keys_is_meant():
    """In a union of blocks the keys that were written decide."""
    conversion = Conversion("llm 'x'")
    converted = conversion.convert(Inner | Settings, {"speed": "2", "name": "a"}, ())
    assert converted == {"speed": 2.0, "name": "a"}
