"""How LiveKit's session and agents are set up for a call."""

from __future__ import annotations

import pytest
from livekit.agents import inference

from runner.cache import Cache
from runner.compiler import Compiler
from runner.session import CallFacts
from runner.session.conversation import Conversation

FOLDER = """
agents:
  desk:
    start: reception
    llm: brain
    stt: ears
    tts: warm
    vad: VAD
    keyterms:
      - Nguyen
    pronunciations:
      Nguyen: win
    turn_taking:
      detection: manual
      min_delay: 700ms
      interruptions:
        min_words: 2
    variables:
      pin:
        private: yes
        default: "4711"
    tools:
      - enter
personas:
  reception:
    instructions: You answer the phone.
    greeting:
      say: Good day.
      interruptible: no
    handoffs:
      other:
        when: Always.
  other:
    instructions: Another.
    llm: clever
    greeting:
      instructions: Greet them.
      interruptible: no
tools:
  enter:
    description: Enter
    parameters:
      code:
        private: yes
    say: Entered.
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
        - when_caller_says: other
          call: transfer_to_other
        - when_caller_says: enter
          call:
            enter:
              code: "4711"
  clever:
    llm: script
    with:
      rules:
        - when_instructed: Greet
          say: Cleverly greeted.
        - when_caller_says: other
          say: Cleverly answered.
"""


@pytest.fixture
def call(begin):
    """Begin a call by voice, without a room."""

    async def start(voice="no", **rest):
        return await begin(FOLDER.replace("VAD", voice), **{"channel": "voice", **rest})

    return start


@pytest.mark.proves("Agent.turn_taking")
async def test_turn_taking(call):
    """The agent's turn taking is the session's."""
    session = (await call()).conversation.session
    assert session.turn_detection == "manual"
    assert session.options.endpointing["min_delay"] == pytest.approx(0.7)
    assert session.options.interruption["min_words"] == 2


@pytest.mark.proves("Agent.vad", "VadProvider.vad")
async def test_vad(call, load):
    """`vad: no` has none; a provider's is used."""
    assert (await call("no")).conversation.session.vad is None
    release = load(FOLDER.replace("VAD", "no"))
    agent = release.agent.model_copy(update={"vad": "silence"})
    talk = Conversation(release.model_copy(update={"agent": agent}), None, CallFacts())
    given = talk._call.bound.models._single["vad", "silence"] = inference.VAD()
    await talk.start()
    assert talk.session.vad is given
    await talk.end()


@pytest.mark.proves("Agent.pronunciations")
async def test_pronunciations(call):
    """Whole words are replaced on their way to the voice, after LiveKit's own filters."""
    session = (await call()).conversation.session
    markdown, emoji, spoken = session.options.tts_text_transforms
    assert (markdown, emoji) == ("filter_markdown", "filter_emoji")

    async def words():
        yield "Mister Ngu"
        yield "yen is here"

    assert "".join([part async for part in spoken(words())]) == "Mister win is here"


@pytest.mark.proves("Agent.keyterms")
async def test_keyterms(call):
    """Words that the recogniser should expect are LiveKit's key terms."""
    assert (await call()).conversation.session.keyterms == ["Nguyen"]


@pytest.mark.proves("Say.interruptible", "Instruct.interruptible")
async def test_words_that_cannot_be_interrupted(call):
    """`interruptible: no` holds for words and for instructions."""
    talk = await call()
    allowed = []
    session = talk.conversation.session
    session.on(
        "speech_created", lambda event: allowed.append(event.speech_handle.allow_interruptions)
    )
    await talk.until(lambda event: event.get("text") == "Good day.")
    session.generate_reply(user_input="other")
    await talk.until(lambda event: event.get("text") == "Cleverly greeted.")
    assert allowed[-1] is False
    await talk.conversation._call.say(("Not so.",), interruptible=False)
    await talk.conversation._call.say(("As you like.",))
    assert allowed[-2:] == [False, True]


@pytest.mark.proves("Persona.llm")
async def test_persona_has_its_own_model(call):
    """A persona's llm is used instead of the agent's."""
    talk = await call(channel="text")
    assert (await talk.say("other")).texts == ["Cleverly greeted."]
    assert (await talk.say("other")).texts == ["Cleverly answered."]


@pytest.mark.proves("Field.private")
async def test_private_values_are_masked(call):
    """Private values are masked in variables and in the arguments of events."""
    talk = await call(channel="text")
    assert talk.conversation.variables == {"pin": "•••"}
    events = await talk.say("enter")
    assert events[1]["arguments"] == {"code": "•••"}


@pytest.mark.proves("Persona.instructions_file")
async def test_prompt_files(tmp_path, begin):
    """Instructions of a file come after the persona's own, rendered."""
    folder = tmp_path / "folder"
    folder.mkdir()
    (folder / "all.yaml").write_text(
        "agents:\n  a:\n    start: p\n    mode: text\n    llm: b\n"
        "    variables:\n      house: Sunrise\n"
        "personas:\n  p:\n    instructions: First.\n    instructions_file: p.md\n"
        "providers:\n  b:\n    llm: script\n    with:\n      rules:\n"
        "        - when_caller_says: hi\n          say: Hi\n"
    )
    (folder / "p.md").write_text("You are at {{ house }}.\n")
    release = Compiler(folder, env={}, cache=Cache(tmp_path / "c")).compile().release
    talk = await begin(release.agents["a"])
    assert talk.system == "First.\n\nYou are at Sunrise."


async def test_nothing_is_said_after_the_end(call):
    """Words and instructions after the end are dropped without a sound."""
    talk = await call()
    await talk.conversation.end("caller_left")
    shared = talk.conversation._call
    assert not await shared.say(("Too late.",))
    assert not await shared.instruct("Too late.")
