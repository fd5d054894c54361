"""One space before a comment: a mistake behind a text, fine behind a setting."""

from __future__ import annotations

import pytest

from runner.schema.reading.load import load
from runner.syntax import parse

TEXT = """\
agents:
  desk:
    start: host # {0}
    mode: text
    llm: openai/x
    limits:
      max_calls: 3 # {0}
    tools:
      - end_call # {0}
    instructions: a
    idle:
      after: 3s # {0}
      say: b
personas:
  host:
    instructions: press # {1}
    greeting:
      say: press # {1}
    handoffs:
      other:
        when: c # {1}
        context: last 3 # {0}
tools:
  ask:
    description: d # {1}
    http:
      url: https://x.example/ # {1}
      method: GET # {0}
      body:
        json:
          a:
            - deep # {1}
"""


def test_only_texts_are_cut():
    """Each text with such a comment is told; no setting, choice or name is."""
    document = parse("a.yaml", TEXT.encode())
    lines = [d.span.line for d in load(document, {}).diagnostics if d.code == "E016"]
    expected = [n for n, line in enumerate(TEXT.splitlines(), 1) if "{1}" in line]
    assert lines == expected


@pytest.mark.parametrize("line", ["nonsense: 3 # x", "limits: # x\n      max_calls: 3 # x"])
def test_a_place_without_a_text_is_not_told(line):
    """What the schema does not know stays told; a comment behind a key is none of it."""
    text = f"agents:\n  desk:\n    start: host\n    llm: openai/x\n    {line}\n"
    codes = [d.code for d in load(parse("a.yaml", text.encode()), {}).diagnostics]
    assert ("E016" in codes) == line.startswith("nonsense")
