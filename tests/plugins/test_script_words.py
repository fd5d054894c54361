"""How the scripted model understands words: any order, near spellings, slots, numbers."""

from __future__ import annotations

import time

import pytest
from lkrun_script.mentions import Mention
from lkrun_script.near import meant, tokens
from lkrun_script.numbers import numbers
from lkrun_script.slots import read_slot


@pytest.mark.parametrize(
    ("phrase", "said"),
    [
        ("opening hours", "What are the hours of opening?"),
        ("open saturday", "Saturday, are you OPEN"),
        ("appointment", "I neeed an apointment"),
        ("address", "whats ur adress"),
        ("cancel*", "I had to be cancelled"),
        ("open/opening hours/time", "opening time"),
        ("what's your name", "Whats your name"),
        ("đặt lịch", "Tôi muốn ĐẶT lịch."),
        ("yes", "yess"),
        ("monday", "modnay"),
        ("你好", "你好"),
    ],
)
def test_words_fit_in_any_order_and_near_spelling(phrase, said):
    """All words of a phrase are there, each in one of its forms or nearly so."""
    assert Mention.read(phrase).fits(tokens(said))


@pytest.mark.parametrize(
    ("phrase", "said"),
    [
        ("bill", "I will come"),
        ("opening hours", "What are your hours?"),
        ("cancel*", "can I sell"),
        ("close", "hose"),
        ("yes", "eyes"),
        ("fine", "find"),
        ("hello", "hell"),
        ("*lling", "calling"),
    ],
)
def test_other_words_do_not_fit(phrase, said):
    """Short words must be right, the first letter counts, and no word may be missing."""
    assert not Mention.read(phrase).fits(tokens(said))


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        ("invoice 118 please", ["118"]),
        ("one hundred and eighteen", ["118"]),
        ("one one eight", ["118"]),
        ("4 7 0 0", ["4700"]),
        ("two thousand three hundred", ["2300"]),
        ("twenty one or thirty", ["21", "30"]),
        ("118 and 119", ["118", "119"]),
        ("one moment, a hundred thanks", []),
        ("٤٧", ["47"]),
        ("nothing", []),
        ("hundred", []),
        ("9" * 200, ["9" * 18]),
    ],
)
def test_numbers_are_understood_in_digits_and_in_words(said, expected):
    """Digits, digits one by one and English number words; a lone `one` is no number."""
    assert list(numbers(tokens(said))) == expected


def test_a_slot_takes_the_longest_spelling_and_keeps_the_order():
    """`clean my teeth` is one value; each value is named once, in the order of the sentence."""
    slot = read_slot({"cleaning": ["clean", "clean my teeth"], "teeth": "tooth", "filling": "hole"})
    assert slot.named(tokens("A hole, clean my teeth, fillings")) == ("filling", "cleaning")
    assert read_slot(["monday", "tuesday"]).named(tokens("tusday or Monday")) == (
        "tuesday", "monday",
    )  # fmt: skip


@pytest.mark.parametrize(
    ("written", "message"),
    [
        ("digits", "a slot needs the values"),
        ([], "a slot needs the values"),
        ([{"a": "b"}], "a slot needs the values"),
        ({"a": {"b": "c"}}, "the spellings of 'a' are not a text or a list"),
        ({"a": [["b"]]}, "the spellings of 'a' are not a text or a list"),
    ],
)
def test_a_slot_that_cannot_be_is_refused(written, message):
    """A slot is `number`, a list of texts, or texts with their spellings."""
    with pytest.raises(ValueError, match=message):
        read_slot(written)


def test_a_phrase_without_a_word_is_refused():
    """Punctuation alone would fit everything."""
    with pytest.raises(ValueError, match="there is no word in '!!'"):
        Mention.read("!!")


def test_long_texts_take_a_bounded_time():
    """Of a text only so many words are looked at, and of a word so many letters."""
    meant.cache_clear()
    said = tokens(" ".join(f"appointmen{n:08}" * 9 for n in range(20_000)))
    assert len(said) == 200
    began = time.process_time()
    for number in range(100):
        Mention.read(f"appointmentz{number}").fits(said)
    assert time.process_time() - began < 5
