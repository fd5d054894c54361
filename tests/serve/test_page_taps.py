"""What the page offers of an agent's app is what its file has."""

from __future__ import annotations

from runner.compiler import Compiler
from runner.front.port import TapField, TapInfo
from runner.serve.taps import taps_of

FOLDER = """
agents:
  diner:
    mode: text
    start: waiter
    llm: openai/gpt-4.1-mini
    app:
      on:
        choose_dish:
          parameters:
            dish:
              type: choice
              choices:
                - soup
                - bread
            quantity:
              type: integer
              default: "1"
            note:
              optional: yes
          then:
            - say: "{{ args.dish }}, {{ args.quantity }}{{ args.note }}."
        call_waiter:
          then:
            - say: Coming.
  plain:
    mode: text
    start: waiter
    llm: openai/gpt-4.1-mini
personas:
  waiter:
    instructions: x
"""


def test_methods_and_their_fields(tmp_path):
    """In the order of the file; what has a default may be left out."""
    (tmp_path / "a.yaml").write_text(FOLDER)
    compiled = Compiler(tmp_path, env={}).compile()
    assert compiled.release is not None, compiled.diagnostics
    agents = compiled.release.agents
    assert taps_of(agents["plain"]) == ()
    assert taps_of(agents["diner"]) == (
        TapInfo(
            "choose_dish",
            (
                TapField("dish", "choice", ("soup", "bread")),
                TapField("quantity", "integer", optional=True),
                TapField("note", "text", optional=True),
            ),
        ),
        TapInfo("call_waiter"),
    )
