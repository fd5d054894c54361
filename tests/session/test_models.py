"""Models, ears and voices, built once a call."""

from __future__ import annotations

import pytest
from livekit.agents import inference, llm, stt, tts
from support.known import known

from runner.session import CallFacts
from runner.session.conversation import Conversation
from runner.session.errors import CannotStartError
from runner.session.models.providers import Models
from runner.session.values.templates import TemplateContext, TemplateRenderer
from runner.session.values.variables import Variables

FOLDER = """
agents:
  a:
    start: p
    mode: text
    llm: LLM
personas:
  p:
    instructions: x
providers:
  one:
    llm: script
    with:
      rules:
        - when_caller_says: hi
          say: "{{ env.WORD or 'Hello' }} from one."
  two:
    llm: script
    with:
      rules:
        - when_caller_says: hi
          say: Hello from two.
  broken:
    llm: script
    with:
      rules:
        - when_caller_says: hi
          fail: one is down
  secret:
    llm: script
    with:
      rules:
        - when_caller_says: hi
          say: "{{ secrets.MAGIC_WORD }}"
  misfit:
    llm: script
    with:
      rules: "{{ secrets.MAGIC_WORD }}"
  loud:
    tts: espeak
  deep:
    tts: espeak
    with:
      pitch: 20
  ears:
    stt: pocketsphinx
    with:
      phrases:
        - hello
  more_ears:
    stt: pocketsphinx
    with:
      phrases:
        - goodbye
"""


@pytest.fixture
def models(load):
    """Models of that folder, with these secrets."""

    def make(**secrets):
        release = load(FOLDER.replace("LLM", "one"))
        release = release.model_copy(update={"providers": _providers(load)})
        renderer = TemplateRenderer(
            TemplateContext(release, CallFacts(), Variables(release.agent.variables)), {}
        )
        return Models(release, renderer, known(secrets))

    return make


def _providers(load):
    names = ("one", "two", "broken", "secret", "misfit")
    providers = {}
    for name in names:
        providers |= load(FOLDER.replace("LLM", name)).providers
    voice = FOLDER.replace(
        "LLM",
        "one\n    stt:\n      - ears\n      - more_ears\n    tts:\n      - loud\n      - deep",
    ).replace("    mode: text\n", "")
    return providers | load(voice).providers


@pytest.mark.proves("LlmProvider.llm")
async def test_built_once(models):
    """The same names are the same object, in lists too."""
    made = models()
    assert made.get("llm", "one") is made.get("llm", ("one",))
    both = made.get("llm", ("one", "two"))
    assert both is made.get("llm", ("one", "two"))
    assert isinstance(both, llm.FallbackAdapter)
    assert both is not made.get("llm", ("two", "one"))
    await made.aclose()


@pytest.mark.proves("SttProvider.stt", "TtsProvider.tts")
async def test_lists_of_voices_and_ears(models):
    """Lists of voices and ears are LiveKit's fallback adapters."""
    made = models()
    assert isinstance(made.get("tts", ("loud", "deep")), tts.FallbackAdapter)
    assert isinstance(made.get("stt", ("ears", "more_ears")), stt.FallbackAdapter)
    await made.aclose()


async def test_secrets_reach_options(models):
    """A secret stands in an option, and is masked in messages."""
    made = models(MAGIC_WORD="abracadabra")
    made.get("llm", "secret")
    assert made.mask("no abracadabra here") == "no ••• here"
    await made.aclose()


def test_missing_secret(models):
    """A missing secret is told by its name."""
    with pytest.raises(CannotStartError, match="needs a secret that is not set: MAGIC_WORD"):
        models().get("llm", "secret")


def test_refused_options_show_no_secret(models):
    """What a plugin refuses is told with the provider's name, and without the secret."""
    with pytest.raises(CannotStartError, match="provider 'misfit'") as refusal:
        models(MAGIC_WORD="abracadabra").get("llm", "misfit")
    assert "abracadabra" not in str(refusal.value)


def test_inference_strings_need_keys(models, monkeypatch):
    """A model of LiveKit Inference without keys is a plain sentence."""
    for name in ("LIVEKIT_API_KEY", "LIVEKIT_API_SECRET", "LIVEKIT_INFERENCE_API_KEY"):
        monkeypatch.delenv(name, raising=False)
    with pytest.raises(CannotStartError, match=r"'openai/gpt-4\.1-mini' cannot be used: LiveKit"):
        models().get("llm", "openai/gpt-4.1-mini")


async def test_inference_strings_are_livekits(models, monkeypatch):
    """With keys an inference string is LiveKit's own object; speech-to-speech is refused."""
    monkeypatch.setenv("LIVEKIT_API_KEY", "devkey")
    monkeypatch.setenv("LIVEKIT_API_SECRET", "secret-of-enough-length-for-a-token")
    made = models()
    assert isinstance(made.get("llm", "openai/gpt-4.1-mini"), inference.LLM)
    with pytest.raises(CannotStartError, match="speech-to-speech"):
        made.get("llm", "openai/gpt-realtime")
    with pytest.raises(CannotStartError, match="there is no vad provider 'openai/x'"):
        made.get("vad", "openai/x")
    await made.aclose()


@pytest.mark.proves("Agent.llm")
async def test_fallback_answers(begin):
    """When the first model fails the second answers."""
    talk = await begin(FOLDER.replace("LLM", "\n      - broken\n      - two"))
    assert (await talk.say("hi")).texts == ["Hello from two."]


@pytest.mark.proves("LlmProvider.with", "SttProvider.with", "TtsProvider.with", "VadProvider.with")
async def test_options_are_rendered(begin):
    """Templates in options are rendered."""
    talk = await begin(FOLDER.replace("LLM", "one"))
    assert (await talk.say("hi")).texts == ["Hello from one."]


async def test_call_that_cannot_start(load):
    """A call whose model cannot be built does not start, and says why."""
    talk = Conversation(load(FOLDER.replace("LLM", "secret")), None, CallFacts(), channel="text")
    with pytest.raises(CannotStartError, match="needs a secret that is not set: MAGIC_WORD"):
        await talk.start()
    await talk.end()
