"""A kind of provider is one row."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from runner.plugin import GROUPS
from runner.provider_kinds import BY_KEY, KINDS, ROWS
from runner.schema.agents import Agent
from runner.schema.personas import Persona
from runner.schema.providers import PROVIDERS

PROGRAM = """
import dataclasses, runner.provider_kinds as rows
new = dataclasses.replace(
    rows.BY_KEY["vad"], key="mascot", livekit_class="Mascot", noun="mascot", needed_in=("text",),
    entry_points="lkrun.mascot", inference=False,
)
rows.KINDS += (new,)
rows.ROWS += (new,)
rows.BY_KEY["mascot"] = new
from pathlib import Path
from runner.compiler import Compiler
from runner.plugin import GROUPS
from runner.providers.catalogue import Catalogue
from runner.schema.output.reference import page
assert GROUPS["mascot"] == new.entry_points
assert page().count("| `mascot` |") == 2, "agents and personas"
for diagnostic in Compiler(Path("agents.d"), env={}).compile().diagnostics:
    print(diagnostic.code, diagnostic.message, "/", diagnostic.help)
"""

FOLDER = """
agents:
  desk:
    start: host
    mode: text
    llm: openai/gpt-4.1-mini
  shop:
    start: host
    mode: text
    llm: openai/gpt-4.1-mini
    mascot: brain
personas:
  host:
    instructions: Help.
providers:
  brain:
    llm: inference
    with:
      model: openai/gpt-4.1-mini
  face:
    mascot: parrot
"""


def test_rows_make_keys_and_classes():
    """Each row is a key of agents and personas, and a class of provider with its key."""
    for kind in KINDS:
        assert {"start", kind.key} <= set(Agent.keys())
        assert {"greeting", kind.key} <= set(Persona.keys())
        connection = {"timeout", "retries", "retry_wait"} if kind.reached else set()
        spoken = {"cache"} if kind.key == "tts" else set()
        assert PROVIDERS[kind.key].keys().keys() == {kind.key, "with"} | connection | spoken
    assert list(BY_KEY) == [kind.key for kind in ROWS]
    assert list(PROVIDERS) == [kind.key for kind in ROWS]
    assert {kind.key: kind.entry_points for kind in ROWS if kind.entry_points}.items() <= (
        GROUPS.items()
    )


def test_another_row_is_another_kind(tmp_path):
    """A row more is declared, needed, checked, told by its noun and found among plugins."""
    folder = tmp_path / "agents.d"
    folder.mkdir()
    (folder / "all.yaml").write_text(FOLDER)
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
        env={"PATH": "", "LKRUN_CACHE_DIR": str(tmp_path), "PYTHONPATH": str(Path.cwd())},
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines() == [
        "E207 agent 'desk' has no mascot / add mascot: with the name of a provider",
        (
            "E206 provider 'brain' is of kind llm, and mascot is needed here"
            " / name a provider that has mascot:"
        ),
        "E402 there is no plugin 'parrot' for 'mascot' / None",
    ]
