"""`speech`: what is left out of the words, the pauses between them, and how lively the voice is."""

from __future__ import annotations

import logging

import pytest
from livekit.agents import tts

from runner.session import CallFacts
from runner.session.conversation import Conversation

FOLDER = """
agents:
  desk:
    start: reception
    llm: brain
    stt: ears
    tts: warm
    vad: no
    variables:
      town: Hanoi {x}
    pronunciations:
      Dr: Doctor
    speech:
      SPEECH
personas:
  reception:
    instructions: You answer the phone.
    handoffs:
      night:
        when: It is night.
  night:
    instructions: Night desk.
    greeting:
      say: Night desk here.
    speech:
      OWN
    handoffs:
      reception:
        when: It is day.
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
        - when_caller_says: hello
          if_instructions_say: Be calm in Hanoi {x}
          say: <expr type="expression" label="calm"/> Gently. 3 < 4.
        - when_caller_says: night
          call: transfer_to_night
        - when_caller_says: day
          call: transfer_to_reception
      otherwise: "**Bold** \U0001f600 Dr Ho."
"""


class Steered(tts.TTS):
    """A voice that LiveKit can steer; it keeps what it is given to speak."""

    class Markup(tts.TTS.Markup):
        """Of one of LiveKit's dialects."""

        def _provider_key(self):
            return "cartesia"

    def __init__(self):
        """Nothing has been spoken."""
        super().__init__(
            capabilities=tts.TTSCapabilities(streaming=False), sample_rate=8000, num_channels=1
        )
        self.spoken = []

    def synthesize(self, text, *, conn_options=None):
        """Speak a text as a short silence."""
        self.spoken.append(text)
        return _Silence(tts=self, input_text=text, conn_options=conn_options)


class _Silence(tts.ChunkedStream):
    async def _run(self, output_emitter):
        output_emitter.initialize(
            request_id="1", sample_rate=8000, num_channels=1, mime_type="audio/pcm"
        )
        output_emitter.push(bytes(1600))


@pytest.fixture
def call(begin):
    """Begin a call by voice, without a room."""

    async def start(speech, own="gap: 0ms"):
        folder = FOLDER.replace("SPEECH", speech).replace("OWN", own)
        return await begin(folder, channel="voice")

    return start


def as_set(talk):
    """What LiveKit's session has of it now."""
    session = talk.conversation.session
    options = session.options
    return (
        [each for each in options.tts_text_transforms if isinstance(each, str)],
        options.min_consecutive_speech_delay,
        options.use_tts_aligned_transcript,
        session._expressive,
    )


async def test_in_writing_nothing_waits_for_a_pause(begin):
    """The pause between two things that are said is for those who hear them."""
    folder = FOLDER.replace("SPEECH", "gap: 1s").replace("OWN", "gap: 1s")
    assert as_set(await begin(folder, channel="text"))[1] == 0.0


@pytest.mark.proves("Agent.speech", "Speaking.strip")
@pytest.mark.parametrize(
    ("written", "left_out"),
    [
        ("strip: no", []),
        ("strip: emoji", ["filter_emoji"]),
        ("strip: markdown", ["filter_markdown"]),
        ("strip:\n        - emoji\n        - markdown", ["filter_markdown", "filter_emoji"]),
        ("gap: 1s", ["filter_markdown", "filter_emoji"]),
    ],
)
async def test_what_is_left_out(call, written, left_out):
    """What is named is left out of spoken words, by LiveKit's own filters; both by themselves."""
    assert as_set(await call(written))[0] == left_out


@pytest.mark.proves("Speaking.gap", "Speaking.aligned_transcript", "Expressive.pace")
@pytest.mark.proves("Expressive.fillers", "Expressive.sounds")
async def test_livekits_options(call):
    """Pauses, words as they are heard, and liveliness are LiveKit's own options."""
    talk = await call(
        "gap: 250ms\n      aligned_transcript: yes\n      expressive:\n        fillers: no\n"
        "        sounds: no\n        pace: slow"
    )
    _, gap, aligned, expressive = as_set(talk)
    assert (gap, aligned) == (0.25, True)
    steering = {"disfluencies": False, "nonverbal_sounds": False, "pace": "slow"}
    assert expressive == {"speech_steering": steering}


@pytest.mark.proves("Persona.speech")
async def test_personas_speak_in_their_own_way(call):
    """A persona's own keys stand before the agent's for as long as it speaks."""
    talk = await call("strip: no\n      gap: 100ms\n      expressive: yes", "strip: emoji")
    assert as_set(talk) == ([], 0.1, None, True)
    for word, persona, left_out in (("night", "night", ["filter_emoji"]), ("day", "reception", [])):
        talk.conversation.session.generate_reply(user_input=word)
        await talk.until(lambda e, to=persona: e["type"] == "handoff" and e["to"] == to)
        await talk.conversation.quiet()
        assert as_set(talk) == (left_out, 0.1, None, True)


@pytest.mark.proves("Speaking.expressive", "Expressive.instructions")
async def test_the_model_steers_the_voice(load):
    """The model is told how to, with the author's words; nobody reads what it writes for that."""
    release = load(
        FOLDER.replace(
            "SPEECH", "expressive:\n        instructions: Be calm in {{ town }}."
        ).replace("OWN", "gap: 0ms")
    )
    events = []
    talk = Conversation(release, None, CallFacts(), on_event=lambda e: events.append(e.to_json()))
    voice = Steered()
    talk._call.bound.models._single["tts", "warm"] = voice
    await talk.start()
    handle = talk.session.generate_reply(user_input="hello")
    await handle
    said = [e["text"] for e in events if e["type"] == "message" and e["role"] == "agent"]
    await talk.end()
    assert said == ["Gently. 3 < 4."]


async def test_a_voice_that_cannot_be_steered_is_told_once(call, caplog):
    """Where LiveKit cannot steer the voice, the log says so, once a call."""
    with caplog.at_level(logging.WARNING, "lkrun"):
        talk = await call("gap: 0ms", "expressive: yes")
        talk.conversation._call.manner.take("night")
        talk.conversation._call.manner.take("night")
    assert [r.message for r in caplog.records if r.name == "lkrun"] == [
        "'expressive' has no effect: LiveKit cannot steer the voice of 'night'"
    ]


async def test_words_by_text_stay_as_they_are(begin):
    """In a talk by text nothing is left out: it is read, not heard."""
    folder = FOLDER.replace("SPEECH", "expressive: yes").replace("OWN", "strip: markdown")
    folder = folder.replace("{{ town }}", "")
    talk = await begin(folder, channel="text")
    assert (await talk.say("hello")).texts == ["**Bold** \U0001f600 Dr Ho."]
