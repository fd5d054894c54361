"""The provider for promptfoo in Python, with agents that are served."""

from __future__ import annotations

import importlib.util
import io
import urllib.request
import wave

import numpy as np
import pytest


@pytest.fixture(scope="module")
def provider(place):
    """The provider file in Python, as promptfoo loads it."""
    spec = importlib.util.spec_from_file_location("written_lkrun", place / "lkrun.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture
def call(provider, runner):
    """Ask the provider as promptfoo does."""

    def call(prompt, *, test=None, label=None, variables=None, **config):
        options = {"config": {"agent": "desk", "url": runner, **config}, "label": label}
        if config.get("agent", "") is None:
            del options["config"]["agent"]
        context = {"vars": variables or {}, "evaluationId": "eval-1", "test": test or {}}
        return provider.call_api(prompt, options, context)

    return call


@pytest.mark.parametrize("written", ["desk", "livekit:desk", "livekit:agent:desk"])
def test_an_agent_has_three_spellings(call, written):
    """`livekit:agent:<name>`, `livekit:<name>` and the bare name are the same."""
    assert "I hear you." in call("hello", agent=written)["output"]
    label = written if written.startswith("livekit:") else f"livekit:{written}"
    assert call("hello", agent=None, label=label)["metadata"]["agent"] == "desk"


def test_all_of_a_turn_comes_back(call, sessions):
    """Tokens, session, duration, events and state come back, and the session is deleted."""
    result = call("a question of money")
    usage, metadata = result["tokenUsage"], result["metadata"]
    assert usage["total"] == usage["prompt"] + usage["completion"] > 0
    assert result["sessionId"] == metadata["sessionId"]
    assert metadata["duration"] >= 0
    assert any(e["type"] == "handoff" and e["to"] == "billing" for e in metadata["events"])
    assert metadata["persona"] == "billing"
    assert sessions() == []


def test_a_list_of_turns_is_one_conversation(call):
    """`vars.turns` is said one after the other, in one session."""
    result = call("", variables={"turns": ["my name is Ann", "hello", "goodbye"]})
    assert result["output"] == "Goodbye."
    assert result["metadata"]["variables"]["name"] == "Ann"
    assert (result["metadata"]["ended"], result["tokenUsage"]["numRequests"]) == (True, 3)


def test_tests_share_a_conversation(call, provider, sessions):
    """The same `conversationId` goes on with one session, which `afterAll` ends."""
    test = {"metadata": {"conversationId": "one"}}
    first = call("my name is Bob", test=test)
    second = call("hello", test=test)
    assert first["sessionId"] == second["sessionId"]
    assert second["metadata"]["variables"]["name"] == "Bob"
    assert [s["id"] for s in sessions()] == [first["sessionId"]]
    provider.end_conversations("beforeAll", {"evalId": "eval-1"})
    assert len(sessions()) == 1
    provider.end_conversations("afterAll", {"evalId": "eval-1"})
    assert sessions() == []


def test_what_changes_nothing_is_told(call):
    """Options for LiveKit's own connection do nothing here, and the result says so."""
    idle = {"agentPath": "a", "roomName": "r", "apiKey": "k", "enableVideo": True}
    notes = call("hello", **idle, enableAudio=False, enableChat=True)["metadata"]["notes"]
    assert [note.split("'")[1] for note in notes] == list(idle)
    assert "agents see nothing" in notes[-1]
    assert "notes" not in call("hello", enableVideo=False)["metadata"]


@pytest.mark.parametrize(
    ("config", "error"),
    [
        ({"agent": "dsk"}, "there is no agent 'dsk'; did you mean 'desk'?"),
        ({"agent": None}, "the provider's config needs 'agent'"),
        ({"agnt": "x"}, "unknown option 'agnt'; there are: agent, url"),
        ({"sessionTimeout": "soon"}, "'sessionTimeout' is not a number of milliseconds: soon"),
        ({"enableAudio": "yes"}, "'enableAudio' is neither true nor false: yes"),
        ({"url": "http://127.0.0.1:9"}, "is 'lkrun serve' running?"),
    ],
)
def test_a_mistake_is_told(call, sessions, config, error):
    """What is wrong comes back as the error of the test, and leaves nothing behind."""
    assert error in call("hello", **config)["error"]
    assert sessions() == []


def test_a_model_that_fails_is_an_error(call, sessions):
    """It is no empty answer that passes as one."""
    assert "the model is down" in call("break")["error"]
    assert sessions() == []


def test_aloud_the_sound_comes_back(call, sessions):
    """With `enableAudio` both speak: what was understood, its sound and its length come back."""
    turns = {"turns": ["a taxi please", "goodbye"]}
    result = call("", agent="phone", enableAudio=True, sessionTimeout=90_000, variables=turns)
    metadata = result["metadata"]
    said = [(e["role"], e["text"]) for e in metadata["events"] if e["type"] == "message"]
    assert ("user", "a taxi please") in said
    assert ("agent", "It is on its way.") in said
    assert metadata["ended"] is True
    assert sessions() == []
    with urllib.request.urlopen(metadata["audioUrl"], timeout=20) as answer:  # noqa: S310 - our own
        assert answer.headers["Content-Type"] == "audio/wav"
        with wave.open(io.BytesIO(answer.read())) as sound:
            assert sound.getnchannels() == 2
            seconds = sound.getnframes() / sound.getframerate()
            both = np.frombuffer(sound.readframes(sound.getnframes()), np.int16).reshape(-1, 2)
    assert seconds * 1000 >= metadata["audioDuration"] > 2000
    assert np.abs(both).max(axis=0).min() > 1000, "one of the two is not heard"


def test_an_agent_that_does_not_speak_says_so(call, sessions):
    """An agent by text cannot be spoken to."""
    error = call("hello", enableAudio=True)["error"]
    assert error == "agent 'desk' does not speak: it has mode: text; leave 'audio' out"
    assert sessions() == []
