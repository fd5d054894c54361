"""The release that a folder becomes."""

from __future__ import annotations

import pydantic
import pytest

from runner.link.release import AgentRelease

TEXT = """\
agents:
  desk:
    start: host
    mode: text
    llm: openai/x
    variables:
      house: Lotus
personas:
  host:
    instructions_file: a.md
    greeting:
      say: This is {{ house }} in {{ env.CITY or 'town' }}.
"""


def test_a_release_comes_back_from_its_text(linked):
    """What was stored is what is read, and the same content has the same digest."""
    agent = linked(TEXT, prompts={"a.md": "Be {{ house }}."}, env={"CITY": "Hue"}).release.agents[
        "desk"
    ]
    again = AgentRelease.from_json(agent.to_json())
    assert again == agent
    assert again.digest == agent.digest
    assert again.fixed == {"house": "Lotus"}
    assert again.env == {"CITY": "Hue"}
    assert again.prompts == {"host": "Be {{ house }}."}
    with pytest.raises(pydantic.ValidationError):
        AgentRelease.from_json("[]")


def test_the_id_tells_content_apart(linked):
    """One word more is another release; the same words are the same one."""
    first = linked(TEXT, prompts={"a.md": "Be kind."}).release
    second = linked(TEXT, prompts={"a.md": "Be very kind."}).release
    third = linked(TEXT, prompts={"a.md": "Be kind."}).release
    assert first.id == third.id != second.id
    assert len(first.id) == 12
