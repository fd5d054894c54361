"""Blocks whose reader is built when the first of them is read."""

from __future__ import annotations

import subprocess
import sys
from typing import Any

import pytest
from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError

from runner.schema.types.when_used import BuiltWhenUsed

pytestmark = pytest.mark.quick


class Leaf(BuiltWhenUsed):
    """The innermost."""

    size: int = 3


class Branch(BuiltWhenUsed):
    """Holds others of its kind."""

    model_config = ConfigDict(frozen=True)

    leaf: Leaf = Leaf.model_construct()
    leaves: dict[str, Leaf] = Field(default_factory=dict)
    branches: tuple[Branch, ...] = ()


class Tree(BaseModel):
    """What is no such model itself."""

    trunk: Branch


def test_mistakes_keep_their_places():
    """A mistake in a block says where it stands from the top, through all blocks around it."""
    data = {"trunk": {"branches": [{}, {"leaves": {"a": {"size": "big"}}}]}}
    with pytest.raises(ValidationError) as caught:
        Tree.model_validate(data)
    (error,) = caught.value.errors()
    assert error["loc"] == ("trunk", "branches", 1, "leaves", "a", "size")
    assert error["type"] == "int_parsing"


def test_all_mistakes_of_all_blocks_are_told():
    """The mistakes of several blocks come together, in the order of the keys."""
    data: dict[str, Any] = {"leaf": {"size": "x"}, "leaves": {"a": {"size": "y"}}, "branches": 3}
    with pytest.raises(ValidationError) as caught:
        Branch.model_validate(data)
    assert [e["loc"] for e in caught.value.errors()] == [
        ("leaf", "size"),
        ("leaves", "a", "size"),
        ("branches",),
    ]


def test_a_made_model_is_written_like_one_that_was_read():
    """A model that was made without reading it is written, however deep it lies."""

    class Made(BuiltWhenUsed):
        size: int = 5

    class Around(BuiltWhenUsed):
        made: Made = Made.model_construct()

    assert Around().model_dump() == {"made": {"size": 5}}
    assert Around().model_dump_json() == '{"made":{"size":5}}'


def test_only_what_is_set_is_written():
    """What is told of a dump reaches the blocks below."""
    tree = Tree.model_validate({"trunk": {"leaves": {"a": {}}}})
    assert tree.model_dump(exclude_unset=True) == {"trunk": {"leaves": {"a": {}}}}
    text = tree.model_dump_json(exclude_unset=True)
    assert Tree.model_validate_json(text) == tree


def test_json_schema_shows_all_blocks_once():
    """The JSON Schema holds each block once, also one that stands below itself."""
    made = TypeAdapter(Tree).json_schema()
    assert set(made["$defs"]) == {"Branch", "Leaf"}
    assert made["$defs"]["Branch"]["properties"]["branches"]["items"] == {"$ref": "#/$defs/Branch"}


BUILT = """
from runner.schema.reading.load import load
from runner.schema.types.when_used import BuiltWhenUsed
from runner.syntax import parse

def below(cls):
    for each in cls.__subclasses__():
        yield each
        yield from below(each)

text = b"tools:\\n  ask:\\n    description: asks\\n    http:\\n      url: https://x.example/\\n"
load(parse("a.yaml", text), {})
print(*sorted({c.__name__ for c in below(BuiltWhenUsed) if c.__pydantic_complete__}))
"""


def test_a_file_builds_the_blocks_that_stand_in_it():
    """A file with one request builds what reads requests, and nothing of agents and personas."""
    done = subprocess.run(
        [sys.executable, "-c", BUILT], capture_output=True, text=True, check=True, timeout=60
    )
    built = done.stdout.split()
    assert {"HttpTool", "HttpRequest"} & {*built}
    assert not {"Agent", "Persona", "Idle"} & {*built}
    assert len(built) < 12, built
