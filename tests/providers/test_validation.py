"""What pydantic finds, in plain words."""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated, Any, Literal

import pytest
from pydantic import BaseModel, Field, model_validator

from runner.providers.validation import validate


class Part(BaseModel):
    """A part of a block."""

    name: str = Field("x", pattern="^[a-z]+$")


class Options(BaseModel):
    """One option of each type."""

    flag: bool = False
    count: int = Field(1, gt=0, lt=10)
    share: float = Field(0.5, ge=0, le=1)
    colour: Literal["red", "blue"] = "red"
    wait: timedelta = timedelta()
    names: Annotated[list[str], Field(min_length=1, max_length=2)] = Field(["a"])
    short: str = Field("ab", min_length=1, max_length=3)
    long: str = Field("abcd", min_length=3)
    parts: list[Part] = Field([])
    either: Part | int = 5
    table: dict[str, int] = Field({})
    both: tuple[str, ...] = ()
    only: set[str] = Field(set())

    @model_validator(mode="after")
    def _rule(self) -> Options:
        if self.count == 7:
            error = ValueError("seven is\nunlucky")
            error.add_note("write eight")
            raise error
        return self


@pytest.mark.parametrize(
    ("values", "location", "message", "hint"),
    [
        ({"flag": "y"}, ("flag",), "'y' is not yes or no", "write yes or no"),
        ({"flag": ["a"]}, ("flag",), "a list is not yes or no", "write yes or no"),
        ({"count": "1.5"}, ("count",), "'1.5' is not a whole number", "digits"),
        ({"count": "x"}, ("count",), "'x' is not a whole number", "digits"),
        ({"count": {"a": "b"}}, ("count",), "a block of keys is not a whole number", "digits"),
        ({"count": "0"}, ("count",), "'0' must be more than 0", None),
        ({"count": "10"}, ("count",), "'10' must be less than 10", None),
        ({"count": "7"}, (), "seven is unlucky", "write eight"),
        ({"share": "x"}, ("share",), "'x' is not a number", "digits"),
        ({"share": "-1"}, ("share",), "'-1.0' must be at least 0.0", None),
        ({"share": "2"}, ("share",), "'2.0' must be at most 1.0", None),
        ({"colour": "rot"}, ("colour",), "'rot' is not one of the choices here", "write one of"),
        ({"colour": "bleu"}, ("colour",), "'bleu' is not one of the choices here", "'blue'?"),
        ({"wait": "soon"}, ("wait",), "'soon' is not a duration", "300ms"),
        ({"names": []}, ("names",), "needs at least 1 of them", None),
        ({"names": ["a", "b", "c"]}, ("names",), "more than 2 entries", None),
        ({"names": "a"}, ("names",), "'a' is not a list", "'- '"),
        ({"names": [None]}, ("names", 0), "nothing is not text", None),
        ({"short": ""}, ("short",), "there is no text here", None),
        ({"short": "abcd"}, ("short",), "'abcd' must be no longer than 3", None),
        ({"long": "a"}, ("long",), "'a' is too short", None),
        ({"parts": "x"}, ("parts",), "'x' is not a list", "'- '"),
        ({"parts": ["x"]}, ("parts", 0), "'x' is not a block of keys", "below"),
        ({"parts": [{"name": "A"}]}, ("parts", 0, "name"), "the form ^[a-z]+$", None),
        ({"either": "x"}, ("either",), "'x' is not a block of keys", "below"),
        ({"table": "x"}, ("table",), "'x' is not a block of keys", "below"),
        ({"both": "x"}, ("both",), "'x' is not a list", "'- '"),
        ({"only": "x"}, ("only",), "'x' is not a list", "'- '"),
        ({"colour": "x" * 99}, ("colour",), "xxx…'", None),
        ("text", (), "'text' is not a block of keys", "below"),
    ],
)
def test_each_mistake_is_said_in_plain_words_at_its_place(values, location, message, hint):
    """A wrong value of each type gives one problem: where, what, and what to write."""
    options, problems = validate(Options, values, "llm 'x'")
    assert options is None
    ((problem),) = problems
    assert (problem.code, problem.location) == ("E403", location)
    assert message in problem.message
    assert (hint or "") in (problem.help or "")


def test_no_options_at_all_are_the_defaults():
    """`with` may be left out."""
    options, problems = validate(Options, None, "llm 'x'")
    assert isinstance(options, Options)
    assert problems == []


class Needy(BaseModel):
    """What must be given, at two depths."""

    inner: dict[str, Part] = Field({})
    parts: list[NeedyPart] = Field([])
    model: str


class NeedyPart(BaseModel):
    """A part with a name that must be given."""

    name: str


Needy.model_rebuild()


def test_what_is_missing_is_told_at_its_block():
    """A missing option names the provider; in a block, the block."""
    _, problems = validate(Needy, {"parts": [{}]}, "llm 'x'")
    rows = [(item.code, item.location, item.message) for item in problems]
    assert rows == [
        ("E103", ("parts", 0), "an entry of 'parts' needs 'name'"),
        ("E103", (), "llm 'x' needs 'model'"),
    ]


def test_a_misspelt_option_is_not_missing_as_well():
    """One mistake, one message: the misspelt key is told, not that its right form is missing."""
    _, problems = validate(Needy, {"modell": "x"}, "llm 'x'")
    assert [item.location for item in problems] == [("modell",)]


class Odd(BaseModel):
    """A model whose error has no words of its own here."""

    address: Annotated[Any, Field(json_schema_extra={})] = None
    code: bytes = b""


def test_an_error_without_words_of_its_own_keeps_pydantics():
    """A type of error that is not in the table is said as pydantic says it, in our style."""
    _, problems = validate(Odd, {"code": ["x"]}, "llm 'x'")
    assert [item.message for item in problems] == ["input should be a valid bytes"]
