"""A search finds words, in any script, the same in SQLite and PostgreSQL."""

from __future__ import annotations

from dataclasses import replace

import pytest
from support.noted import START, made

from runner.records import reading, store
from runner.records.reading import RecordQuery
from runner.records.words import LONGEST, phrases, searchable

SAID = {
    "vi": "Tôi tên là Đặng Thị Mai, số 0912 345 678",
    "zh": "我想预约明天的时间",
    "de": "Ich möchte um drei Uhr, straße 7",
    "en": "It's about well-known things_here: mail ann@shop.example",
}

CASES = [
    ("dang", ["vi"]), ("ĐẶNG mai", ["vi"]), ('"thi mai"', ["vi"]), ('"mai thi"', []),
    ("预约", ["zh"]), ("约预", []), ("mochte STRASSE", ["de"]), ("moechte", []),
    ("ann@shop.example", ["en"]), ("known", ["en"]), ("things_here", ["en"]), ("shop", ["en"]),
    ("drei known", []), ("OR", []), ("NOT NEAR(", []), ('"', []), ("*", []), ("0912", ["vi"]),
    ("words:mai", []), ("'; DROP TABLE records; --", []), ("desk", []),
]  # fmt: skip


@pytest.mark.parametrize("kind", ["sqlite", "fresh"])
def test_words_are_found(request, kind):
    """Case, accents and signs do not matter; all words must be there; nothing is a command."""
    database = request.getfixturevalue(kind)
    store.save(database, [made(name, said=said) for name, said in SAID.items()])
    matches = {
        query: [each["id"] for each in reading.page(database, RecordQuery(words=query)).records]
        for query, _ in CASES
    }
    assert matches == dict(CASES)


def test_a_word_that_is_in_many_is_found_page_by_page(database):
    """The newest first, each once, also with an agent, and where they were not stored in order."""
    order = [(n * 7) % 601 for n in range(601)]
    made_ = [
        made(f"s{n}", said="welcome", at=START + 60.0 * n, agent=("desk", "shop")[n % 2])
        for n in order
    ]
    store.save(database, made_)
    for agent, names in ((None, range(600, -1, -1)), ("shop", range(599, 0, -2))):
        query, found = RecordQuery(words="welcome", agent=agent, most=200), []
        while True:
            page = reading.page(database, query)
            found += [each["id"] for each in page.records]
            if page.cursor is None:
                break
            query = replace(query, cursor=page.cursor)
        assert found == [f"s{n}" for n in names]


def test_a_long_talk_can_be_stored(database):
    """Of a talk that is longer than PostgreSQL can search, the beginning is found."""
    long = " ".join(f"word{n}" for n in range(LONGEST // 5))
    store.save(database, [made("s1", said=f"first {long}")])
    assert len(reading.page(database, RecordQuery(words="first word77")).records) == 1


def test_phrases_are_what_is_quoted():
    """Words stand alone; what is quoted belongs together; signs are nothing."""
    assert phrases('one "two three" !? four') == ["one", "two three", "four"]


def test_numbers_and_lists_are_searched():
    """What tools were given and answered is found too, whatever its shape."""
    assert searchable({"a": [1, True, None, "x"]}) == "1 x"
