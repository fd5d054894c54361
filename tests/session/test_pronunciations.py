"""Pronunciations: whole words, in the case that they are written in, in scripts of every kind."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from runner.session.settings.pronunciations import pronouncing


async def spoken(words, *pieces):
    """What is spoken of a text that comes in pieces."""

    async def text():
        for piece in pieces:
            yield piece

    return "".join([part async for part in pronouncing(words)(text())])


@pytest.mark.parametrize(
    ("words", "text", "expected"),
    [
        ({"Nguyen": "win"}, "Mr Nguyen and the Nguyens", "Mr win and the Nguyens"),
        ({"Nguyen": "win"}, "Nguyen's dog, nguyen.", "win's dog, nguyen."),
        ({"AC": "air con"}, "The AC in this place", "The air con in this place"),
        ({"sql": "sequel"}, "SQL, Sql and sqlite", "sequel, sequel and sqlite"),
        ({"Dr. Ho": "doctor ho"}, "Dr. Ho, Dr. Hoang", "doctor ho, Dr. Hoang"),
        ({"C++": "C plus plus"}, "C++ or C", "C plus plus or C"),
        ({"a": "b", "b": "a"}, "a b a", "b a b"),
        ({"Zürich": "Tsürich"}, "in Zürich, Zürichs", "in Tsürich, Zürichs"),
        ({"Анна": "А́нна"}, "Анна, Аннами", "А́нна, Аннами"),
        ({"हि": "hi"}, "हि हिन्दी", "hi हिन्दी"),
        ({"北京": "Běijīng"}, "我在北京市", "我在Běijīng市"),
        ({"กรุงเทพ": "Bangkok"}, "ไปกรุงเทพกัน", "ไปBangkokกัน"),
        ({}, "nothing", "nothing"),
    ],
)
async def test_whole_words_are_replaced(words, text, expected):
    """A word inside of another stays; small letters stand for any case, others for themselves."""
    assert await spoken(words, text) == expected
    assert await spoken(words, *text) == expected


@settings(deadline=None)  # what counts is what is spoken, on a busy machine too
@given(st.lists(st.sampled_from(["Ngu", "yen", " ", "s", "AC", ".", "place"]), max_size=12))
async def test_pieces_make_no_difference(pieces):
    """However a text is cut into pieces, the same is spoken."""
    words = {"Nguyen": "win", "AC": "air con", "place": "spot"}
    assert await spoken(words, *pieces) == await spoken(words, "".join(pieces))
