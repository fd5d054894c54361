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
      "5":
        tool: put_through
    app:
      shows:
        town: "{{ town }}"
      on:
        greet:
          parameters:
            name:
              type: text
          then:
            say: "Hello {{ args.name }}."
          answer: "{{ town }}"
personas:
  host:
    instructions: You are the host.
    tools:
      - press
      - seats
      - put_through
    keypad:
      "1":
        handoff: form
      "2":
        press_keys: 1w2
        if: town == 'Hanoi'
      "3":
        tool: press
      "6":
        opt_out: yes
        if: town == 'Hanoi'
      "7":
        app: light
        if: town == 'Hanoi'
        with:
          hall: main
      "8":
        tool: seats
        with:
          row: front
      "#":
        tool: seats
        with:
          row: back
      "0":
        if: town == 'Hanoi'
        transfer_call:
          to: "{{ '12' }}"
          how: cold
          on_failure:
            say: Nobody is there.
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
  put_through:
    description: Put them through.
    if: town == 'Hanoi'
    parameters:
      who:
        type: text
        optional: yes
    transfer_call:
      to: "+842412345634"
      say: One moment.
    then:
      say: They are through.
  seats:
    description: Let them pick a seat.
    if: town == 'Hanoi'
    parameters:
      row:
        type: text
    app: seats
    with:
      hall: main
    then:
      say: Thank you.
    on_error:
      say: No app.
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

TALK = [
    "@greet",
    "/9",
    "/2",
    "/3",
    "/7",
    "/8",
    "/#",
    "/4",
    "/0",
    "/6",
    "/1",
    "/12*",
    "code",
    "/1234#",
    "both",
]
TALK += ["yes", "both", "yes", "/3", "/5"]
"""What the caller says; behind a slash keys that they press, behind an @ what their app calls."""

CHANGES = {
    "Agent.app": ("        greet:", "        welcome:"),
    "App.on": ("        greet:", "        hail:"),
    "AppMethod.parameters": (
        "            name:\n              type: text",
        "            name:\n              type: integer",
    ),
    "App.shows": ('        town: "{{ town }}"', '        city: "{{ town }}"'),
    "AppMethod.answer": ('answer: "{{ town }}"', "answer: Good."),
    "AppMethod.then": ("Hello {{ args.name }}", "Hi {{ args.name }}"),
    "CallApp.app": ("app: light", "app: dim"),
    "CallApp.with": ('hall: main\n      "8"', 'hall: small\n      "8"'),
    "CallApp.if": ("town == 'Hanoi'\n        with", "town == 'Hue'\n        with"),
    "AppTool.app": ("app: seats", "app: places"),
    "AppTool.with": ("hall: main\n    then", "hall: large\n    then"),
    "AppTool.description": ("Let them pick a seat.", "Let them choose a seat."),
    "AppTool.if": ("if: town == 'Hanoi'\n    parameters", "if: town == 'Hue'\n    parameters"),
    "AppTool.parameters": (
        "      row:\n        type: text",
        "      row:\n        type: text\n        max: 4",
    ),
    "AppTool.then": ("say: Thank you.", "say: Thanks."),
    "AppTool.on_error": ("say: No app.", "say: There is no app."),
    "Agent.keypad": ("say: Nine of the agent.", "say: Nine."),
    "Persona.keypad": ('      "1":\n', '      "5":\n'),
    "PressKeys.press_keys": ("press_keys: 1w2", "press_keys: 1w3"),
    "OptOut.if": (
        "opt_out: yes\n        if: town == 'Hanoi'",
        "opt_out: yes\n        if: town == 'Hue'",
    ),
    "PressKeys.if": ("town == 'Hanoi'\n      ", "town == 'Hue'\n      "),
    "PressKeysTool.press_keys": ("press_keys: 12#", "press_keys: 13#"),
    "PressKeysTool.description": ("description: Press it.", "description: Press that."),
    "PressKeysTool.if": ("if: town == 'Hanoi'\n    press", "if: town == 'Hue'\n    press"),
    "PressKeysTool.then": ("say: Pressed.", "say: It is pressed."),
    "TransferCall.if": (
        "if: town == 'Hanoi'\n        transfer",
        "if: town == 'Hue'\n        transfer",
    ),
    "TransferCall.transfer_call": ("to: \"{{ '12' }}\"", "to: \"{{ '13' }}\""),
    "Transfer.to": ("to: \"{{ '12' }}\"", "to: \"{{ '14' }}\""),
    "Transfer.how": ("how: cold", "how: warm"),
    "Transfer.say": ("say: One moment.", "say: A moment."),
    "Transfer.on_failure": ("say: Nobody is there.", "say: Nobody answers."),
    "TransferCallTool.transfer_call": ("+842412345634", "+842412345635"),
    "TransferCallTool.description": ("Put them through.", "Put the caller through."),
    "TransferCallTool.parameters": ("optional: yes", "optional: yes\n        max: 4"),
    "TransferCallTool.if": (
        "if: town == 'Hanoi'\n    parameters:\n      who",
        "if: town == 'Hue'\n    parameters:\n      who",
    ),
    "TransferCallTool.then": ("say: They are through.", "say: It is done."),
    "Need.keypad": ("keypad: also", "keypad: only"),
    "Need.end_key": ('end_key: "#"', 'end_key: "*"'),
    "Need.parts": (
        "          - first\n          - last\n",
        "          - middle\n          - last\n",
    ),
    "Need.spell": ("spell: no", "spell: yes"),
}
