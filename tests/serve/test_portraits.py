"""What the page shows of an agent, of a release as it is served."""

from __future__ import annotations

import textwrap
from pathlib import Path

import pytest

from runner.compiler import Compiler
from runner.front.models.page import Portraits
from runner.link.release import AgentRelease
from runner.picture.layout import drawing
from runner.picture.sketch import sketch
from runner.serve.portraits import portraits

ROOT = Path(__file__).parents[2]
ABOUT = {"description": None, "start": "x", "mode": "voice", "registered": True, "personas": []}


@pytest.fixture(scope="module")
def compiled():
    """The demonstration."""
    return Compiler(ROOT / "agents.d").compile()


def test_a_served_release_is_drawn_as_the_files_are(compiled):
    """The picture of `lkrun graph`, also of a release that was read back from its file."""
    stored = AgentRelease.from_json(compiled.release.agents["clinic"].to_json())
    release = compiled.release.model_copy(update={"agents": {"clinic": stored}})
    (scope,) = compiled.scopes
    assert portraits(release)["clinic"]["picture"] == drawing(sketch(scope))


def test_what_is_shown_has_the_shape_that_is_promised(compiled):
    """Every field of the document's model is there."""
    drawn = portraits(compiled.release)["clinic"]
    shown = Portraits.model_validate([{"name": "clinic", **ABOUT, **drawn}])
    assert [each.kind for each in shown.root[0].models] == ["llm", "stt", "tts"]


def test_a_secret_is_no_name_of_a_model(tmp_path):
    """What a template fills in is left out; a plain model and voice are shown."""
    (tmp_path / "a.yaml").write_text(
        textwrap.dedent("""
        providers:
          brain:
            llm: openai
            with:
              model: "{{ secrets.KEY }}"
              api_key: "{{ secrets.KEY }}"
          mouth:
            tts: espeak
            with:
              voice: en-us
        agents:
          desk:
            llm: brain
            stt: deepgram/nova-3
            tts: mouth
            start: clerk
        personas:
          clerk:
            instructions: Be kind.
        """)
    )
    compiled = Compiler(tmp_path).compile()
    models = {each["kind"]: each["names"] for each in portraits(compiled.release)["desk"]["models"]}
    assert models == {
        "llm": [{"name": "brain", "about": "openai"}],
        "stt": [{"name": "deepgram/nova-3", "about": ""}],
        "tts": [{"name": "mouth", "about": "espeak · en-us"}],
    }
