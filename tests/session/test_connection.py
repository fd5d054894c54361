"""How providers are reached: time and attempts of each, and who answers when one is gone."""

from __future__ import annotations

import time

import pytest
from livekit.agents import APIConnectionError, APIConnectOptions, ChatContext, stt, tts
from support.openai_stub import Asked, OpenAiStub, Reply, failed, say, stream

from runner.session import CallFacts
from runner.session.models.connection import Connection, keep_to
from runner.session.models.in_order import OWED, ModelsInOrder
from runner.session.models.providers import Models
from runner.session.values.templates import TemplateContext, TemplateRenderer
from runner.session.values.variables import Variables
from runner.texts import shipped

AGAIN = shipped("apology")

FOLDER = """
agents:
  desk:
    start: host
    mode: text
    llm:
      - first
      - second
personas:
  host:
    instructions: x
providers:
  first:
    llm: openai
    with:
      model: gpt-4.1-mini
      base_url: {first}
      api_key: sk-not-a-real-one
  second:
    llm: openai
    with:
      model: gpt-4.1
      base_url: {second}
      api_key: sk-not-a-real-one
"""

ALONE = """
agents:
  desk:
    start: host
    mode: text
    llm: brain
personas:
  host:
    instructions: x
providers:
  brain:
    llm: openai
    {keys}
    with:
      model: gpt-4.1-mini
      base_url: {url}
      api_key: sk-not-a-real-one
"""


@pytest.mark.proves("Agent.llm")
async def test_the_next_model_answers_when_the_first_is_killed_in_a_talk(begin):
    """Turns go on with the second model as soon as the first one is gone."""
    with OpenAiStub(lambda _: say("from the second")) as second:
        with OpenAiStub(lambda _: say("from the first")) as first:
            talk = await begin(FOLDER.format(first=first.url, second=second.url))
            assert (await talk.say("hi")).texts == ["from the first"]
        assert (await talk.say("still there?")).texts == ["from the second"]
        assert (await talk.say("and now?")).texts == ["from the second"]
    assert [body["model"] for body in second.requests] == ["gpt-4.1", "gpt-4.1"]
    assert second.requests[0]["messages"][-1]["content"] == "still there?"


async def test_the_next_model_answers_when_the_first_says_nothing(begin):
    """An answer without a word or a tool is none: the caller hears the next model."""
    with (
        OpenAiStub(lambda _: stream()) as first,
        OpenAiStub(lambda _: say("from the second")) as second,
    ):
        talk = await begin(FOLDER.format(first=first.url, second=second.url))
        assert (await talk.say("hi")).texts == ["from the second"]


async def test_a_list_in_which_nobody_says_anything_has_failed(begin):
    """Where all models answer with nothing, that is told as the failure of all."""
    with OpenAiStub(lambda _: stream()) as mute:
        talk = await begin(FOLDER.format(first=mute.url, second=mute.url))
        model = talk.conversation.session.llm
        once = APIConnectOptions(max_retry=0)
        with pytest.raises(APIConnectionError, match="all LLMs failed"):
            async with model.chat(chat_ctx=ChatContext(), conn_options=once) as answer:
                assert [
                    chunk async for chunk in answer if chunk.delta and chunk.delta.content
                ] == []
        assert {"gpt-4.1-mini", "gpt-4.1"} == {body["model"] for body in mute.requests}


async def test_an_answer_that_nobody_waits_for_may_be_nothing(begin):
    """After a tool that has said all there is to say, no other model is asked."""
    with (
        OpenAiStub(lambda _: stream()) as first,
        OpenAiStub(lambda _: say("from the second")) as second,
    ):
        talk = await begin(FOLDER.format(first=first.url, second=second.url))
        model = talk.conversation.session.llm
        assert isinstance(model, ModelsInOrder)
        token = OWED.set(False)
        async with model.chat(chat_ctx=talk.conversation.session.history) as answer:
            texts = [chunk.delta.content async for chunk in answer if chunk.delta]
        OWED.reset(token)
        assert not any(texts)
        assert second.requests == []


@pytest.mark.proves("LlmProvider.retries", "LlmProvider.retry_wait")
@pytest.mark.parametrize(("retries", "requests"), [(0, 1), (2, 3)])
async def test_a_provider_is_asked_as_often_as_is_written(begin, retries, requests):
    """`retries` are further attempts; without any, the first failure counts."""
    with OpenAiStub(lambda _: failed(500, "down")) as openai:
        keys = f"retries: {retries}\n    retry_wait: 1ms"
        talk = await begin(ALONE.format(keys=keys, url=openai.url))
        assert (await talk.say("hi")).texts == [AGAIN]
        assert len(openai.requests) == requests


@pytest.mark.proves("LlmProvider.timeout")
async def test_a_provider_that_does_not_answer_is_given_up_in_its_time(begin):
    """`timeout` is the time of one attempt."""

    def stuck(_: Asked) -> Reply:
        openai.closing.wait(20)
        return say("too late")

    with OpenAiStub(stuck) as openai:
        talk = await begin(ALONE.format(keys="timeout: 200ms\n    retries: 0", url=openai.url))
        begun = time.perf_counter()
        assert (await talk.say("hi")).texts == [AGAIN]
        assert time.perf_counter() - begun < 3.0
        openai.closing.set()


class Asks:
    """LiveKit's objects, as far as connection options go."""

    def __init__(self):
        self.options = []

    def _take(self, *_, conn_options):
        self.options.append((conn_options.timeout, conn_options.max_retry))

    chat = recognize = stream = synthesize = _take


@pytest.mark.proves(
    "SttProvider.timeout", "SttProvider.retries", "SttProvider.retry_wait",
    "TtsProvider.timeout", "TtsProvider.retries", "TtsProvider.retry_wait",
)  # fmt: skip
@pytest.mark.parametrize(
    ("kind", "methods"),
    [("llm", ["chat"]), ("stt", ["recognize", "stream"]), ("tts", ["synthesize", "stream"])],
)
def test_each_request_keeps_to_what_is_written(kind, methods):
    """What a provider says counts more than what a session or a list brings along."""
    made = keep_to(Asks(), kind, Connection(timeout=3.0))
    for method in methods:
        getattr(made, method)("x")
    assert made.options == [(3.0, 3)] * len(methods)


def test_time_that_is_asked_for_is_time_that_is_waited():
    """All attempts with their waits; attempts that nobody asked for are none."""
    assert Connection().longest == 0.0
    assert Connection(retries=5).longest == 0.0
    assert Connection(timeout=12.0).longest == 12.0
    assert Connection(timeout=4.0, retries=2, retry_wait=1.0).longest == 14.0


BY_PROVIDER = (
    FOLDER.replace("llm:\n      - first\n      - second", "llm: either", 1)
    + """\
  either:
    llm: fallback
    with:
      order:
        - first
        - second
      attempt_timeout: 9s
      retries: 1
      sticky: yes
"""
)


@pytest.mark.proves(
    "ModelsInOrder.order", "ModelsInOrder.attempt_timeout", "ModelsInOrder.retries",
    "ModelsInOrder.sticky", "FallbackLlmProvider.with",
)  # fmt: skip
async def test_a_fallback_is_a_provider_with_terms_of_its_own(begin):
    """`fallback` is the list with what is said of it, and it moves on as a list does."""
    with OpenAiStub(lambda _: say("from the second")) as second:
        with OpenAiStub(lambda _: say("from the first")) as first:
            talk = await begin(BY_PROVIDER.format(first=first.url, second=second.url))
            assert (await talk.say("hi")).texts == ["from the first"]
        assert (await talk.say("still there?")).texts == ["from the second"]
    model = talk.conversation.session.llm
    assert isinstance(model, ModelsInOrder)
    assert (model._attempt_timeout, model._max_retry_per_llm, model._sticky) == (9.0, 1, True)


VOICES = """
agents:
  desk:
    start: host
    llm: brain
    stt: ears
    tts: voice
personas:
  host:
    instructions: x
providers:
  brain:
    llm: script
    with:
      rules:
        - when_caller_says: hi
          say: Hello.
  loud:
    tts: espeak
  deep:
    tts: espeak
    with:
      pitch: 20
  near:
    stt: pocketsphinx
    with:
      phrases:
        - hello
  far:
    stt: pocketsphinx
    with:
      phrases:
        - goodbye
  ears:
    stt: fallback
    with:
      order:
        - near
        - far
      attempt_timeout: 3s
      retries: 2
  voice:
    tts: fallback
    with:
      order:
        - loud
        - deep
      attempt_timeout: 4s
      retries: 1
"""


@pytest.mark.proves(
    "InOrder.order", "InOrder.attempt_timeout", "InOrder.retries",
    "FallbackSttProvider.with", "FallbackTtsProvider.with",
)  # fmt: skip
async def test_voices_and_recognition_in_order_have_their_terms(load):
    """LiveKit's adapters for voices and recognition get what is said of them."""
    release = load(VOICES)
    facts, variables = CallFacts(), Variables(release.agent.variables)
    renderer = TemplateRenderer(TemplateContext(release, facts, variables), {})
    models = Models(release, renderer, lambda _: None)
    ears, voice = models.get("stt", "ears"), models.get("tts", "voice")
    assert isinstance(ears, stt.FallbackAdapter)
    assert (ears._attempt_timeout, ears._max_retry_per_stt) == (3.0, 2)
    assert isinstance(voice, tts.FallbackAdapter)
    assert voice._max_retry_per_tts == 1
    stream = voice.synthesize("hello")
    assert stream._conn_options.timeout == 4.0
    await stream.aclose()
    assert models.get("tts", "voice") is voice
    await models.aclose()
