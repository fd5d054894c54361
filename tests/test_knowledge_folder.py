"""Knowledge from the folder to an answer: read again, told of, mocked, asked by hand."""

from __future__ import annotations

import json
import logging
import textwrap

import pytest
from click.testing import CliRunner

from runner.cache import Cache
from runner.checked import check
from runner.cli.main import lkrun
from runner.compiler import Compiler
from runner.diff import Side, diff

FOLDER = """
agents:
  desk:
    start: host
    mode: text
    llm: brain
personas:
  host:
    instructions: You answer questions.
    tools:
      - look_up
tools:
  look_up:
    description: Find what stands in the house rules.
    knowledge: rules
  spare:
    description: Nobody has it.
    knowledge: others
knowledge:
  rules:
    files: rules
  others:
    files: others.txt
providers:
  brain:
    llm: script
    with:
      rules:
        - when_caller_says: park
          call:
            look_up:
              query: parking
        - when_tool_failed: "yes"
          say: "Failed: {answer}"
        - when_tool_answered: "yes"
          say: "Known: {answer}"
"""


@pytest.fixture(autouse=True)
def log_as_before():
    """Commands set how much is logged for their whole process."""
    loggers = [logging.getLogger(name) for name in ("", "lkrun", "lkrun.egress")]
    before = [(each.level, each.propagate, each.disabled, [*each.handlers]) for each in loggers]
    yield
    for each, (level, propagate, disabled, handlers) in zip(loggers, before, strict=True):
        each.setLevel(level)
        each.propagate, each.disabled, each.handlers[:] = propagate, disabled, handlers


@pytest.fixture
def folder(tmp_path):
    folder = tmp_path / "agents.d"
    (folder / "rules").mkdir(parents=True)
    (folder / "all.yaml").write_text(FOLDER)
    (folder / "rules" / "house.md").write_text("# Parking\nFree.\n")
    (folder / "others.txt").write_text("Bicycles stand in the yard.\n")
    return folder


@pytest.fixture(scope="module")
def cache(tmp_path_factory):
    return Cache(tmp_path_factory.mktemp("cache"))


def test_a_changed_document_is_another_release(folder, cache):
    """Documents are read again; the paths that a reload watches have the folder and each file."""
    compiler = Compiler(folder, env={}, cache=cache)
    first = compiler.compile()
    assert {"rules", "rules/house.md", "others.txt"} <= first.text_paths
    assert first.release.agents["desk"].documents == {
        "rules": {"rules/house.md": "# Parking\nFree.\n"}
    }
    (folder / "rules" / "house.md").write_text("# Parking\nTen euros.\n")
    (folder / "rules" / "pets.md").write_text("No dogs.\n")
    second = compiler.compile()
    assert second.release.id != first.release.id
    assert list(second.release.agents["desk"].documents["rules"]) == [
        "rules/house.md",
        "rules/pets.md",
    ]
    sentences = [c.sentence for c in diff(Side(first.release), Side(second.release))]
    assert sentences == [
        "rules knows other words from rules/house.md",
        "rules also looks into rules/pets.md",
    ]


def test_a_check_that_is_recalled_sees_what_came_beside_the_documents(folder, cache):
    """A file that cannot be read is told of as soon as it is there."""
    assert [d.code for d in check(folder, cache).diagnostics] == ["W201", "W201"]
    (folder / "rules" / "prices.pdf").write_bytes(b"%PDF")
    assert [d.code for d in check(folder, cache).diagnostics] == ["W201", "W221", "W201"]


TEST = """
tests:
  parking:
    agent: desk
{mocks}
    steps:
      - user: park
      - agent:
          says:
            - "{says}"
"""


@pytest.mark.parametrize(
    ("mock", "says"),
    [
        ("", "Free."),
        ("returns: Ten euros.", "Known: Ten euros."),
        ("real: yes", "Free."),
        ("status: 503", "Failed: This did not work"),
        ("fails: timeout", "Failed: This did not work"),
        ('when:\n  query: pets\nreturns: "No."', "Failed: This did not work"),
    ],
)
def test_documents_are_searched_in_tests_unless_a_mock_says_otherwise(folder, mock, says):
    """Offline there is nothing to mock; who wants to say what is found does so."""
    below = textwrap.indent(mock, "        ")
    mocks = f"    mocks:\n      look_up:\n{below}" if mock else "    tags:\n      - quick"
    (folder / "tests.yaml").write_text(TEST.format(mocks=mocks, says=says))
    ran = CliRunner().invoke(lkrun, ["test", str(folder), "--format", "json"])
    assert json.loads(ran.stdout)["passed"] == 1, ran.output


@pytest.mark.parametrize(
    ("tool", "query", "output"),
    [
        ("look_up", "parking", "## Parking\nFree."),
        ("look_up", "helicopter", "Nothing about this was found."),
        ("spare", "bicycle", "Bicycles stand in the yard."),
    ],
)
def test_a_lookup_by_hand(folder, tool, query, output):
    """`lkrun tool call` finds what a call would find, for a tool that no agent has too."""
    call = ["tool", "call", tool, str(folder), "--arg", f"query={query}", "--format", "json"]
    ran = CliRunner().invoke(lkrun, call)
    result = json.loads(ran.stdout)
    assert (result["ok"], result["output"], result["attempts"]) == (True, output, [])
