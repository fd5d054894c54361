"""Small folders: agents whose model follows rules, that speak briefly or write only."""

from __future__ import annotations

TEXT = """
agents:
  north:
    start: north_desk
    mode: text
    llm: brain
  south:
    start: south_desk
    mode: text
    llm: brain

personas:
  north_desk:
    instructions: You are the north desk.
    greeting:
      say: North desk.
  south_desk:
    instructions: You are the south desk.
    greeting:
      say: South desk.

providers:
  brain:
    llm: script
    with:
      rules:
        - when_caller_matches: 'number (?P<number>\\d+)'
          say: I have number {number}.
      otherwise: I did not get that.
"""
"""Two agents that write; each answers with the number that it is told."""

VOICE = """
agents:
  desk:
    start: desk
    llm: brain
    stt: ears
    tts: voice
    turn_taking:
      detection: vad

personas:
  desk:
    instructions: Be short.
    greeting:
      say: Hello there.
    tools:
      - end_call

providers:
  ears:
    stt: pocketsphinx
    with:
      phrases:
        - hello
        - thank you goodbye
  voice:
    tts: espeak
    with:
      speed: 200
  brain:
    llm: script
    with:
      rules:
        - when_caller_matches: 'number (?P<number>\\d+)'
          say: Number {number}.
        - when_caller_says: goodbye
          call: end_call
        - when_tool_answered: end_call
          say: Goodbye.
      otherwise: What did you say?
"""
"""An agent that speaks in few words, so that tests are quick."""

_VERDICTS = """
        - if_tool_offered: save_prediction
          when_caller_mentions: press
          call:
            save_prediction:
              label: machine-ivr
        - if_tool_offered: save_prediction
          when_caller_mentions: full
          call:
            save_prediction:
              label: machine-unavailable
        - if_tool_offered: save_prediction
          when_caller_mentions: message
          call:
            save_prediction:
              label: machine-vm
        - if_tool_offered: save_prediction
          when_caller_mentions: hello
          call:
            save_prediction:
              label: human
"""
"""What the scripted model says of who has answered."""

_DIALS = """
    room:
      sync_text: no
    dial:
      ring_for: 2s
    voicemail:
      mailbox:
        say: Please call us back.
      menu: end_call
"""

OUTGOING = (
    VOICE.replace("    llm: brain\n", f"    llm: brain{_DIALS}", 1)
    .replace("      rules:\n", f"      rules:{_VERDICTS}", 1)
    .replace(
        "        - thank you goodbye\n",
        "        - thank you goodbye\n"
        "        - leave a message after the tone\n"
        "        - the mailbox is full\n"
        "        - press one for the doctor\n"
        "        - stop calling me\n",
    )
    .replace(
        "    tools:\n      - end_call\n",
        "    tools:\n      - end_call\n"
        "    intents:\n      stop_calling:\n        phrases:\n          - stop calling me\n"
        "        then:\n          - opt_out: yes\n          - end_call: Never again.\n",
        1,
    )
)
"""An agent that calls people; it may ring for two seconds."""
