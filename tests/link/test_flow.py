"""Paths of a call, and variables that nothing on one of them sets."""

from __future__ import annotations

import pytest

HEAD = """\
agents:
  desk:
    start: a
    mode: text
    llm: openai/x
    variables:
      guest:
        description: who calls
"""
SETS = """\
    greeting:
      say: Hello.
    tools:
      - remember
"""
USES = """\
    greeting:
      say: Dear {{ guest }}.
"""


def persona(name, *targets, body=""):
    """A persona that hands over to others."""
    handoffs = "".join(f"      {t}:\n        when: now\n" for t in targets)
    return f"  {name}:\n    instructions: x\n{body}" + (
        f"    handoffs:\n{handoffs}" if handoffs else ""
    )


def paths(mistakes_in, *personas, head=HEAD):
    """What is said of values that may be missing."""
    gaps = mistakes_in(head + "personas:\n" + "".join(personas))
    assert {code for code, _, _ in gaps} <= {"W203"}, gaps
    return [message for _, _, message in gaps]


def test_the_first_persona_has_no_value_to_use(mistakes_in):
    """What the first greeting uses is not there yet, even where tools set it later."""
    assert paths(mistakes_in, persona("a", body=USES + SETS[SETS.index("    tools") :])) == [
        "'guest' has no value yet when 'a' begins the call"
    ]


def test_of_a_diamond_the_way_without_a_value_is_told(mistakes_in):
    """Of two ways to a persona the one on which nothing sets the variable is named."""
    gaps = paths(
        mistakes_in,
        persona("a", "b", "c"),
        persona("b", "d", body=SETS),
        persona("c", "d"),
        persona("d", body=USES),
    )
    assert gaps == ["'guest' may have no value yet in 'd': nothing sets it on the way a → c → d"]


def test_nothing_is_said_when_every_way_sets_it(mistakes_in):
    """Where each way to a persona passes one that may set the variable, all is well."""
    gaps = paths(
        mistakes_in,
        persona("a", "b", "c"),
        persona("b", "d", body=SETS),
        persona("c", "d", body=SETS),
        persona("d", body=USES),
    )
    assert gaps == []


def test_a_loop_is_followed_once(mistakes_in):
    """Personas that hand the call back and forth end the search, and the shortest way is named."""
    gaps = paths(
        mistakes_in, persona("a", "b"), persona("b", "a", "c"), persona("c", "a", body=USES)
    )
    assert gaps == ["'guest' may have no value yet in 'c': nothing sets it on the way a → b → c"]


def test_handoffs_of_the_agent_and_of_actions_are_ways(mistakes_in):
    """Ways lead along the agent's own handoffs and along actions, `back` leads nowhere new."""
    agents = HEAD + "    handoffs:\n      b:\n        when: now\n"
    tool = """\
tools:
  move:
    description: moves the call
    say: Moving.
    then:
      handoff: c
  return:
    description: moves the call back
    say: Back.
    then:
      handoff: back
"""
    gaps = paths(
        mistakes_in,
        persona("a"),
        persona("b", body="    tools:\n      - move\n      - return\n"),
        persona("c", body=USES),
        tool,
        head=agents,
    )
    assert gaps == ["'guest' may have no value yet in 'c': nothing sets it on the way a → b → c"]


@pytest.mark.parametrize(
    ("text", "lines"),
    [
        ("Dear {{ guest }}.", [1]),
        ("Dear\n{{ guest or 'guest' }}.", []),
        ("Dear\n{{ guest }} and {{ guest }}", [2, 2]),
    ],
)
def test_prompt_files_are_read_too(linked, text, lines):
    """A use in a prompt file is told in that file; one with `or` is none."""
    gaps = linked(
        HEAD + "personas:\n  a:\n    instructions_file: a.md\n    greeting:\n      say: Hi.\n",
        prompts={"a.md": text},
    )
    assert [d.span.line for d in gaps.diagnostics if d.code == "W203"] == lines
