"""The model's first reply is asked for while the room is being joined, and heard when it may be."""

from __future__ import annotations

import asyncio
import threading

import pytest
from lkrun_espeak.speech import EspeakTTS
from support.openai_stub import OpenAiStub, Reply, chunk, failed, say
from support.speech import Speaker
from support.voice_folder import said

from runner.secret import Secret
from runner.session import Caller, CallFacts
from runner.session.conversation import Conversation

FOLDER = """
agents:
  desk:
    start: host
    llm: brain
    stt: ears
    tts: voice
    vad: no
    turn_taking:
      detection: manual
    variables:
      dish:
        type: text
        default: soup
personas:
  host:
    instructions: You work here.
    greeting:
      instructions: Greet, and praise the {{ dish }}.
providers:
  brain:
    llm: openai
    with:
      api_key: "{{ secrets.BRAIN_KEY }}"
      base_url: URL
  ears:
    stt: pocketsphinx
    with:
      phrases:
        - hello
  voice:
    tts: espeak
"""


class Desk:
    """A model, and calls that ask it."""

    def __init__(self, load):
        self._load, self.talks = load, []
        self.requested = threading.Semaphore(0)
        self.stub = OpenAiStub(self._answer)

    def _answer(self, asked):
        self.requested.release()
        return say(f"Good day: {asked.text.split()[-1]}")

    async def asked(self):
        """Wait until the model is asked once more."""
        assert await asyncio.to_thread(self.requested.acquire, timeout=30)

    async def prepared(self, change=lambda text: text):
        """A call whose room is being joined."""
        words = asyncio.Queue()
        talk = Conversation(
            self._load(change(FOLDER.replace("URL", self.stub.url))),
            None,
            CallFacts(),
            on_event=lambda event: words.put_nowait(event.to_json()),
            channel="voice",
            awaited=True,
            secrets={"BRAIN_KEY": Secret("sk-1234567890")}.get,
        )
        talk.words = words
        self.talks.append(talk)
        await talk.prepare()
        return talk

    @property
    def questions(self):
        """What the model was asked, without the punctuation."""
        return [request["messages"][-1]["content"] for request in self.stub.requests]


@pytest.fixture
async def desk(load):
    """Where calls begin."""
    made = Desk(load)
    with made.stub:
        yield made
        for talk in made.talks:
            await talk.end("test")


async def heard(talk, text):
    """Wait until a call has said something."""
    while not said(text)(await talk.words.get()):
        pass


async def test_it_is_asked_for_while_the_room_is_joined(desk):
    """The model is asked before anybody is there, and not a second time when they are."""
    talk = await desk.prepared()
    await desk.asked()
    assert talk.words.empty()
    await talk.start(audio_out=Speaker(), facts=CallFacts(caller=Caller(name="Ann")))
    await heard(talk, "Good day: soup.")
    assert desk.questions == ["Greet, and praise the soup."]


async def test_it_is_not_spoken_when_nobody_comes(desk):
    """A caller who does not come hears nothing, and what was asked for is let go."""
    talk = await desk.prepared()
    await desk.asked()
    await talk.abandon()
    assert talk._call.speeches.reply is None
    assert talk.words.empty()
    assert len(desk.questions) == 1


async def test_a_value_that_changes_leads_to_another_request(desk):
    """Words about what is no longer so are not heard: the model is asked for those that are."""
    talk = await desk.prepared()
    await desk.asked()
    talk._call.bound.variables.set("dish", "pasta")
    await talk.start(audio_out=Speaker(), facts=CallFacts())
    await heard(talk, "Good day: pasta.")
    assert desk.questions == ["Greet, and praise the soup.", "Greet, and praise the pasta."]


async def test_words_about_the_caller_wait_for_the_caller(desk):
    """Where the reply depends on who calls, the model is asked when they are there."""
    talk = await desk.prepared(lambda text: text.replace("{{ dish }}", "{{ caller.name }}"))
    assert desk.questions == []
    await talk.start(audio_out=Speaker(), facts=CallFacts(caller=Caller(name="Ann")))
    await heard(talk, "Good day: Ann.")
    assert desk.questions == ["Greet, and praise the Ann."]


@pytest.mark.parametrize("when", ["before", "after"])
async def test_one_that_is_refused_is_asked_for_again(desk, monkeypatch, when):
    """Whether it fails before or after the call has begun, only what is asked then counts."""
    refused = threading.Event()

    def answer(_):
        desk.requested.release()
        if len(desk.stub.requests) > 1:
            return say("Good day.")
        refused.wait(30)
        return failed(400, "not now")

    desk.stub.answer = answer
    talk = await desk.prepared()
    await desk.asked()
    early, taken = talk._call.speeches.reply, asyncio.Event()
    pieces = early.pieces
    monkeypatch.setattr(early, "pieces", lambda otherwise: taken.set() or pieces(otherwise))
    if when == "before":
        refused.set()
        await asyncio.wait([early._reading])
    starting = asyncio.create_task(talk.start(audio_out=Speaker(), facts=CallFacts()))
    await taken.wait()
    refused.set()
    await starting
    await heard(talk, "Good day.")
    assert talk._call.given_up == 0


@pytest.fixture
def spoken(monkeypatch):
    """What the voice is asked to speak, and a wait for it."""
    asked, livekits = asyncio.Queue(), EspeakTTS.synthesize

    def synthesize(self, text, **options):
        asked.put_nowait(text)
        return livekits(self, text, **options)

    monkeypatch.setattr(EspeakTTS, "synthesize", synthesize)
    return asked


async def test_its_voice_is_asked_while_the_room_is_joined(desk, spoken):
    """The voice has spoken the reply before anybody is there, and is not asked a second time."""
    talk = await desk.prepared()
    assert await spoken.get() == "Good day: soup."
    assert talk.words.empty()
    await talk.start(audio_out=Speaker(), facts=CallFacts())
    await heard(talk, "Good day: soup.")
    assert spoken.empty()
    assert talk._call.speeches.ahead is None


async def test_its_voice_says_nothing_that_is_no_longer_so(desk, spoken):
    """Where a value has changed, the voice is asked for the words that are said then."""
    talk = await desk.prepared()
    assert await spoken.get() == "Good day: soup."
    talk._call.bound.variables.set("dish", "pasta")
    await talk.start(audio_out=Speaker(), facts=CallFacts())
    await heard(talk, "Good day: pasta.")
    assert talk._call.speeches.reply is talk._call.speeches.ahead is None
    assert await spoken.get() == "Good day: pasta."


async def test_a_secret_in_it_reaches_no_voice(desk, spoken):
    """What a model repeats of a secret is hidden before the voice is given it."""
    desk.stub.answer = lambda _: say("The key is sk-1234567890.")
    talk = await desk.prepared()
    text = await spoken.get()
    await talk.start(audio_out=Speaker(), facts=CallFacts())
    await heard(talk, text)
    assert "sk-1234567890" not in text
    assert spoken.empty()


async def test_one_that_breaks_off_before_anybody_hears_it_is_asked_for_again(desk, spoken):
    """Words that came of a reply that broke off are not heard, and its failure does not count."""

    def answer(_):
        desk.requested.release()
        if len(desk.stub.requests) > 1:
            return say("Good day.")
        return Reply((chunk({"content": "Well"}), b'data: {"error": {"message": "broken"}}\n\n'))

    desk.stub.answer = answer
    talk = await desk.prepared()
    await desk.asked()
    await asyncio.wait([talk._call.speeches.reply._reading])
    await talk.start(audio_out=Speaker(), facts=CallFacts())
    await heard(talk, "Good day.")
    assert talk._call.given_up == 0
    assert await spoken.get() == "Good day."


@pytest.mark.parametrize(
    ("steps", "asked"),
    [
        ("", ["Greet, and praise the pasta."]),
        ("        - end_call: yes\n", []),
    ],
)
async def test_it_is_asked_for_as_soon_as_before_call_is_done(desk, steps, asked):
    """Not before, and not where the call ends with it; nobody is spoken with yet."""
    done = "      steps:\n        - set:\n            dish: pasta\n"
    before = f"    before_call:\n{done}{steps}    variables:"
    talk = await desk.prepared(lambda text: text.replace("    variables:", before))
    preparation, opening = talk._preparation, talk._call.opening
    await preparation.meet(CallFacts())
    opening.begin(preparation.ask)
    await preparation.build(early=True)
    await asyncio.wait([opening._steps])
    if asked:
        await desk.asked()
    assert desk.questions == asked
    assert opening.done == (talk._call.speeches.reply is not None) == bool(asked)
    await talk.abandon()


@pytest.mark.parametrize("ends", ["while it is built", "afterwards"])
async def test_the_voice_is_asked_as_soon_as_before_call_is_done(desk, monkeypatch, ends):
    """Written words too, whenever the last value of theirs becomes known."""
    before = (
        "    before_call:\n      steps:\n        - set:\n            dish: pasta\n    variables:\n"
        "      guest:\n        type: text\n        default: '{{ caller.name }}'\n"
    )
    greeting = "greeting:\n      instructions: Greet, and praise the {{ dish }}."

    def change(text):
        text = text.replace(
            greeting, "greeting:\n      say: Good day, {{ guest }}, take {{ dish }}."
        )
        return text.replace("    variables:\n", before)

    talk = await desk.prepared(change)
    preparation, opening = talk._preparation, talk._call.opening
    connect, hold = preparation._connect, asyncio.Event()
    do = opening._done_in_time

    async def held(spec):
        await hold.wait()
        return await do(spec)

    async def connected():
        if ends == "while it is built":
            hold.set()
            await asyncio.wait([opening._steps])
        await connect()

    monkeypatch.setattr(opening, "_done_in_time", held)
    monkeypatch.setattr(preparation, "_connect", connected)
    await preparation.meet(CallFacts(caller=Caller(name="Ann")))
    opening.begin(preparation.ask)
    await preparation.build(early=True)
    if ends == "afterwards":
        assert talk._call.speeches.sound is None
        hold.set()
        await asyncio.wait([opening._steps])
    assert talk._call.speeches.sound.question == "Good day, Ann, take pasta."
    await talk.abandon()
