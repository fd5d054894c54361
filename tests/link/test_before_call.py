"""What `before_call` finds is there on every path of the call."""

from __future__ import annotations

import pytest

FOLDER = """
agents:
  hotel:
    start: reception
    mode: text
    llm: openai/gpt-4.1-mini
    before_call:
      steps: STEPS
    variables:
      guest:
        type: text
personas:
  reception:
    instructions: You answer.
    greeting:
      say: Good day, {{ guest }}.
tools:
  find_guest:
    description: Find the guest.
    http:
      url: https://guests.example/all
    result:
      save:
        guest: name
"""


@pytest.mark.parametrize(
    ("steps", "codes"),
    [
        ("\n        tool: find_guest", []),
        ("\n        - set:\n            guest: Ms Tran", []),
        ("\n        - say: Hello.", ["W203"]),
    ],
)
def test_a_greeting_may_use_what_a_step_sets(mistakes_in, steps, codes):
    """No warning of a value that nothing sets, where a step sets it, itself or by a tool."""
    mistakes = mistakes_in(FOLDER.replace("STEPS", steps))
    assert [code for code, _, _ in mistakes if code == "W203"] == codes
