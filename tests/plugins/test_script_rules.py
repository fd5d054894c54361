"""What may be written for the scripted model, and what is said about mistakes."""

from __future__ import annotations

import pytest
from lkrun_script import Options, build, plugin
from lkrun_script.words import fill, fill_value, look_up, plain, says, spoken

from runner.providers.validation import validate


def problems(rules, **options):
    """What is wrong with some rules."""
    return validate(Options, {"rules": rules, **options}, "llm 'script'")[1]


RULES = [
    {"when_caller_says": ["appointment", "see the doctor"], "say": "One moment.", "call": "find"},
    {"when_caller_matches": r"i am (?P<name>\w+)", "say": ["Hello {name}.", "Again {name}."]},
    {"when_tool_answered": "find", "say": "I have {start}.", "call": {"note": {"text": "{x.y}"}}},
    {"when_tool_failed": "yes", "say": "{answer}"},
    {"when_instructed": "greet", "say": "Hello."},
    {"when_call_starts": "yes", "say": "Hello."},
    {"when_caller_says": "yes", "call": {"book": {"start": "{find.start}", "who": ["{name}"]}}},
    {"when_caller_says": "two", "call": ["find", {"book": None}]},
    {"when_caller_says": "crash", "fail": "broken {said}"},
]


def test_every_form_of_a_rule_is_understood():
    """Texts, lists and blocks are taken where the README shows them."""
    assert problems(RULES, otherwise=["What, {name}?", "Pardon?"], delay="30ms") == []


def test_the_plugin_builds_a_model():
    """The plugin's factory makes a model with its own name in metrics."""
    model = build(Options(rules=[]))
    assert (model.model, model.provider) == ("script", "lkrun")
    assert plugin.options is Options


@pytest.mark.parametrize(
    ("rule", "location", "message", "hint"),
    [
        (
            {"when_caler_says": "x", "say": "y"},
            ("when_caler_says",),
            "no key",
            "'when_caller_says'?",
        ),
        ({"say": "y"}, (), "exactly one 'when_…', here: none", "write one of"),
        (
            {"when_caller_says": "x", "when_instructed": "y", "say": "z"},
            (),
            "here: 'when_caller_says' and 'when_instructed'",
            "write one of",
        ),
        ({"when_caller_says": "x"}, (), "needs 'say', 'call' or 'fail'", ""),
        ({"when_caller_says": [], "say": "x"}, ("when_caller_says",), "an empty list", ""),
        ({"when_caller_says": "", "say": "x"}, ("when_caller_says",), "no text here", ""),
        (
            {"when_caller_matches": "(", "say": "x"},
            ("when_caller_matches",),
            "a ( is never closed",
            "",
        ),
        ({"when_call_starts": "maybe", "say": "x"}, ("when_call_starts",), "not yes or no", "yes"),
        ({"when_caller_says": "x", "say": "{nme}"}, ("say",), "named group 'nme'", "'name'?"),
        (
            {"when_caller_says": "x", "say": ["a", "{zz}"]},
            ("say", 1),
            "no rule has a named group 'zz'",
            "(?P<name>…)",
        ),
        (
            {"when_caller_says": "x", "call": {"book": {"a": [{"b": "{fnd.x}"}]}}},
            ("call", "book", "a", 0, "b"),
            "no rule has a tool 'fnd'",
            "did you mean 'find'?",
        ),
        (
            {"when_caller_says": "x", "call": {"book": "tomorrow"}},
            ("call",),
            "the arguments of 'book' are not a block of keys",
            "name: value",
        ),
        ({"when_caller_says": "x", "call": [None]}, ("call",), "called by its name", ""),
    ],
)
def test_a_mistake_in_a_rule_is_told_at_its_place(rule, location, message, hint):
    """Each mistake is one problem, at the smallest place that shows it."""
    ((problem,),) = (problems([*RULES, rule]),)
    assert problem.location == ("rules", len(RULES), *location)
    assert message in problem.message
    assert hint in (problem.help or "")


def test_a_mistake_in_otherwise_is_told_there():
    """`otherwise` may use groups and earlier answers, nothing else."""
    (problem,) = problems(RULES, otherwise="{nam}")
    assert (problem.location, problem.help) == (("otherwise",), "did you mean 'name'?")
    (problem,) = problems(RULES, otherwise="{nobody.x}")
    assert problem.help == "in braces stands a tool of these rules and a field of its answer"


def test_words_are_compared_without_case_and_punctuation():
    """A phrase fits as whole words in a row."""
    assert says("I'd like an APPOINTMENT, please!", ["appointment please"])
    assert not says("disappointment", ["appointment"])
    assert says("Tôi muốn đặt lịch.", ["ĐẶT LỊCH"])
    assert plain("A—b") == " a b "


def test_slots_are_filled_and_other_braces_are_left():
    """A slot without a value becomes nothing; JSON in a text stays as it is."""
    values = {"a": {"b": [1, True]}, "n": 5}
    assert fill("{n} {a.b} {a.b.1} {none} {a.b.9} {n.x} { n } {{}}", values) == (
        "5 1, yes yes    { n } {{}}"
    )
    assert spoken({"a": "ü"}) == '{"a": "ü"}'
    assert look_up("a.b.x", values) is None


def test_an_argument_that_is_one_slot_keeps_its_type():
    """A number stays a number; an argument without a value is left out."""
    values = {"n": 5, "ok": True}
    written = {"count": "{n}", "text": "n {n}", "list": ["{ok}", 3], "gone": "{none}"}
    assert fill_value(written, values) == {"count": 5, "text": "n 5", "list": [True, 3]}
