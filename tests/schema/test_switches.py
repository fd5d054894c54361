"""Blocks that are switched off with `no` survive being stored."""

from __future__ import annotations

from pathlib import Path

import pytest

from runner.cache import Cache
from runner.compiler import Compiler
from runner.link import AgentRelease

TEXT = """\
agents:
  desk:
    start: host
    llm: openai/gpt-4.1-mini
    stt: deepgram/nova-3
    tts: cartesia/sonic-3
    vad: no
    idle: no
    turn_taking:
      preemptive_generation: no
      interruptions: no
personas:
  host:
    instructions: x
    turn_taking:
      preemptive_generation:
        speech: yes
      interruptions:
        allow: no
"""


def test_what_is_off_stays_off(tmp_path: Path):
    """`no` is stored and read again as no, without a word from pydantic."""
    (tmp_path / "a.yaml").write_text(TEXT)
    release = Compiler(tmp_path, env={}, cache=Cache(tmp_path / "cache")).compile().release
    again = AgentRelease.from_json(release.agents["desk"].to_json())
    assert again.agent == release.agents["desk"].agent
    assert (again.agent.vad, again.agent.idle) == (False, False)
    assert again.agent.turn_taking.interruptions is False
    assert again.personas["host"].turn_taking.preemptive_generation.speech is True
    assert again.model_dump_json(by_alias=True, exclude_unset=True)


@pytest.mark.parametrize(
    ("written", "meant"), [("y", "yes"), ("ja", "yes"), ("Yes!", "yes"), ("n", "no"), ("aus", "no")]
)
@pytest.mark.parametrize("key", ["confirm", "end_call"])
def test_what_means_yes_or_no_is_no_question(tmp_path: Path, key, written, meant):
    """Where words may stand as well, nobody is asked "y"."""
    tool = "  stop:\n    description: x\n    answer: x\n    "
    line = f"confirm: {written}" if key == "confirm" else f"then:\n      - end_call: {written}"
    (tmp_path / "a.yaml").write_text(f"{TEXT}    tools:\n      - stop\ntools:\n{tool}{line}\n")
    (told,) = [d for d in Compiler(tmp_path, env={}).compile().diagnostics if d.severity == "error"]
    assert (told.code, told.help) == ("E110", f"write {meant}")
