"""Agents that hear, think and speak through one model, by LiveKit's real plugin."""

from __future__ import annotations

import asyncio

import pytest
from livekit import rtc
from livekit.agents.voice import io
from support.realtime_session import RATE, Call, Drop, Fail, Hang, Say, tone
from support.realtime_stub import RealtimeStub
from support.speech import Speaker

FOLDER = """
agents:
  desk:
    start: START
    realtime: speech
    MORE
    variables:
      dish:
        type: text
        description: What the caller eats
      number:
        type: text
        description: The caller's number
    tools:
      - remember
      - end_call
      - show
personas:
  host:
    instructions: You are the host. They eat {{ dish or 'nothing' }}.
    greeting:
      instructions: Greet the caller.
    handoffs:
      cook:
        when: The caller wants food.
        context: CONTEXT
  cook:
    instructions: You are the cook.
    PERSONA
tools:
  show:
    if: dish
    description: Show the dish
    answer: It looks good.
providers:
  speech:
    realtime: openai
    with:
      api_key: key-1
      base_url: URL
  other:
    realtime: openai
    with:
      model: gpt-other
      api_key: key-1
      base_url: URL
  both:
    realtime: fallback
    with:
      order:
        - speech
        - other
  voice:
    tts: espeak
"""


@pytest.fixture
def talk(begin):
    """Begin a talk with the stand-in, which answers as it is told."""
    stubs = []

    async def start(  # noqa: PLR0913 - what differs between the talks
        answer,
        more="",
        *,
        persona="",
        channel="text",
        start="host",
        context="full",
        chosen="",
        given=None,
        **options,
    ):
        stubs.append(RealtimeStub(answer, **options).__enter__())
        folder = FOLDER.replace("    MORE\n", more).replace("    PERSONA\n", persona)
        if chosen:
            folder = folder.replace("    variables:\n", chosen)
            folder = folder.replace("realtime: speech", 'realtime: "{{ mind }}"', 1)
        folder = folder.replace("START", start).replace("CONTEXT", context)
        folder = folder.replace("URL", stubs[-1].url)
        made = await begin(folder, channel=channel, given=given)
        made.stub, made.folder = stubs[-1], folder
        return made

    yield start
    for stub in stubs:
        stub.__exit__(None, None, None)


def heard(request):
    """What the model answers: what it was told, or what it has heard."""
    if "Greet" in request.instructions and not request.text:
        return Say("Good day.")
    return Say(f"heard: {request.text}")


async def test_by_text(talk):
    """By text the model is asked for text: it greets, is asked and answers; nothing is spoken."""
    made = await talk(heard)
    assert made.events.texts == ["Good day."]
    assert (await made.say("hello")).texts == ["heard: hello"]
    (session,) = made.stub.sessions
    assert session["output_modalities"] == ["text"]
    assert session["instructions"].startswith("You are the host.")
    assert made.stub.keys == ["key-1"]


async def test_tools_and_gates(talk):
    """A tool is run with its arguments; what it stores opens the next tool and changes the text."""

    def answer(request):
        if request.text == "pasta" and not request.outputs:
            return Call("remember", {"dish": "pasta"})
        return Say(f"{request.instructions.splitlines()[0]} {sorted(request.tools)}")

    made = await talk(answer)
    turn = await made.say("pasta")
    assert turn.kinds == ["user", "tool_call", "tool_result", "agent"]
    assert turn.texts == [
        "You are the host. They eat pasta. ['end_call', 'remember', 'show', 'transfer_to_cook']"
    ]
    assert "show" not in [t["name"] for t in made.stub.of("session.update")[2]["session"]["tools"]]
    assert made.conversation.variables["dish"] == "pasta"


async def test_handoff(talk):
    """A handoff goes on in the same connection, with the other persona's words and the talk."""

    def answer(request):
        if request.text == "food" and "host" in request.instructions:
            return Call("transfer_to_cook")
        return Say(f"{request.instructions}: {request.text}")

    made = await talk(answer)
    turn = await made.say("food")
    assert turn.kinds == ["user", "handoff", "agent"]
    assert turn.texts == ["You are the cook.: food"]
    assert made.conversation.persona == "cook"
    assert len(made.stub.sessions) == 1


async def test_a_reply_that_fails(talk):
    """A reply that fails is said plainly, and the next one is tried; the third ends the talk."""
    made = await talk(
        lambda request: Fail("overloaded") if "bad" in request.text else heard(request)
    )
    assert (await made.say("bad")).texts == ["Sorry, something went wrong. Please say that again."]
    assert (await made.say("good")).texts == ["heard: good"]


async def test_a_connection_that_is_lost(talk):
    """The connection is made again, with all that was said."""
    made = await talk(heard)
    await made.say("one")
    made.stub.drop()
    assert (await made.say("two")).texts == ["heard: two"]
    said = [e["item"] for e in made.stub.of("conversation.item.create")]
    assert [part["text"] for item in said for part in item["content"]].count("one") == 2


class Microphone(io.AudioInput):
    """What the caller says."""

    def __init__(self):
        super().__init__(label="microphone")
        self._frames = asyncio.Queue()

    async def __anext__(self):
        return await self._frames.get()

    def speak(self, seconds, loud=8_000):
        """Say something, or nothing; in pieces, as a room gives them."""
        for _ in range(int(seconds * 20)):
            data = tone(0.05, loud)
            self._frames.put_nowait(rtc.AudioFrame(data, RATE, 1, len(data) // 2))


def says(text):
    """Whether an event is these words of the agent."""
    return lambda event: event.get("text") == text and event["role"] == "agent"


@pytest.mark.proves("Agent.realtime", "RealtimeProvider.realtime", "RealtimeProvider.with")
async def test_by_voice(talk):
    """By voice the model hears sound, finds the end of the turn, and answers; both are told."""
    made = await talk(heard, channel="voice", hears=lambda _: "a table for two")
    await made.until(says("Good day."))
    assert made.stub.sessions[0]["output_modalities"] == ["audio"]
    microphone = Microphone()
    made.conversation.session.input.audio = microphone
    microphone.speak(0.5)
    microphone.speak(1, loud=0)
    await made.until(says("heard: a table for two"))
    assert {(e["role"], e["text"]) for e in made.events} == {
        ("agent", "Good day."),
        ("user", "a table for two"),
        ("agent", "heard: a table for two"),
    }


async def test_a_voice_beside_it(talk):
    """With a voice beside it the model answers in text, and given words can be said."""
    greeting = "    tts: voice\n    idle:\n      say: Still there?\n"
    made = await talk(heard, greeting, channel="voice")
    await made.until(says("Good day."))
    assert made.stub.sessions[0]["output_modalities"] == ["text"]
    session = made.conversation.session
    assert session.tts.label == session.current_agent.session.tts.label
    assert await made.conversation._call.speak("Exactly this.", interruptible=False)
    await made.until(says("Exactly this."))


async def test_without_a_voice_the_apology_is_written(talk):
    """Where nobody can speak given words, what went wrong is written; the call goes on."""
    made = await talk(
        lambda a: Fail("overloaded") if a.text else heard(a), channel="voice", hears=lambda _: "hi"
    )
    await made.until(says("Good day."))
    made.conversation.session.generate_reply(user_input="hi")
    await made.until(says("Sorry, something went wrong. Please say that again."))
    assert not made.conversation.ended.done()


SOON = "    limits:\n      max_turn: 1s\n"
SORRY = "Sorry, something went wrong. Please say that again."


@pytest.mark.parametrize("more", [SOON, f"    tts: voice\n{SOON}"], ids=["mute", "with a voice"])
async def test_a_model_that_hangs_by_voice(talk, caplog, more):
    """A caller who is answered by nobody is told so within the turn's budget; the call goes on."""
    spoken = iter(["slow", "hello"])
    made = await talk(
        lambda request: Hang() if "slow" in request.text else heard(request),
        more,
        channel="voice",
        hears=lambda _: next(spoken),
    )
    await made.until(says("Good day."))
    microphone = Microphone()
    made.conversation.session.input.audio = microphone
    microphone.speak(0.5)
    microphone.speak(1, loud=0)
    await made.until(says(SORRY))
    microphone.speak(0.5)
    microphone.speak(1, loud=0)
    await made.until(says("heard: hello"))
    late = "the model had not answered when the turn had taken 1s"
    assert [r.message for r in caplog.records if r.name == "lkrun"] == [late]
    assert made.events.texts.count(SORRY) == 1


@pytest.mark.parametrize("more", ["", "    tts: voice\n"], ids=["mute", "with a voice"])
async def test_a_model_that_stops_in_the_middle_of_a_reply(talk, caplog, more):
    """A caller whose answer breaks off hears that, and the call goes on."""
    made = None

    def answer(request):
        slow = "slow" in request.text
        if made is not None:  # the silence from the start has its own limit, which has begun
            made.conversation._call.persona._patience._silence = 0.3 if slow else 60
        return Say("It is", stalls=True) if slow else heard(request)

    made = await talk(answer, more, channel="voice")
    await made.until(says("Good day."))
    made.conversation.session.output.audio = Speaker()
    made.conversation.session.generate_reply(user_input="slow")
    await made.until(says(SORRY))
    made.conversation.session.generate_reply(user_input="hello")
    await made.until(says("heard: hello"))
    stopped = "the model stopped in its answer for 0.3s"
    assert [r.message for r in caplog.records if r.name == "lkrun"] == [stopped]
    assert made.events.texts.count(SORRY) == 1


async def test_a_model_that_hangs_when_it_shall_greet(talk):
    """A greeting that does not come is no silence either."""
    made = await talk(
        lambda request: heard(request) if request.text else Hang(), SOON, channel="voice"
    )
    await made.until(says(SORRY))
    made.conversation.session.generate_reply(user_input="hello")
    await made.until(says("heard: hello"))


async def test_a_model_that_hangs_again_and_again(talk):
    """At the third time in a row the call ends with words."""
    made = await talk(lambda _: Hang(), SOON, channel="voice")
    for answered in (1, 2):
        await made.until(lambda _, n=answered: made.events.texts.count(SORRY) == n)
        made.conversation.session.generate_reply(user_input="hello")
    assert await made.conversation.ended == "error"
    assert made.events.texts[-1] != SORRY


async def test_a_key_that_is_refused(talk):
    """A service that lets nobody in ends the call with words, and the log says which it was."""
    made = await talk(heard, channel="voice")
    await made.until(says("Good day."))
    stub = made.stub
    stub.answer = lambda _: Fail("no money", "insufficient_quota", "insufficient_quota")
    made.conversation.session.generate_reply(user_input="hi")
    assert await made.conversation.ended == "error"


@pytest.mark.proves("Persona.realtime")
async def test_a_persona_with_a_model_of_its_own(talk):
    """A persona that names another model speaks through that, in a connection of its own."""

    def answer(request):
        if request.text == "food" and "host" in request.instructions:
            return Call("transfer_to_cook")
        return Say(f"{request.session['model']}: {request.text}")

    other = "    realtime: other\n"
    made = await talk(answer, persona=other)
    turn = await made.say("food")
    assert turn.texts == ["gpt-other: food"]
    assert [session["model"] for session in made.stub.sessions] == ["gpt-realtime", "gpt-other"]


@pytest.mark.proves("FallbackRealtimeProvider.with", "SpeechModelsInOrder.order")
async def test_in_order(talk):
    """Where the first model fails for good, the next one answers in the same call."""

    def answer(request):
        first = request.session["model"] == "gpt-realtime"
        code = "insufficient_quota"
        return Fail("no money", code, code) if first else heard(request)

    made = await talk(answer, persona="    realtime: both\n", start="cook", channel="voice")
    made.conversation.session.generate_reply(user_input="hello")
    await made.until(says("heard: hello"))
    assert made.stub.models == ["gpt-realtime", "gpt-other"]


async def test_what_a_lost_connection_left_unanswered(talk):
    """By voice a reply that went down with the connection is asked for again on the next one."""
    made = await talk(heard, channel="voice")
    await made.until(says("Good day."))
    made.stub.answer = lambda a: Drop() if len(made.stub.sessions) == 1 else heard(a)
    made.conversation.session.generate_reply(user_input="hello")
    await made.until(says("heard: hello"))
    assert made.events.kinds == ["agent", "user", "agent"]


@pytest.mark.parametrize("context", ["last 2", "summary"])
async def test_what_the_next_persona_is_told(talk, context):
    """A handoff tells as much as it says; without a model of words a summary is the last ones."""

    def answer(request):
        if request.text == "food" and "host" in request.instructions:
            return Call("transfer_to_cook")
        said = [p["text"] for i in request.items for p in i.get("content", ()) if "text" in p]
        return Say(" / ".join(said) or "Good day.")

    made = await talk(answer, context=context)
    await made.say("one")
    turn = await made.say("food")
    assert turn.texts[0].endswith("food")


async def test_another_model_waits_for_the_next_persona(talk, load):
    """A changed model is none of a call that speaks through it, until the next persona does."""

    def answer(request):
        if request.text == "food" and "host" in request.instructions:
            return Call("transfer_to_cook")
        return Say(f"{request.session['model']}: {request.text}")

    made = await talk(answer)
    changed = load(made.folder.replace("realtime: speech", "realtime: other"))
    renewed = await made.conversation.renew(changed)
    assert "agents.desk.realtime" in renewed.waiting
    assert (await made.say("hello")).texts == ["gpt-realtime: hello"]
    assert (await made.say("food")).texts == ["gpt-other: food"]


CHOSEN = """    variables:
      mind:
        type: choice
        choices:
          - speech
          - other
        default: speech
"""


@pytest.mark.parametrize(
    ("given", "first"), [({}, "gpt-realtime"), ({"mind": "other"}, "gpt-other")]
)
@pytest.mark.parametrize("channel", ["text", "voice"])
async def test_the_call_chooses_the_model(talk, channel, given, first):
    """A variable chooses which model hears and speaks, when the call begins."""
    made = await talk(heard, channel=channel, chosen=CHOSEN, given=given)
    await made.until(says("Good day."))
    assert made.stub.models == [first]


async def test_the_call_chooses_again_at_a_handoff(talk):
    """A value that has changed counts from the next handoff, in a connection of its own."""

    def answer(request):
        if request.text == "food" and "host" in request.instructions:
            return Call("transfer_to_cook")
        return Say(f"{request.session['model']}: {request.text}")

    persona = '    realtime: "{{ mind }}"\n'
    made = await talk(answer, chosen=CHOSEN, persona=persona)
    assert (await made.say("hello")).texts == ["gpt-realtime: hello"]
    made.conversation._call.bound.variables.set("mind", "other")
    assert (await made.say("food")).texts == ["gpt-other: food"]
