"""What an agent reaches."""

from __future__ import annotations

import pytest

TEXT = """\
agents:
  desk:
    start: host
    mode: text
    llm: brain
    variables:
      house: Lotus
      guest:
        description: who calls
      secret_code:
        description: their code
        private: yes
      lines:
        type: list
        of:
          dish:
            description: what
      count:
        type: integer
        default: 1
    tools:
      - ask
personas:
  host:
    instructions: Be kind to {{ guest or 'them' }} at {{ house }}; {{ lines }} {{ count }}
    greeting:
      say: Hello.
    tools:
      - remember
      - order
      - wait
    handoffs:
      cook:
        when: they are hungry
        if: guest
  cook:
    instructions: Cook for {{ today }}.
    tts: loud
    on_return:
      say: Again.
tools:
  ask:
    description: asks
    http:
      url: https://x.example/{{ guest or 'x' }}
      headers:
        Code: "{{ secret_code or '' }}"
    result:
      save:
        found: customer.name
    then:
      - say: Hi {{ found or 'you' }}.
      - tool: note
  note:
    description: notes
    set:
      count: "{{ count + 1 }}"
    then:
      - handoff: back
  order:
    add_to: lines
providers:
  brain:
    llm: script
    with:
      rules:
        - when_caller_says: hello
          say: Yes.
  loud:
    tts: espeak
"""


@pytest.fixture
def scope(linked):
    (scope,) = linked(TEXT).scopes
    return scope


def test_an_agent_reaches_what_it_names(scope):
    """Personas by handoffs, tools by personas, agents and actions, providers by whoever speaks."""
    assert list(scope.personas) == ["host", "cook"]
    assert set(scope.tools) == {"ask", "note", "order"}
    assert set(scope.providers) == {"brain", "loud"}
    assert {("tools", "remember"), ("tools", "wait")} <= scope.reached


def test_variables_are_fixed_declared_or_saved(scope):
    """A fixed variable has its value, a declared one its default, a saved one none."""
    assert {n: v.has_value for n, v in scope.variables.items()} == {
        "house": True,
        "guest": False,
        "secret_code": False,
        "lines": False,
        "count": True,
        "found": False,
    }
    assert scope.fixed == {"house": "Lotus"}
    assert [n for n, v in scope.variables.items() if v.remembered] == ["guest"]


def test_what_may_be_set_while_a_persona_speaks(scope):
    """Tools of the persona and of the agent, their actions, and `remember` set variables."""
    assert scope.setters["host"] == {"guest", "lines", "found", "count"}
    assert scope.setters["cook"] == {"found", "count"}


def test_targets_are_those_of_handoffs(scope):
    """A call goes where handoffs lead; `back` is no target of its own."""
    assert list(scope.targets("host")) == ["cook"]
    assert list(scope.targets("cook")) == []
