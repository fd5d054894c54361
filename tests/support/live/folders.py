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
