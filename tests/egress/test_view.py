"""What the model sees of an answer."""

from __future__ import annotations

import pytest

from runner.egress.mask import Mask
from runner.egress.response.incoming import Content
from runner.egress.response.view import astray, cut, saved, seen
from runner.egress.trouble import RequestError, one_line
from runner.schema.http import Result

NOTHING = Mask(())


SPELT = "Number {{ result.id | spell }} {{ args.n }}{{ result.no }}."


def look(data, values=None, *, is_json=True, label="", **result):
    content = Content(data, is_json=is_json, label=label)
    return seen(Result.model_validate(result), content, values or {}, Mask(["s3cret"]))


@pytest.mark.parametrize(
    ("data", "result", "output"),
    [
        ({"a": ["é", 1]}, {}, '{"a":["é",1]}'),
        ("text", {}, "text"),
        (None, {}, "Done."),
        ({"a": {"b": 1}}, {"pick": "a.b"}, "1"),
        ({"a": "x"}, {"pick": "a"}, "x"),
        ({"a": "x"}, {"pick": "b"}, "null"),
        (None, {"pick": "b"}, "null"),
        ({"id": "47"}, {"text": SPELT}, "Number 4 7 1."),
        ({"id": "s3cret"}, {"text": "{{ result.id }}"}, "***"),
        ({"id": "1"}, {"text": "{{ result.none }}"}, "Done."),
        ({"id": "1"}, {"hide": "yes"}, "Done."),
    ],
)
def test_what_is_seen(data, result, output):
    """The answer, the part that is picked, the author's own text, or only that it worked."""
    assert look(data, {"args": {"n": 1}}, **result) == output


def test_what_is_no_text():
    """Bytes are named, not shown."""
    output = look(None, is_json=False, label="image/png")
    assert output == "Done. The answer is no text (image/png)."


def test_a_long_answer_is_cut_and_says_so():
    """The model sees 4 KB at most, whole letters, and is told that it was cut."""
    text = cut("é" * 5000, 4096)
    assert len(text.encode()) <= 4096
    assert text.endswith("é\n[The answer was cut here: it is longer than 4 KB.]")
    assert cut("a" * 4096, 4096) == "a" * 4096


@pytest.mark.parametrize(
    ("data", "is_json", "pick", "words"),
    [("<p>", False, "a", "no JSON"), ({"a": 1}, True, "length(a)", "does not fit")],
)
def test_what_cannot_be_picked(data, is_json, pick, words):
    """A path into what is no JSON, or of another shape, fails."""
    with pytest.raises(RequestError, match=words):
        look(data, is_json=is_json, pick=pick)


def test_saving():
    """Parts of the whole answer are saved with their types; what is missing is saved as nothing."""
    result = Result.model_validate(
        {"pick": "a", "save": {"a": "a", "b": "b", "c": "length(b)", "d": "sum(a)", "all": "@"}}
    )
    data = {"a": ["x"]}
    nothing = {"b": None, "c": None, "d": None}
    assert saved(result.save, Content(data, is_json=True)) == {"a": ["x"], **nothing, "all": data}
    assert saved(result.save, Content("text", is_json=False)) == {
        "a": None,
        **nothing,
        "all": "text",
    }


@pytest.mark.parametrize(
    ("path", "data", "why"),
    [
        ("result.slots", {"slots": [], "total": 1}, "has no 'result' (it has slots, total)"),
        ('"free-slots"[0]', {"slots": []}, "has no 'free-slots' (it has slots)"),
        ("slots[0]", [], "is a list, so begin with [0] or []"),
        ("slots[0].start", {"slots": []}, None),
        ("slots", {"slots": None}, None),
        ("[0].start", {"slots": 1}, None),
        ("length(slots)", {"total": 1}, None),
        ("a", "text", None),
        ("a", None, None),
        ("a", {"+4912345": 1}, "the answer has no 'a'"),
    ],
)
def test_paths_that_fit_no_answer_of_this_shape(path, data, why):
    """The author hears what the answer has; what may be empty on another day is no mistake."""
    sentence = astray(path, Content(data, is_json=not isinstance(data, str)))
    assert sentence is None if why is None else sentence.endswith(why)


def test_one_line():
    """Control characters and line breaks become spaces, and the length is bounded."""
    assert one_line("a\n\tb\x1b[31m\u2028c") == "a b [31m c"
    assert one_line("x" * 999) == "x" * 299 + "…"
