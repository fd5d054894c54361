"""Blocks that are switched off with `no` survive being stored."""

from __future__ import annotations

from pathlib import Path

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
