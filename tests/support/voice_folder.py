"""A folder for calls by voice, and what is waited for in them."""

from __future__ import annotations

from livekit.agents import UserTurnExceededEvent

FOLDER = """
agents:
  desk:
    start: reception
    llm: brain
    stt: ears
    tts: warm
    vad: no
    turn_taking:
      detection: manual
      TURNS
    tools:
      - wait
      - end_call
EXTRA
personas:
  reception:
    instructions: You answer the phone.
    greeting:
      say: Good day.
    tts: bright
    stt: ears
    handoffs:
      night:
        when: It is night.
  night:
    instructions: Night desk.
    tts: warm
    vad: no
    turn_taking:
      detection: vad
      min_delay: 400ms
    greeting:
      say: Night desk here.
providers:
  warm:
    tts: espeak
  bright:
    tts: espeak
    with:
      pitch: 60
  ears:
    stt: pocketsphinx
    with:
      phrases:
        - hello
  brain:
    llm: script
    with:
      rules:
        - when_instructed: still there
          say: Hello, are you there?
        - when_caller_says: moment
          call: wait
        - when_caller_says: night
          call: transfer_to_night
        - when_caller_says: break
          fail: on strike
        - when_caller_says: bye
          say: Goodbye.
          call: end_call
      otherwise: Pardon?
"""

PLAIN = FOLDER.replace("EXTRA\n", "").replace("      TURNS\n", "")


def ended(event):
    """Whether the call has ended."""
    return event["type"] == "end"


def said(text):
    """Whether these words were said."""
    return lambda event: event.get("text") == text


def exceeded():
    """The caller talks without end."""
    return UserTurnExceededEvent(
        transcript="and so on",
        accumulated_transcript="and so on",
        accumulated_word_count=3,
        duration=1.0,
    )
