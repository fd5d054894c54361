"""Documents, found by the words of a question in any language."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from runner.knowledge import Index, passages
from runner.knowledge.passages import LONGEST
from runner.knowledge.words import words

DOCUMENTS = {
    "en.md": (
        "# House rules\n\n## Parking\nThe garage costs 12 euros a night.\n\n"
        "## Breakfast\nBreakfast is served from 7 to 10:30.\n\n## Pets\nDogs are welcome."
    ),
    "de.md": "## Frühstück\nFrühstückszeiten: 7 bis 10 Uhr.\n\n## Hunde\nHaustiere kosten 15 Euro.",
    "ja.md": "# 施設案内\n\n## 朝食\n午前七時から十時まで。\n\n## 駐車場\n一泊千円です。",
    "zh.md": "# 酒店\n\n## 停车\n停车每晚二十元。\n\n## 早餐\n七点到十点。",
    "vi.md": "# Khách sạn\n\n## Bữa sáng\nTừ 7 giờ.\n\n## Bãi đỗ xe\nĐỗ xe miễn phí.",
    "th.md": "# โรงแรม\n\n## ที่จอดรถ\nฟรีสำหรับแขก\n\n## อาหารเช้า\nเจ็ดโมงถึงสิบโมง",
}


@pytest.fixture(scope="module")
def index():
    return Index(p for file, text in DOCUMENTS.items() for p in passages(text, file))


@pytest.mark.parametrize(
    ("question", "title"),
    [
        ("How much is the parking?", "House rules > Parking"),
        ("When do you serve breakfasts?", "House rules > Breakfast"),
        ("may I bring my dog", "House rules > Pets"),
        ("GARAGE", "House rules > Parking"),
        ("Wann gibt es Frühstück?", "Frühstück"),
        ("fruhstuck", "Frühstück"),
        ("ein Hund", "Hunde"),
        ("朝食は何時ですか", "施設案内 > 朝食"),
        ("駐車場の料金", "施設案内 > 駐車場"),
        ("停车多少钱", "酒店 > 停车"),
        ("bữa sáng mấy giờ", "Khách sạn > Bữa sáng"),
        ("do xe", "Khách sạn > Bãi đỗ xe"),
        ("ที่จอดรถราคาเท่าไร", "โรงแรม > ที่จอดรถ"),
    ],
)
def test_a_question_finds_its_passage(index, question, title):
    """Other forms of a word, no accents, and scripts without spaces find the same passage."""
    assert index.find(question, 1)[0].title == title


@pytest.mark.parametrize("question", ["", "  ", "?!", "xyzzy", "\x00", "🦷"])
def test_what_nobody_wrote_about_is_not_found(index, question):
    """No passage is given out that has none of the question's words."""
    assert index.find(question, 3) == []


def test_the_best_come_first_and_no_more_than_are_wanted(index):
    """A passage with both words comes before those with one, and few are given."""
    passages_found = index.find("breakfast at seven in the garage, parking", 2)
    assert [p.title for p in passages_found] == ["House rules > Parking", "House rules > Breakfast"]


def test_nothing_written_is_nothing_found():
    """Documents without a word are no failure."""
    assert Index(passages("---\n\n***")).find("anything", 3) == []


def test_a_passage_is_read_with_its_headings():
    """The model sees below which headings a passage stands; a line in code is no heading."""
    text = "Open all year.\n\n# Rooms\n\n## Single\nOne bed.\n\n```\n# not one\n```\n# Pool\nWarm."
    assert [str(p) for p in passages(text)] == [
        "Open all year.",
        "## Rooms > Single\nOne bed.\n\n```\n# not one\n```",
        "## Pool\nWarm.",
    ]


def test_a_heading_with_nothing_below_it_is_text():
    """A list of headings alone is not lost."""
    text = "# Closed days\n## Sunday\n## 24 December\n# Phone\n"
    assert [(p.headings, p.text) for p in passages(text)] == [
        (("Closed days",), "Sunday"),
        (("Closed days",), "24 December"),
        ((), "Phone"),
    ]


@given(st.text(max_size=6000))
def test_no_text_breaks_it_and_no_passage_is_too_long(text):
    """Whatever stands in a document, each passage is of bounded size and has text."""
    for passage in passages(text):
        assert passage.text.strip()
        assert len(passage.text.encode("utf-8", "surrogatepass")) <= LONGEST


@given(st.text(max_size=300))
def test_a_passage_is_found_by_its_own_words(text):
    """Every text that has a word is found by itself."""
    passages_found = Index(passages(text)).find(text, 20)
    assert bool(passages_found) == bool(words(text))


def test_a_long_paragraph_is_cut_between_sentences():
    """Each piece begins where a sentence does, and nothing is lost."""
    sentences = [f"Rule number {n} is not like the others at all." for n in range(100)]
    pieces = [p.text for p in passages(" ".join(sentences))]
    assert len(pieces) > 1
    assert all(piece.startswith("Rule number") and piece.endswith("all.") for piece in pieces)
    assert " ".join(pieces) == " ".join(sentences)
