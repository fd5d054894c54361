"""Actions that are sent while a call runs: checked as those of a file."""

import pytest

from runner.compiler import Compiler
from runner.diagnostics import Diagnostic
from runner.link.from_outside import read_action

FOLDER = """
agents:
  desk:
    start: greeter
    mode: text
    llm: brain
    variables:
      clinic: Sunrise
      name:
        type: text
      count:
        type: integer
      order:
        type: list
        of: text
      pin:
        type: text
        private: yes
    tools:
      - note
personas:
  greeter:
    instructions: Hi {{ clinic }}.
    handoffs:
      other:
        when: They ask.
    needs:
      phone:
        ask: Which?
  other:
    instructions: Other.
tools:
  note:
    description: Note it.
    parameters:
      words:
        type: text
    set:
      name: "{{ args.words }}"
providers:
  brain:
    llm: script
    with:
      rules:
        - when_caller_says: bye
          say: Bye.
      otherwise: Hm.
"""


@pytest.fixture(scope="module")
def release(tmp_path_factory):
    """The agent of a folder."""
    folder = tmp_path_factory.mktemp("agents")
    (folder / "desk.yaml").write_text(FOLDER)
    compiled = Compiler(folder, env={}).compile()
    assert compiled.release is not None, compiled.diagnostics
    return compiled.release.agents["desk"]


@pytest.mark.parametrize(
    ("sent", "read"),
    [
        ({"say": "Hi {{ name }}"}, {"say": ["Hi {{ name }}"]}),
        ({"say": ["a", "b"], "interruptible": False}, {"say": ["a", "b"], "interruptible": False}),
        ({"end_call": True}, {"end_call": []}),
        ({"handoff": "back", "if": "name"}, {"handoff": "back", "if": "name"}),
        ({"set": {"count": 3, "name": True}}, {"set": {"count": "3", "name": "yes"}}),
        (
            {"set": {"order": ["a", "{{ x }}", None, {"b": 1.5}]}},
            {"set": {"order": '{{ ["a", "{{ x }}", none, {"b": 1.5}] }}'}},
        ),
        ({"tool": "note", "with": {"words": "x"}}, {"tool": "note", "with": {"words": "x"}}),
        ({"play": "city"}, {"play": "city"}),
        ({"ask_again": "phone"}, {"ask_again": "phone"}),
    ],
)  # fmt: skip
def test_an_action_is_read(release, sent, read):
    """Numbers and yes or no as a file has them; lists and objects keep what they are."""
    action = read_action(release, sent)
    assert not isinstance(action, Diagnostic), action
    assert action.model_dump(mode="json", by_alias=True, exclude_unset=True) == read


@pytest.mark.parametrize(
    ("sent", "message", "help_"),
    [
        ({}, "an action needs one of: say, instructions, handoff, …", "such as say:"),
        ({"say": "a", "end_call": True}, "'say' and 'end_call' stand together", "keep one"),
        ({"say": None}, "'say' has no value", "write its value"),
        ({"say": ""}, "there is no text here", "write the text"),
        ({"say": {"a": "b"}}, "a block of keys stands here", ""),
        ({"say": "{{ nam }}"}, "unknown name 'nam'", "did you mean 'name'?"),
        ({"say": "{{ name"}, "'{{' is never closed", ""),
        ({"say": "{{ secrets.KEY }}"}, "a secret cannot stand here", ""),
        ({"say": "{{ pin }}"}, "'pin' is private", ""),
        ({"say": "a", "if": "{{ name }}"}, "", ""),
        ({"say": "a", "if": "nme"}, "unknown name 'nme'", "did you mean 'name'?"),
        ({"set": {"nme": "x"}}, "unknown variable 'nme'", "did you mean 'name'?"),
        ({"set": {"clinic": "x"}}, "'clinic' has a fixed value", ""),
        ({"set": {"count": "x"}}, "'x' is not a whole number", ""),
        ({"set": {"name": None}}, "'name' has no value", ""),
        ({"set": "x"}, "'set' holds a text", ""),
        ({"handoff": "othr"}, "unknown persona 'othr'", "did you mean 'other'?"),
        ({"handoff": ["other"]}, "", ""),
        ({"tool": "nte"}, "unknown tool 'nte'", "did you mean 'note'?"),
        ({"tool": "note", "with": {"wrds": 1}}, "tool 'note' has no parameter 'wrds'", "'words'"),
        ({"ask_again": "fax"}, "unknown need 'fax'", "phone"),
        ({"play": "mine.wav"}, "there is no sound 'mine.wav' in what is served", ""),
        ({"end_call": False}, "'no' stands here", ""),
        ({"end_call": 5, "timeout": 1}, "'timeout' does not go with 'end_call'", ""),
    ],
)  # fmt: skip
def test_what_is_wrong_is_told_as_in_a_file(release, sent, message, help_):
    """One mistake, with the same words."""
    mistake = read_action(release, sent)
    assert isinstance(mistake, Diagnostic), mistake
    assert mistake.message.startswith(message)
    assert help_ in (mistake.help or "")


@pytest.mark.parametrize("depth", [50, 800, 5000])
def test_what_is_nested_without_end_is_no_harm(release, depth):
    """It is read, or refused in words."""
    value = []
    for _ in range(depth):
        value = [value]
    read_action(release, {"set": {"order": value}})
    read_action(release, {"say": value})
