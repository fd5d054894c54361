"""Tools that a model's provider runs, against LiveKit's real `openai` plugin."""

from __future__ import annotations

import pytest

from runner.cache import Cache
from runner.compiler import Compiler

FOLDER = """
agents:
  desk:
    start: host
    mode: text
    MODEL
personas:
  host:
    instructions: You answer.
    OWN
    tools:
      - news
tools:
  news:
    provider_tool: openai.WebSearch
providers:
  plain:
    llm: openai
  able:
    llm: openai.responses
  both:
    llm: fallback
    with:
      order:
        - plain
        - able
  speech:
    realtime: openai
"""
MODEL = "write llm: openai.responses in the provider 'plain'"
PLAIN = "'openai.WebSearch' is not run by the model 'plain' of persona 'host'"
SPEECH = "'openai.WebSearch' is not run by the speech-to-speech model 'speech' of persona 'host'"


@pytest.fixture(scope="module")
def kept(tmp_path_factory):
    """What is known of the plugin's options: it is asked once."""
    return Cache(tmp_path_factory.mktemp("cache"))


@pytest.mark.parametrize(
    ("model", "own", "messages"),
    [
        ("llm: able", "", []),
        ("llm: both", "", []),
        ("llm:\n      - plain\n      - able", "", []),
        ("llm: plain", "llm: able", []),
        ("llm: plain", "", [(PLAIN, MODEL)]),
        (
            "llm: able",
            "llm: plain",
            [(PLAIN, MODEL)],
        ),
        ("realtime: speech", "", [(SPEECH, "write llm:, stt: and tts: in place of realtime:")]),
        (
            'variables:\n      brain: plain\n    llm: "{{ brain }}"',
            "",
            [(PLAIN, MODEL)],
        ),
    ],
)
def test_the_model_must_be_one_that_runs_it(tmp_path, kept, model, own, messages):
    """Of the models that a persona speaks through one must hand the tool to its service."""
    folder = FOLDER.replace("MODEL", model).replace("    OWN\n", own and f"    {own}\n")
    (tmp_path / "a.yaml").write_text(folder)
    mistakes = [
        d for d in Compiler(tmp_path, env={}, cache=kept).compile().diagnostics if d.code == "E112"
    ]
    assert [d.message for d in mistakes] == [message for message, _ in messages]
    for diagnostic, (_, hint) in zip(mistakes, messages, strict=True):
        assert diagnostic.help.startswith(hint)
