"""A folder in which something must happen for certain, and a change for each key of it."""

from __future__ import annotations

FOLDER = """
agents:
  desk:
    start: host
    mode: text
    llm: brain
    variables:
      sizes:
        type: list
        of: text
      weights:
        type: list
        of: text
      ready:
        type: yes_no
        default: "yes"
    intents:
      go:
        phrases: go on
        handoff: form
personas:
  host:
    instructions: You are the host.
    intents:
      hello:
        phrases: hello
        say: Hello to you.
      number:
        pattern: "number [0-9]"
        say: A number.
  form:
    if: ready
    instructions: You ask.
    needs:
      word:
        description: A word
        pattern: "[a-z]+"
        min: 2
        max: 9
        ask: Which word?
        tries: 3
        final: no
      code:
        type: digits
        length: 3
        ask: Which code?
        confirm: "{{ code }}, right?"
        then:
          say: "The code is {{ code }}."
      cup:
        type: choice
        choices:
          - small
          - large
      mug:
        type: choice
        choices_from: sizes
      names:
        optional: yes
        type: list
        of: text
      place:
        type: object
        optional: yes
        fields:
          street:
            type: text
      count:
        type: integer
        default: "7"
      colour:
        optional: yes
        ask: Which colour?
      shape:
        ask: Which shape?
        optional: yes
        on_failure:
          say: Never mind the shape.
    when_known:
      - say: "All {{ count }} is known."
      - if: word == 'again'
        ask_again: word
    tools:
      - more
tools:
  more:
    description: Ask for more.
    if: count > 1
    ask:
      extra:
        ask: What else?
    then:
      say: Thank you for that.
providers:
  brain:
    llm: script
    with:
      rules:
        - when_caller_says: everything
          call:
            fill_in:
              word: again
              code: "123"
              cup: small
              mug: tiny
        - when_caller_says: there is more
          call: more
        - when_caller_says: extra thing
          call:
            fill_in:
              extra: a thing
        - when_caller_says: a word
          call:
            fill_in:
              word: other
      otherwise: Hm.
"""

TALK = [
    "hello", "number 5", "go on", "nothing", "everything", "yes", "Hm", "Hm", "Hm", "Hm", "Hm",
    "Hm", "Hm", "Hm", "Hm", "Hm", "Hm", "Hm", "there is more", "extra thing", "a word", "a word",
]  # fmt: skip

CHANGES = {
    "Agent.intents": ("      go:\n", "      went:\n"),
    "Persona.intents": ("      hello:\n", "      hi:\n"),
    "Persona.if": ("if: ready", "if: not ready"),
    "Persona.needs": ("      shape:\n", "      form:\n"),
    "Persona.when_known": ("is known.", "is there."),
    "Intent.phrases": ("phrases: hello", "phrases: good day"),
    "Intent.pattern": ("number [0-9]", "number [6-9]"),
    "Intent.then": ("say: Hello to you.", "say: Hi."),
    "AskAgain.ask_again": ("ask_again: word", "ask_again: shape"),
    "AskAgain.if": ("if: word == 'again'\n        ask", "if: word == 'other'\n        ask"),
    "AskTool.description": ("description: Ask for more.", "description: Ask for much more."),
    "AskTool.if": ("if: count > 1", "if: count > 9"),
    "AskTool.ask": ("ask: What else?", "ask: Anything else?"),
    "AskTool.then": ("say: Thank you for that.", "say: Thanks."),
    "Need.type": ("type: integer", "type: number"),
    "Need.description": ("description: A word", "description: A term"),
    "Need.pattern": ('"[a-z]+"', '"[a-f]+"'),
    "Need.min": ("min: 2", "min: 6"),
    "Need.max": ("max: 9", "max: 3"),
    "Need.ask": ("ask: Which word?", "ask: What word?"),
    "Need.tries": ("tries: 3", "tries: 1"),
    "Need.length": ("length: 3", "length: 4"),
    "Need.confirm": ("{{ code }}, right?", "Is it {{ code }}?"),
    "Need.then": ("The code is", "Your code is"),
    "Need.choices": ("          - large\n", "          - huge\n"),
    "Need.choices_from": ("choices_from: sizes", "choices_from: weights"),
    "Need.of": ("        of: text\n      place", "        of: integer\n      place"),
    "Need.fields": ("          street:\n", "          road:\n"),
    "Need.optional": (
        "optional: yes\n        ask: Which colour",
        "optional: no\n        ask: Which colour",
    ),
    "Need.on_failure": ("say: Never mind the shape.", "say: Without a shape, then."),
    "Need.final": ("final: no", "final: yes"),
}
