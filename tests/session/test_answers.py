"""A model's answer has bounds: what is no answer, or none that can be used, is said in words."""

from __future__ import annotations

import asyncio
import itertools
import json
import logging
import threading
from types import SimpleNamespace

import pytest
from livekit.agents import llm
from support.openai_stub import OpenAiStub, Reply, call, chunk, endless, failed, stream
from support.wild import Wild

from runner.egress.port import ToolResponse
from runner.secret import Secret
from runner.session.budget import TurnBudget
from runner.session.models import answer as answers
from runner.session.personas import replies
from runner.texts import shipped

AGAIN = shipped("apology")
LATER = shipped("call_later")

FOLDER = """
agents:
  desk:
    start: host
    llm: brain
    MODE
    LIMITS
    variables:
      noted:
        type: text
        description: What is noted
      pages:
        type: list
        of: text
    tools:
      - remember
      - find
      - keep
      - end_call
personas:
  host:
    instructions: You are the host.
    greeting:
      say: Good day.
    handoffs:
      kitchen:
        when: The caller wants food.
  kitchen:
    instructions: You cook.
tools:
  find:
    description: Find it.
    http:
      url: https://find.example/
  keep:
    description: Keep pages.
    parameters:
      pages:
        type: list
        of: text
    set:
      pages: "{{ args.pages }}"
providers:
  brain:
    llm: KIND
"""
SCRIPT = "script\n    with:\n      rules:\n        - when_caller_says: hi\n          say: hi"
VOICE = "stt: ears\n    tts: warm\n    vad: no\n    turn_taking:\n      detection: manual"
EARS = """
  ears:
    stt: pocketsphinx
    with:
      phrases:
        - hello
  warm:
    tts: espeak
"""
TURN = "    limits:\n      max_turn: 1s\n"
REMEMBER = ("remember", '{"noted": "tea"}')


def folder(mode="mode: text", limits="", kind=SCRIPT):
    made = FOLDER.replace("MODE", mode).replace("    LIMITS\n", limits).replace("KIND", kind)
    return made + EARS if "stt: ears" in mode else made


@pytest.fixture(scope="module")
def served():
    """A service that LiveKit's own plugin asks; its answer is given."""
    served = SimpleNamespace()

    def answered(request):
        return served.answer(request)

    with OpenAiStub(answered) as stub:
        served.stub = stub
        yield served


def openai(stub):
    """A folder whose model is LiveKit's own plugin."""
    options = f"model: gpt-4.1-mini\n      base_url: {stub.url}\n      api_key: sk-none"
    return folder(kind=f"openai\n    with:\n      {options}")


def ours(caplog):
    return [r.getMessage() for r in caplog.records if r.name == "lkrun"]


NOTHING = {
    "nothing": "",
    "white space": " \n\t ",
    "no pieces": (),
    "pieces without words": ("", " ", "\n"),
    "a null delta": (None,),
    "an empty delta": (llm.ChoiceDelta(role="assistant"),),
    "numbers of tokens alone": (
        llm.ChatChunk(
            id="x", usage=llm.CompletionUsage(completion_tokens=0, prompt_tokens=1, total_tokens=1)
        ),
    ),
    "a call without a name": [("", "{}")],
}


@pytest.mark.parametrize("nothing", NOTHING.values(), ids=NOTHING)
async def test_a_model_that_says_nothing_is_answered_for(begin, nothing, caplog):
    """An answer of nothing is one line in the log, and the caller hears one sentence."""
    talk = await begin(folder(), models={"brain": Wild(nothing)})
    events = await talk.say("hello")
    assert events.kinds == ["user", "agent"]
    assert events.texts[0].strip() == AGAIN
    assert (await talk.say("again")).texts == ["Fine."]
    assert ours(caplog) == ["the model 'brain' answered with nothing"]


FILTERED = stream(finish="content_filter")
PAGE = Reply((b"<!doctype html><h1>Sign in</h1>",), 200, "text/html")
WIRE = {
    "nothing": stream(),
    "a page of HTML": PAGE,
    "a filter": FILTERED,
    "no choices": Reply((b'data: {"id":"x","object":"chat.completion.chunk","choices":[]}\n\n',)),
    "an empty body": Reply(()),
    "JSON": Reply((b'{"object": "list", "data": []}',), 200, "application/json"),
    "a null delta": Reply((b'data: {"id":"x","choices":[{"index":0,"delta":null}]}\n\n',)),
    "a call without an id": stream(
        chunk({"tool_calls": [{"index": 0, "function": {"name": "find", "arguments": "{}"}}]}),
        finish="tool_calls",
    ),
    "a refusal": stream(chunk({"refusal": "I cannot help with that."})),
    "reasoning alone": stream(chunk({"reasoning_content": "The caller says hello."})),
    "an end at once": Reply((b"data: [DONE]\n\n",)),
    "comments alone": Reply((b": keep-alive\n\n: keep-alive\n\n",)),
    "no body, and no content": Reply((), 204, "text/plain"),
    "words of another choice": Reply(
        (b'data: {"id":"x","choices":[{"index":1,"delta":{"content":null}}]}\n\n',)
    ),
    "thoughts alone": stream(chunk({"content": "<think>"}), chunk({"content": "hm</think>"})),
}


@pytest.mark.parametrize("reply", WIRE.values(), ids=WIRE)
async def test_a_service_that_says_nothing_is_answered_for(begin, served, reply, caplog):
    """Whatever a service sends that holds no answer, LiveKit's plugin makes nothing of it."""
    served.answer = lambda _: reply
    talk = await begin(openai(served.stub))
    assert (await talk.say("hello")).texts == [AGAIN]
    look = "look whether base_url is the whole address of a model's service"
    assert ours(caplog) == [f"the model 'brain' answered with nothing; {look}"]


async def test_a_model_that_says_nothing_three_times_ends_the_talk(begin):
    """As for any failure of the model, the third in a row ends the talk in words."""
    talk = await begin(folder(), models={"brain": Wild("", "Fine.", "", "", "")})
    texts = [(await talk.say("hello")).texts for _ in range(5)]
    assert texts == [[AGAIN], ["Fine."], [AGAIN], [AGAIN], [LATER]]
    assert talk.events[-1]["reason"] == "error"


async def test_by_voice_nothing_is_answered_for(begin, caplog):
    """By voice an answer of nothing is said in words, and the call goes on."""
    brain = Wild("", "I hear you.")
    talk = await begin(folder(mode=VOICE), channel="voice", models={"brain": brain})
    session = talk.conversation.session
    await talk.until(lambda e: e.get("text") == "Good day.")
    session.generate_reply(user_input="hello")
    await talk.until(lambda e: e.get("text") == AGAIN)
    session.generate_reply(user_input="hello")
    await talk.until(lambda e: e.get("text") == "I hear you.")
    assert ours(caplog) == ["the model 'brain' answered with nothing"]


@pytest.mark.parametrize(
    ("replies", "texts"),
    [
        ([["Noted.", REMEMBER], ""], ["Noted."]),
        ([[REMEMBER], ""], [AGAIN]),
        ([["One moment.", ("find", "{}")], ""], ["One moment.", AGAIN]),
        ([["One moment.", ("fly", "{}")], ""], ["One moment.", AGAIN]),
        ([[("end_call", "{}")], ""], []),
        ([[("transfer_to_kitchen", "{}")], ""], [AGAIN]),
        ([["To the kitchen.", ("transfer_to_kitchen", "{}")], ""], ["To the kitchen.", AGAIN]),
    ],
)
async def test_nothing_is_an_answer_where_nobody_waits(begin, replies, texts, caplog):
    """A model that has spoken, and only noted something, has nothing to add; else it owes words."""
    answer = ToolResponse(ok=True, output="found")
    talk = await begin(folder(), answer, models={"brain": Wild(*replies)})
    assert (await talk.say("hello")).texts == texts
    assert ours(caplog) == (["the model 'brain' answered with nothing"] if AGAIN in texts else [])


@pytest.mark.parametrize("call", [("find", "{}"), ("find", "{bad"), ("fly", "{}"), ("find", "[1]")])
async def test_a_model_that_calls_where_it_has_to_speak_is_answered_for(begin, call, caplog):
    """After the last round of tools only words count: a caller is not left in silence."""
    answer = ToolResponse(ok=True, output="found")
    brain = Wild(*[[call]] * 5)
    talk = await begin(folder(), answer, models={"brain": brain})
    assert (await talk.say("hello")).texts == [AGAIN]
    assert brain.choices[-1] == "none"
    only_words = "called a tool where only words count, as after max_tool_steps rounds of tools"
    assert ours(caplog)[-1] == f"the model 'brain' {only_words}"
    assert (await talk.say("again")).texts == ["Fine."]


@pytest.fixture
def short(monkeypatch):
    """Bounds that a test reaches soon."""
    monkeypatch.setattr(answers, "LONGEST", 200)
    monkeypatch.setattr(replies, "SILENCE", 0.05)


async def words(word="again ", every=0.0):
    while True:
        await asyncio.sleep(every)
        yield word


ENDLESS = {
    "words without end": lambda _: words(),
    "one long word": lambda _: ("a" * 17_000_000,),
    "long pieces": lambda _: ("b" * 150, "c" * 150, "d" * 150),
}


@pytest.mark.parametrize("endless_answer", ENDLESS.values(), ids=ENDLESS)
@pytest.mark.usefixtures("short")
async def test_an_answer_without_end_is_cut(begin, endless_answer, caplog):
    """Beyond the bound an answer is cut, the model is stopped, and both are told."""
    talk = await begin(folder(), models={"brain": Wild(endless_answer)})
    (text,) = (await talk.say("hello")).texts
    said, again = text.rsplit("\n", 1)
    assert (len(said), again) == (200, AGAIN)
    assert ours(caplog) == [
        "the answer of the model 'brain' was cut: it is longer than 200 characters"
    ]
    assert (await talk.say("again")).texts == ["Fine."]


@pytest.mark.usefixtures("short")
async def test_an_endless_answer_of_a_service_is_stopped(begin, served):
    """The connection to a service whose answer is cut is closed: nobody pays for the rest."""
    gone = threading.Event()
    served.answer = lambda _: Reply(counted(served.stub, gone))
    talk = await begin(openai(served.stub))
    assert (await talk.say("hello")).texts[0].endswith(AGAIN)
    assert await asyncio.to_thread(gone.wait, 10)


def counted(stub, gone):
    try:
        yield from endless(stub.closing)
    finally:
        gone.set()


class Stubborn(Wild):
    """A model that does not stop when it is told to."""

    def __init__(self):
        super().__init__(lambda _: self.refuse())
        self.free = asyncio.Event()

    async def refuse(self):
        while not self.free.is_set():
            try:
                await self.free.wait()
            except asyncio.CancelledError:
                continue
        yield "Too late."


SILENT = {
    "never begins": lambda _: words("", 3600),
    "sends nothing": lambda _: words("", 0.001),
    "stops in the middle": lambda _: slow_down("One moment"),
}


async def slow_down(*pieces):
    for piece in pieces:
        yield piece
    await asyncio.Event().wait()


LATE = {
    "never begins": "the model 'brain' did not answer within 0.05s",
    "sends nothing": "the model 'brain' did not answer within 0.05s",
    "stops in the middle": "the model 'brain' stopped in its answer for 0.05s",
}


@pytest.mark.parametrize("kind", SILENT)
@pytest.mark.usefixtures("short")
async def test_a_silent_model_in_a_call_is_given_up(begin, kind, caplog):
    """Where somebody listens, a model that is silent for too long is answered for."""
    brain = Wild(SILENT[kind], "I hear you.")
    talk = await begin(folder(mode=VOICE), channel="voice", models={"brain": brain})
    await talk.until(lambda e: e.get("text") == "Good day.")
    talk.conversation.session.generate_reply(user_input="hello")
    await talk.until(lambda e: e.get("text", "").endswith(AGAIN))
    assert ours(caplog) == [LATE[kind]]
    talk.conversation.session.generate_reply(user_input="hello")
    await talk.until(lambda e: e.get("text") == "I hear you.")


@pytest.mark.proves("Limits.max_turn")
@pytest.mark.parametrize("kind", SILENT)
async def test_a_turn_has_a_budget(begin, kind, caplog):
    """By text a model may think as long as a turn may take; then the turn is given up in words."""
    talk = await begin(folder(limits=TURN), models={"brain": Wild(SILENT[kind])})
    assert (await talk.say("hello")).texts[0].endswith(AGAIN)
    (line,) = ours(caplog)
    assert line.endswith("when the turn had taken 1s")
    assert (await talk.say("again")).texts == ["Fine."]


async def test_a_model_that_does_not_let_go_is_left_behind(begin, monkeypatch):
    """A model that ignores that it is stopped holds nobody up."""
    monkeypatch.setattr(answers, "LET_GO", 0.05)
    brain = Stubborn()
    talk = await begin(folder(limits=TURN), models={"brain": brain})
    assert (await talk.say("hello")).texts == [AGAIN]
    brain.free.set()


async def test_slow_words_use_up_the_budget(begin, caplog):
    """A model that says a word now and then, without end, is given up with the turn."""
    trickle = Wild(lambda _: words("and ", 0.03))
    talk = await begin(folder(limits=TURN), models={"brain": trickle})
    (text,) = (await talk.say("hello")).texts
    assert text.startswith("and and ")
    assert text.endswith(AGAIN)
    assert ours(caplog) == ["the model 'brain' had not ended its answer when the turn had taken 1s"]


async def test_tools_use_up_the_budget(begin, caplog):
    """A tool that hangs is given up with the turn, and the caller hears so."""

    async def hang(_request):
        await asyncio.Event().wait()

    brain = Wild([("find", "{}")], "Never said.")
    talk = await begin(folder(limits=TURN), service=hang, models={"brain": brain})
    events = await talk.say("hello")
    assert events.failed == [True]
    assert events.texts == [AGAIN]
    assert ours(caplog) == [
        "tool 'find' failed: it had not answered when the turn had taken 1s",
        "the model 'brain' had not answered when the turn had taken 1s",
    ]
    assert (await talk.say("again")).texts == ["Fine."]


async def test_a_circle_of_tools_uses_up_the_budget(begin):
    """Rounds of tools count together: no turn takes longer than it may."""

    async def slow(_request):
        await asyncio.sleep(0.05)
        raise ValueError

    limits = "    limits:\n      max_turn: 500ms\n      max_tool_steps: 20\n"
    brain = Wild(*([("find", "{}")] for _ in range(30)))
    talk = await begin(folder(limits=limits), service=slow, models={"brain": brain})
    events = await talk.say("hello")
    assert events.texts == [AGAIN]
    assert 1 <= len(events.failed) <= 10


def deep(levels):
    return '{"pages": ' + "[" * levels + "]" * levels + "}"


ARGUMENTS = {
    "too deep": (deep(5000), "nested more than 32 deep"),
    "deep records": ('{"a":' * 5000 + "1" + "}" * 5000, "nested more than 32 deep"),
    "too long": (json.dumps({"pages": ["x" * 70_000]}), "longer than 64 KB"),
    "without an end": ("[" * 100_000, "longer than 64 KB"),
}


@pytest.mark.parametrize(("arguments", "problem"), ARGUMENTS.values(), ids=ARGUMENTS)
async def test_arguments_have_bounds(begin, arguments, problem, caplog):
    """Arguments that are too long or too deep are told to the model and the log, and not run."""
    talk = await begin(folder(), models={"brain": Wild([("keep", arguments)], "I could not.")})
    events = await talk.say("hello")
    assert events.failed == [True]
    assert events.outputs == [f"keep was not run: its arguments are {problem}."]
    assert events[1]["arguments"] == {}
    assert events.texts == ["I could not."]
    assert ours(caplog) == [f"tool 'keep' was not run: its arguments are {problem}"]
    assert talk.conversation.variables == {}


async def test_brackets_in_texts_are_no_levels(begin):
    """Only lists and records are levels: a text may hold as many brackets as it likes."""
    arguments = json.dumps({"pages": ["[" * 500, '"[{' * 100]})
    talk = await begin(folder(), models={"brain": Wild([("keep", arguments)])})
    assert (await talk.say("hello")).failed == [False]


async def test_calls_at_once_have_a_bound(begin, caplog):
    """Of a thousand calls in one answer the first are run."""
    brain = Wild([REMEMBER] * 1000)
    talk = await begin(folder(), models={"brain": brain})
    events = await talk.say("hello")
    assert len(events.failed) == answers.MOST_CALLS
    assert events.texts == ["Fine."]
    assert ours(caplog) == ["of the tools that the model called at once, 32 are run"]


async def test_calls_with_one_id_are_told_apart(begin):
    """A model that gives several calls one id, or none, has each of them run and answered."""
    calls = [
        llm.FunctionToolCall(name="remember", arguments=f'{{"noted": "{n}"}}', call_id=call_id)
        for n, call_id in enumerate(["same", "same", "", ""])
    ]
    brain = Wild((llm.ChoiceDelta(role="assistant", tool_calls=calls),))
    events = await (await begin(folder(), models={"brain": brain})).say("hello")
    made = [e["call_id"] for e in events if e["type"] == "tool_call"]
    assert len({*made, ""}) == 5
    assert sorted(made) == sorted(e["call_id"] for e in events if e["type"] == "tool_result")


async def test_a_service_that_fails_is_told_as_before(begin, served, caplog):
    """An error of the service itself is LiveKit's to tell; nothing is said twice."""
    served.answer = lambda _: failed(401, "no such key")
    talk = await begin(openai(served.stub))
    assert (await talk.say("hello")).texts == [AGAIN]
    assert len(ours(caplog)) == 1
    look = "the service refuses the key: look at the key below with:"
    assert ours(caplog) == [f"the model 'brain' failed: 401 Unauthorized: no such key; {look}"]


@pytest.mark.parametrize(
    ("pieces", "text"),
    [
        (("My key is sk-li", "ve-1234 indeed."), "My key is *** indeed."),
        (("SK-LIVE-1234",), "***"),
        (("c2stbGl2", "ZS0xMjM0"), "***"),
        (tuple("4321-evil-ks!"), "***!"),
        (("sk-live-", "no"), "sk-live-no"),
        (("It ends with s", "k"), "It ends with sk"),
    ],
)
async def test_a_model_cannot_tell_its_key(begin, pieces, text):
    """A service that echoes its key in an answer, in pieces or spelt otherwise, is masked."""
    brain = Wild(pieces)
    talk = await begin(folder(), models={"brain": brain})
    talk.conversation._call.bound.models._secrets.seen["KEY"] = Secret("sk-live-1234")
    assert (await talk.say("hello")).texts == [text]


async def test_a_model_cannot_send_its_key(begin):
    """Nor does a key go out in the arguments of a tool."""
    brain = Wild([("remember", '{"noted": "sk-live-1234"}')])
    talk = await begin(folder(), models={"brain": brain})
    talk.conversation._call.bound.models._secrets.seen["KEY"] = Secret("sk-live-1234")
    await talk.say("hello")
    assert talk.conversation.variables == {"noted": "***"}


async def test_what_is_heard_is_not_counted():
    """The budget counts what the caller waits for; things done at the same time count once."""
    budget = TurnBudget(lambda: 10.0)
    budget.begin("one")
    now = itertools.count()
    budget._now = lambda: float(next(now))
    with budget.counting(), budget.counting():
        pass
    assert (budget.whole, budget.left) == (10.0, 9.0)
    budget.begin("one")
    assert budget.left == 9.0
    budget.begin("two")
    assert budget.left == 10.0


async def test_a_turn_that_is_cancelled_stops_the_model(begin, caplog):
    """Where nobody waits for an answer any more, the model is stopped, and the talk can go on."""
    stopped = asyncio.Event()

    async def long():
        try:
            while True:
                await asyncio.sleep(0.001)
                yield "and "
        finally:
            stopped.set()

    talk = await begin(folder(), models={"brain": Wild(lambda _: long(), "I am here.")})
    turn = asyncio.create_task(talk.say("hello"))
    await talk.until(lambda e: e["type"] == "message" and e["role"] == "user")
    turn.cancel()
    with pytest.raises(asyncio.CancelledError):
        await turn
    await asyncio.wait_for(stopped.wait(), 5)
    assert (await talk.say("are you there")).texts[-1] == "I am here."
    assert not [r for r in caplog.records if r.levelno >= logging.ERROR]


async def test_two_calls_of_a_service_work_through_the_bounds(begin, served):
    """What is within all bounds goes through as it came."""
    replies = [
        call(("remember", {"noted": "tea"}), ("keep", {"pages": ["a"]})),
        stream(chunk({"content": "Both."})),
    ]
    served.answer = lambda _: replies.pop(0)
    talk = await begin(openai(served.stub))
    assert (await talk.say("hello")).texts == ["Both."]
    assert talk.conversation.variables == {"noted": "tea", "pages": ["a"]}
