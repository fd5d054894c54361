"""LiveKit's simulation file, in both directions."""

from __future__ import annotations

import json

import pytest
import yaml
from click.testing import CliRunner
from google.protobuf.json_format import ParseDict
from livekit.agents.simulation import ScenarioGroup
from support.tested_folder import AGENTS

from runner.cli.main import lkrun

FILE = """
name: hotel
scenarios:
  - label: Angry caller, twice
    instructions: |
      You are Victor. You want
      a "quiet" room: no 13.
    agent_expectations: |
      The agent stays polite.
      The agent offers a room.
    tags: {mood: angry, slow: ""}
    userdata:
      nights: 2
      code: "007"
      vip: true
      note: null
      rooms: [a, {floor: 3}]
      empty: []
      text: "{{ x }}"
  - label: Angry caller (twice)
    instructions: You hang up.
  - instructions: yes
"""
USERDATA = {
    "nights": 2, "code": "007", "vip": True, "note": None, "rooms": ["a", {"floor": 3}],
    "empty": [], "text": "{{ x }}",
}  # fmt: skip


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """A folder with one agent, and the file beside it."""
    monkeypatch.setenv("LKRUN_CACHE_DIR", str(tmp_path / "cache"))
    folder = tmp_path / "hotel"
    folder.mkdir()
    (folder / "agents.yaml").write_text(AGENTS, encoding="utf-8")
    (tmp_path / "scenarios.yaml").write_text(
        FILE.replace("instructions: yes", "instructions: 'yes'")
    )
    return folder


def run(*words):
    """Run a verb of `lkrun test`."""
    return CliRunner().invoke(lkrun, ["test", *map(str, words)], standalone_mode=False)


def test_a_file_makes_a_round_trip(folder):
    """What is imported checks, and what is exported of it is the same, labels become names."""
    done = run("import", folder.parent / "scenarios.yaml", folder)
    assert done.exception is None, done.output
    (folder / "tests.yaml").write_text(done.stdout, encoding="utf-8")
    out = run("export", folder)
    assert out.exception is None, out.output
    data = yaml.safe_load(out.stdout)
    assert [s["label"] for s in data["scenarios"]] == [
        "angry_caller_twice", "angry_caller_twice_2", "scenario_3",
    ]  # fmt: skip
    first = data["scenarios"][0]
    assert first["instructions"] == 'You are Victor. You want a "quiet" room: no 13.'
    assert first["agent_expectations"] == "The agent stays polite.\nThe agent offers a room."
    assert first["tags"] == {"mood": "angry", "slow": ""}
    assert first["userdata"] == USERDATA
    (folder.parent / "again.yaml").write_text(out.stdout)
    assert run("import", folder.parent / "again.yaml", folder).stdout == done.stdout


def test_livekit_reads_what_is_exported(folder):
    """It is a `ScenarioGroup` of LiveKit's protocol."""
    (folder / "tests.yaml").write_text(
        run("import", folder.parent / "scenarios.yaml", folder).stdout
    )
    data = yaml.safe_load(run("export", folder, "--name", "hotel").stdout)
    for scenario in data["scenarios"]:
        scenario["userdata"] = json.dumps(scenario.get("userdata", {}))  # as on the wire
    group = ParseDict(data, ScenarioGroup())
    assert (group.name, len(group.scenarios)) == ("hotel", 3)
    assert group.scenarios[0].tags["mood"] == "angry"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("a: [", "is not YAML"),
        ("tests: []", "it has no list 'scenarios'"),
        ("scenarios: [{label: x}]", "scenario 1 has no 'instructions'"),
        ("scenarios: [{instructions: x, persona: y}]", "nobody knows here: 'persona'"),
    ],
)
def test_another_file_is_refused(folder, text, message):
    """What it is not is said."""
    file = folder.parent / "other.yaml"
    file.write_text(text)
    assert message in run("import", file, folder).exception.format_message()


def test_nothing_to_export_is_said(folder):
    """A folder without simulated tests has no scenarios."""
    assert "has 'simulate'" in run("export", folder).exception.format_message()


def test_a_file_that_is_not_there_is_said(folder):
    """As wrong use."""
    assert "cannot be read" in run("import", "none.yaml", folder).exception.format_message()
