"""Conversation tests from Python."""

from __future__ import annotations

from pathlib import Path

import pytest
from support.tested_folder import AGENTS

from runner.schema.test_steps import Checks
from runner.testing import Folder, FolderError
from runner.testing.checks import MEANING
from runner.testing.library import CheckKeys

TESTS = """
tests:
  passes:
    agent: desk
    steps:
      - user: hello
      - agent:
          says: Hello there
  fails:
    agent: desk
    steps:
      - user: hello
      - agent:
          says: Good night
"""
INVOICE = {"find_invoice": {"returns": {"total": 90}}}


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """The folder, compiled once."""
    place = tmp_path_factory.mktemp("agents")
    (place / "agents.yaml").write_text(AGENTS, encoding="utf-8")
    (place / "tests.yaml").write_text(TESTS, encoding="utf-8")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("LKRUN_CACHE_DIR", str(tmp_path_factory.mktemp("cache")))
        yield Folder(place)


def test_tests_of_the_files_run(folder):
    """They are named, run, and fail with their report."""
    assert (folder.tests, folder.agents) == (("passes", "fails"), ("desk",))
    assert folder.run("passes").outcome == "passed"
    folder.check("passes")
    with pytest.raises(AssertionError, match=r"tests\.yaml:14: step 2, says: 'Good night' was not"):
        folder.check("fails")
    with pytest.raises(KeyError, match="there is no test 'pases'; did you mean 'passes'"):
        folder.check("pases")


def test_a_talk_goes_turn_by_turn(folder):
    """Each turn is checked by the same checks; values keep their types."""
    with folder.talk(
        "desk", mocks=INVOICE, clock="2026-12-01T10:00", caller={"name": "Ann"}
    ) as talk:
        talk.greeting.check(says="Welcome, it is 10:00, Ann.")
        turn = talk.user("invoice 118")
        turn.check(
            calls={"find_invoice": {"number": 118}}, says=["The total is 90", "high"],
            stays=True, times={"find_invoice": 1}, ends_call=False, within=1.0,
        )  # fmt: skip
        assert turn.calls[0]["arguments"] == {"number": 118}
        talk.user("my name is Bob").check(remembers={"guest": "Bob"})
        talk.user("money").check(hands_off_to="billing")
        talk.whole.check(calls_in_order=["find_invoice", "remember"], never_calls="greet")
        assert talk.user("goodbye").ended
        with pytest.raises(AssertionError, match="the call has ended"):
            talk.user("hello?")


def test_what_is_otherwise_is_told_with_the_turn(folder):
    """The message has the check, what was otherwise, and the events."""
    with folder.talk("desk") as talk:
        turn = talk.user("hello")
        with pytest.raises(AssertionError) as failure:
            turn.check(says="Good night", stays=True, calls_nothing=True)
    lines = str(failure.value).splitlines()
    assert lines[0].startswith("says: 'Good night' was not said; the agent said 'Hello there.")
    assert lines[1] == "calls_nothing: called: greet"
    assert any("greet" in line for line in lines[2:])


def test_silence_takes_no_time(folder):
    """An hour passes at once."""
    with folder.talk("desk") as talk:
        assert talk.silence(3600).said == ""


def test_a_call_without_a_mock_fails(folder):
    """No service is asked, and the test fails at its end."""
    with (
        pytest.raises(AssertionError, match="'find_invoice' was called, and has no mock here"),
        folder.talk("desk") as talk,
    ):
        talk.user("invoice 118")


@pytest.mark.parametrize(
    ("checks", "message"),
    [
        ({"say": "x"}, "there is no key 'say'; did you mean 'says'?"),
        ({"calls": "find_invoce"}, "there is no tool 'find_invoce'; did you mean 'find_invoice'?"),
        ({"hands_off_to": "bilings"}, "there is no persona 'bilings'; did you mean 'billing'?"),
        ({"remembers": {"gest": "x"}}, "there is no variable 'gest'; did you mean 'guest'?"),
        ({"max_words": "many"}, "max_words: "),
        ({"means": "It greets"}, "'means' needs a model: write it into a test of the folder"),
    ],
)
def test_a_wrong_check_is_told(folder, checks, message):
    """An unknown check or name never passes."""
    with folder.talk("desk") as talk, pytest.raises(ValueError, match=message.replace("?", r"\?")):
        talk.greeting.check(**checks)


@pytest.mark.parametrize(
    ("agent", "setting", "message"),
    [
        ("dsk", {}, "there is no agent 'dsk'"),
        ("desk", {"mocks": {"find_invoce": {"returns": 1}}}, "there is no tool 'find_invoce'"),
        ("desk", {"mocks": {"greet": {"returns": 1}}}, "tool 'greet' asks no service"),
        ("desk", {"mocks": {"find_invoice": {"retuns": 1}}}, "retuns"),
        ("desk", {"variables": {"gest": "x"}}, "there is no variable 'gest'"),
        ("desk", {"mock": {}}, "there is no key 'mock'; did you mean 'mocks'"),
        ("desk", {"clock": "soon"}, "'soon' is not a moment"),
    ],
)
def test_a_wrong_setting_is_told(folder, agent, setting, message):
    """What a talk begins with is checked before it begins."""
    with pytest.raises((KeyError, ValueError), match=message):
        folder.talk(agent, **setting)


def test_a_folder_with_mistakes_is_no_folder(tmp_path):
    """Its mistakes are told as `lkrun check` tells them."""
    (tmp_path / "a.yaml").write_text("agents:\n  desk:\n    start: nobody\n    llm: x/y\n")
    with pytest.raises(FolderError, match=r"a\.yaml:3:12: error\[E202\]"):
        Folder(tmp_path)


def test_a_talk_is_used_below_its_with(folder):
    """Whoever forgets it is told how to write it."""
    with pytest.raises(RuntimeError, match=r"write it as: with folder\.talk"):
        folder.talk("desk").user("hello")


def test_the_typed_checks_are_those_of_the_language():
    """An editor completes every check but those that need a model."""
    assert set(CheckKeys.__annotations__) == set(Checks.keys()) - set(MEANING)


def test_the_example_passes(monkeypatch, tmp_path):
    """`examples/test_agents.py` is a test module that pytest runs."""
    monkeypatch.setenv("LKRUN_CACHE_DIR", str(tmp_path))
    example = Path(__file__).parents[2] / "examples" / "test_agents.py"
    assert pytest.main(["-q", "-p", "no:cacheprovider", str(example)]) == 0
