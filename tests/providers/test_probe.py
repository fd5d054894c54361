"""What the child answers, asked in this process."""

from __future__ import annotations

import io
import json
import sys
import threading
import types

import pytest
from pydantic import BaseModel

from runner.plugin import Plugin
from runner.providers import child
from runner.providers.loading import load
from runner.providers.probe import answer, run


def job(target, source="livekit", record=False, requests=(), kind="vad"):
    """A job about one provider."""
    return {
        "source": source, "target": target, "kind": kind, "name": "inference",
        "requests": requests, "record": record,
    }  # fmt: skip


def test_a_job_is_answered_for_each_request():
    """Problems come as plain data, one list a request; a record only where it is asked for."""
    requests = [{"values": {"min_silence_duration": "x"}, "opaque": []}]
    answered = answer(job("livekit.agents.inference:VAD", requests=requests))
    assert answered["problems"][0][0]["location"] == ("min_silence_duration",)
    assert answered["record"] is None
    recorded = answer(job("livekit.agents.inference:VAD", record=True))["record"]
    assert "min_silence_duration" in [option["name"] for option in recorded["options"]]


@pytest.mark.parametrize(
    ("target", "code", "message"),
    [
        ("no_such_module_x:LLM", "E404", "its own module 'no_such_module_x' is missing"),
        ("livekit.agents.inference:NOPE", "E206", "'inference' cannot be used as 'vad'"),
    ],
)
def test_what_cannot_be_loaded_is_told_in_one_line(target, code, message):
    """A failure is a code and a message, never a traceback."""
    load.cache_clear()
    failed = answer(job(target))["failed"]
    assert failed["code"] == code
    assert message in failed["message"]


def test_a_line_that_is_not_an_answer_is_passed_over():
    """What is not JSON, or not an object, says nothing."""
    assert child._read(b"rubbish") == {}
    assert child._read(b"[1]") == {}


def test_a_signal_without_a_name_is_told_by_number():
    """A process that was ended by an unnamed signal is told with its code."""
    assert "exit code -99" in child._ending(-99, 1.0)


def test_each_job_is_announced_before_it_is_answered():
    """The last line of a child that died names the job that did it."""
    channel = io.StringIO()
    run([job("livekit.agents.inference:VAD"), job("no_such_module_x:LLM")], channel)
    lines = [json.loads(line) for line in channel.getvalue().splitlines()]
    assert [(line["job"], "answer" in line) for line in lines] == [
        (0, False), (0, True), (1, False), (1, True),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("plugin", "message"),
    [
        (5, "is not a runner.plugin.Plugin"),
        (Plugin(BaseModel, print, api=99), "needs a newer lkrun"),
        (Plugin(dict, print), "not a pydantic model"),
    ],
)
def test_an_entry_point_must_lead_to_a_plugin_of_this_api(plugin, message, monkeypatch):
    """What stands behind an entry point is looked at before it is used."""
    module = types.ModuleType("made_up_module")
    module.plugin = plugin
    monkeypatch.setitem(sys.modules, "made_up_module", module)
    load.cache_clear()
    failed = answer(job("made_up_module:plugin", source="plugin"))["failed"]
    assert message in failed["message"]


def test_a_livekit_class_that_needs_an_object_is_told_by_the_parameter(monkeypatch):
    """A constructor that YAML cannot satisfy is no provider for YAML."""
    module = types.ModuleType("made_up_module")

    class TTS:
        """Needs a thread."""

        def __init__(self, engine: threading.Thread) -> None:
            """Take it."""

    module.TTS = TTS
    monkeypatch.setitem(sys.modules, "made_up_module", module)
    load.cache_clear()
    answered = answer(job("made_up_module:TTS", kind="tts"))
    assert answered == {"failed": {"code": "E404", "message": "YAML cannot give it its 'engine'"}}
