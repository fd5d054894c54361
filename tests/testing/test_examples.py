"""The demonstration and the examples pass their own tests, and these notice mistakes."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest
from click.testing import CliRunner

from runner.cli.main import lkrun

ROOT = Path(__file__).parents[2]
TESTED = [ROOT / "agents.d", *sorted(p.parent for p in ROOT.glob("examples/**/tests.yaml"))]

MISTAKES = {
    "another greeting": (
        "clinic.yaml",
        "say: Good day, this is {{ clinic_name }}.",
        "say: Hello, {{ clinic_name }}.",
    ),
    "another name of the clinic": (
        "clinic.yaml",
        "clinic_name: Sunrise Dental",
        "clinic_name: Sunset Dental",
    ),
    "silent handoff to billing": (
        "clinic.yaml",
        "      say: One moment, I am putting you through to billing.\n",
        "",
    ),
    "silent handoff to booking": (
        "clinic.yaml",
        "        say: One moment, I am putting you through to our booking desk.\n",
        "",
    ),
    "no tool for slots": ("clinic.yaml", "      - find_slots\n", ""),
    "no tool to end the call": ("clinic.yaml", "      - end_call\n", ""),
    "no tool for invoices": ("clinic.yaml", "    tools:\n      - look_up_invoice\n", ""),
    "an answer that is not told": (
        "tools.yaml",
        "over {{ result.total }} dollars is {{ result.state }}",
        "is there",
    ),
    "a missing invoice is a failure": (
        "tools.yaml",
        "invoices/{{ args.number }}\n      ok: 404",
        "invoices/{{ args.number }}",
    ),
    "the slot is not kept": (
        "tools.yaml",
        "        first_slot: first.start",
        "        first_slot: x",
    ),
}
"""What somebody may do to the demonstration by mistake: file, text, text instead."""


def run_of(folder):
    """The document of `lkrun test`."""
    words = ["test", str(folder), "--format", "json"]
    done = CliRunner().invoke(lkrun, words, standalone_mode=False)
    assert done.exception is None, done.exception
    return json.loads(done.stdout)


@pytest.mark.parametrize("folder", TESTED, ids=lambda path: path.name)
def test_a_folder_passes_its_own_tests(folder, tmp_path, monkeypatch):
    """Each folder with tests passes all of them offline, without a key."""
    monkeypatch.setenv("LKRUN_CACHE_DIR", str(tmp_path))
    ran = run_of(folder)
    assert [t["failures"] for t in ran["tests"] if t["outcome"] != "passed"] == []
    assert ran["passed"] >= 1


def test_the_demonstrations_tests_notice_mistakes(tmp_path, monkeypatch):
    """Of ten mistakes in the demonstration at least nine are caught by its own tests."""
    monkeypatch.setenv("LKRUN_CACHE_DIR", str(tmp_path / "cache"))
    unseen = []
    for name, (file, text, other) in MISTAKES.items():
        folder = tmp_path / name.replace(" ", "-")
        shutil.copytree(ROOT / "agents.d", folder)
        before = (folder / file).read_text(encoding="utf-8")
        assert text in before, f"'{text}' is not in {file} any more"
        (folder / file).write_text(before.replace(text, other), encoding="utf-8")
        ran = run_of(folder)
        if not ran.get("failed") and ran.get("diagnostics") is None:
            unseen.append(name)
    assert len(unseen) <= 1, unseen
