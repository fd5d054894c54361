"""A folder in which keys of a telephone do something, and a change for each key of it."""

from __future__ import annotations

FOLDER = """
agents:
  desk:
    start: host
    mode: text
    llm: brain
    variables:
      town:
        type: text
        default: Hanoi
    keypad:
      "9":
        say: Nine of the agent.
personas:
  host:
    instructions: You are the host.
    tools:
      - press
    keypad:
      "1":
        handoff: form
      "2":
        press_keys: 1w2
        if: town == 'Hanoi'
      "3":
        tool: press
  form:
    instructions: You ask.
    needs:
      code:
        type: digits
        length: 4
        keypad: also
        end_key: "#"
        wait: 3s
        ask: Which code?
      name:
        type: name
        parts:
          - first
          - last
        spell: no
    tools:
      - press
tools:
  press:
    description: Press it.
    if: town == 'Hanoi'
    press_keys: 12#
    then:
      say: Pressed.
providers:
  brain:
    llm: script
    with:
      rules:
        - when_caller_says: both
          call:
            fill_in:
              name: Ann Lee
        - when_caller_says: code
          call:
            fill_in:
              code: "5555"
      otherwise: Hm.
"""

TALK = ["/9", "/2", "/3", "/4", "/1", "/12*", "code", "/1234#", "both", "yes", "both", "yes", "/3"]
"""What the caller says; behind a slash stand keys that they press."""

CHANGES = {
    "Agent.keypad": ("say: Nine of the agent.", "say: Nine."),
    "Persona.keypad": ('      "1":\n', '      "5":\n'),
    "PressKeys.press_keys": ("press_keys: 1w2", "press_keys: 1w3"),
    "PressKeys.if": ("town == 'Hanoi'\n      ", "town == 'Hue'\n      "),
    "PressKeysTool.press_keys": ("press_keys: 12#", "press_keys: 13#"),
    "PressKeysTool.description": ("description: Press it.", "description: Press that."),
    "PressKeysTool.if": ("if: town == 'Hanoi'\n    press", "if: town == 'Hue'\n    press"),
    "PressKeysTool.then": ("say: Pressed.", "say: It is pressed."),
    "Need.keypad": ("keypad: also", "keypad: only"),
    "Need.end_key": ('end_key: "#"', 'end_key: "*"'),
    "Need.parts": (
        "          - first\n          - last\n",
        "          - middle\n          - last\n",
    ),
    "Need.spell": ("spell: no", "spell: yes"),
}
