"""Models of LiveKit Inference that are probably misspelt, and those that are only new."""

from __future__ import annotations

from typing import Any, get_args

import pytest
from livekit.agents.inference import _realtime_models as realtime
from livekit.agents.inference import llm, stt, tts

from runner.compiler import Compiler
from runner.diagnostics import Span
from runner.link.inferred import judged
from runner.providers.inference_models import MODELS

LISTED = {
    "llm": llm.LLMModels,
    "stt": stt.STTModels,
    "tts": tts.TTSModels,
    "realtime": realtime.RealtimeModels | realtime.DuplexModels,
}


def flat(kind: Any) -> set[str]:
    """All texts of a union of literals."""
    parts = get_args(kind)
    return {t for part in parts for t in ([part] if isinstance(part, str) else flat(part))}


@pytest.mark.parametrize("kind", LISTED)
def test_what_livekit_lists_is_known(kind):
    """The table is LiveKit's own, without names that are a maker alone."""
    table = {f"{maker}/{model}" for maker, models in MODELS[kind].items() for model in models}
    assert table == {name for name in flat(LISTED[kind]) if "/" in name}


def told(name, kind, *, in_with=False):
    """The message and help about a model; None where there is none."""
    span = Span("desk.yaml", 1, 1, 1)
    plugins = {("llm", "anthropic"), ("llm", "groq"), ("tts", "azure")}
    found = list(judged(name, kind, span, lambda *plugin: plugin in plugins, in_with=in_with))
    assert [d.code for d in found] == ["W401"] * len(found)
    return (found[0].message, found[0].help) if found else None


@pytest.mark.parametrize(
    ("kind", "written", "meant"),
    [
        ("llm", "openai/gpt-4.1-mni", "openai/gpt-4.1-mini"),
        ("llm", "openai/gpt4.1-mini", "openai/gpt-4.1-mini"),
        ("llm", "openai/gpt-4-1-mini", "openai/gpt-4.1-mini"),
        ("llm", "openai/gpt_4.1_mini", "openai/gpt-4.1-mini"),
        ("llm", "openai/GPT-4o", "openai/gpt-4o"),
        ("llm", "openai/gtp-4o-mini", "openai/gpt-4o-mini"),
        ("llm", "google/gemini-2.5-flsh", "google/gemini-2.5-flash"),
        ("llm", "deepseek-ai/deepseek-3", "deepseek-ai/deepseek-v3"),
        ("llm", "OpenAI/gpt-4.1-mini", "openai/gpt-4.1-mini"),
        ("stt", "deepgram/nova3", "deepgram/nova-3"),
        ("stt", "deepgram/nova-3:multi", None),
        ("stt", "deepgram/nova3:multi", "deepgram/nova-3:multi"),
        ("stt", "deepgram/nova-3-medcal", "deepgram/nova-3-medical"),
        ("stt", "assemblyai/universal-steaming", "assemblyai/universal-streaming"),
        ("tts", "cartesia/sonic3", "cartesia/sonic-3"),
        ("tts", "cartesia/sonik-3:a1b2", "cartesia/sonic-3:a1b2"),
        ("tts", "rime/mist-v2", "rime/mistv2"),
        ("realtime", "openai/gpt-realtme", "openai/gpt-realtime"),
        # new ones, of which nobody knows yet
        ("llm", "openai/gpt-5-pro", None),
        ("llm", "openai/gpt-7", None),
        ("llm", "google/gemini-5-flash", None),
        ("stt", "deepgram/nova-4", None),
        ("tts", "cartesia/sonic-4", None),
        ("tts", "elevenlabs/eleven_turbo_v2_5", None),
        ("llm", "newcomer/first-1", None),
    ],
)
def test_a_misspelt_model_is_told_and_a_new_one_is_not(kind, written, meant):
    """Only what differs by few letters, in the same numbers, is a mistake of spelling."""
    found = told(written, kind)
    assert (found and found[1]) == (meant and f"did you mean '{meant}'?")
    if meant:
        assert told(meant, kind) is None


@pytest.mark.parametrize(
    ("kind", "written", "other"),
    [
        ("llm", "deepgram/nova-3", "stt"),
        ("stt", "cartesia/sonic-3", "tts"),
        ("tts", "deepgram/nova-3", "stt"),
        ("tts", "openai/gpt-4.1-mini", "llm"),
        ("stt", "openai/gpt-4o", "llm"),
    ],
)
def test_a_model_of_another_kind_is_told(kind, written, other):
    """The key under which it belongs is named."""
    message, hint = told(written, kind)
    assert message == f"'{written}' is a model of LiveKit Inference for {other}:, not for {kind}:"
    assert hint.startswith(f"write {other}: {written}, and here one such as ")


@pytest.mark.parametrize(
    ("kind", "written", "option"),
    [
        ("llm", "anthropic/claude-sonnet-4-5", "model: claude-sonnet-4-5"),
        ("llm", "groq/llama-3.3-70b", "model: llama-3.3-70b"),
        ("tts", "azure/en-US-JennyNeural", "voice: en-US-JennyNeural"),
    ],
)
def test_a_maker_that_has_a_plugin_alone_is_told(kind, written, option):
    """LiveKit Inference does not have its models; the provider to write is shown."""
    message, hint = told(written, kind)
    maker = written.partition("/")[0]
    assert message == f"'{maker}' is no maker whose models LiveKit Inference is known to have"
    assert f"{kind}: {maker} and, below with:, {option}" in hint
    same, hint = told(written, kind, in_with=True)
    assert (same, hint) == (message, f"write {kind}: {maker} above, and here {option}")


PROVIDER = """
agents:
  desk:
    start: host
    mode: text
    llm: brain
personas:
  host:
    instructions: Answer.
providers:
  brain:
    llm: inference
    with:
      model: {}
"""


@pytest.mark.parametrize(
    ("written", "help_"),
    [
        ("openai/gpt-4.1-mni", "did you mean 'openai/gpt-4.1-mini'?"),
        ("openai/gpt-5-pro", None),
        ("anthropic/claude-9", "write llm: anthropic above, and here model: claude-9"),
        (
            "deepgram/nova-3",
            "write here one such as openai/gpt-4.1-mini, or stt: inference above",
        ),
        (
            "openai/gpt-realtime",
            "write here one such as openai/gpt-4.1-mini, or realtime: inference above",
        ),
        ("\"{{ env.MODEL or 'openai/gpt-4.1-mni' }}\"", None),
    ],
)
def test_a_model_of_a_provider_is_judged_as_one_that_an_agent_names(tmp_path, written, help_):
    """Below `with:` of `llm: inference` the same is told, once, at its place."""
    (tmp_path / "desk.yaml").write_text(PROVIDER.format(written))
    found = [d for d in Compiler(tmp_path, env={}).compile().diagnostics if d.code == "W401"]
    assert [d.help for d in found] == [help_] * (help_ is not None)
    assert all((d.span.line, d.span.column) == (14, 14) for d in found)
