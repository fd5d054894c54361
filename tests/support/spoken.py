"""A call by voice whose ears, voice and loudspeaker do what a test says."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime

from support.given import give
from support.speech import HeldSpeaker, Microphone, Voice

from runner.session import Caller, CallFacts
from runner.session.clock import SimulatedClock
from runner.session.conversation import Conversation

FOLDER = """
agents:
  desk:
    start: reception
    llm: brain
    stt: ears
    tts: warm
    vad: no
    turn_taking:
      detection: stt
      min_delay: 0ms
TURNS
personas:
  reception:
    instructions: You answer the phone.
    greeting:
      say: Good day, Lotus Bank.
GREETING
    handoffs:
      billing:
        when: It is about money.
        say: One moment please.
HANDOFF
  billing:
    instructions: You know about money.
FIRST
providers:
  warm:
    tts: espeak
  ears:
    stt: pocketsphinx
    with:
      phrases:
        - hello
  brain:
    llm: script
    with:
      rules:
        - when_caller_says: invoice 118
          say: Invoice 118 is paid.
        - when_caller_says: money
          call: transfer_to_billing
        - when_caller_says: hours
          say: We open at nine.
        - when_instructed: speaking too long
          say: Let me cut in.
      otherwise: Pardon?
"""


def folder(**parts):
    text = FOLDER
    for name in ("TURNS", "GREETING", "HANDOFF", "FIRST"):
        text = text.replace(f"{name}\n", parts.get(name.lower(), ""))
    return text


async def spoken_call(load, *, kind=None, audio_in=None, **parts):
    """Begin one; what it tells is in its `queue`, its time is `clock`."""
    events = asyncio.Queue()
    clock = SimulatedClock(datetime(2026, 11, 30, 9, tzinfo=UTC))
    talk = Conversation(
        load(folder(**parts)),
        None,
        CallFacts(Caller(kind=kind)),
        on_event=lambda e: events.put_nowait(e.to_json()),
        clock=clock,
    )
    talk.queue, talk.clock = events, clock
    talk.mic = give(talk, "stt", "ears", Microphone())
    give(talk, "tts", "warm", Voice())
    talk.speaker = HeldSpeaker()
    await talk.start(audio_in=audio_in, audio_out=talk.speaker)
    await talk.mic.opened.wait()
    return talk


async def hang_up(talk):
    """End it."""
    let_go(talk)
    await talk.end("test")


def let_go(talk):
    """What is being said, and all that follows, is played."""
    talk.speaker.held = False
    talk.speaker.finish()


def texts(events):
    return [(e["role"], e["text"]) for e in events if e["type"] == "message"]
