"""`lkrun test` for a person at a terminal: what is shown while tests run, and `--watch`."""

from __future__ import annotations

import re

import pytest
from support.terminal import Terminal
from support.tested_folder import AGENTS

TESTS = """\
tests:
  greets:
    agent: desk
    steps:
      - agent:
          says: Welcome
  hears:
    agent: desk
    steps:
      - user: hello
      - agent:
          says: {words}
"""
BAR = """\
agents:
  bar:
    start: barkeeper
    mode: text
    llm: brain
personas:
  barkeeper:
    instructions: You mix drinks.
    greeting:
      say: {words}
tests:
  serves:
    agent: bar
    steps:
      - agent:
          says: {wanted}
"""


@pytest.fixture
def folder(tmp_path):
    """Two agents in two files, and tests of each."""
    folder = tmp_path / "agents.d"
    folder.mkdir()
    (folder / "agents.yaml").write_text(AGENTS)
    (folder / "bar.yaml").write_text(BAR.format(words="Cheers.", wanted="Cheers"))
    (folder / "tests.yaml").write_text(TESTS.format(words="Hello there"))
    return folder


@pytest.fixture
def test(folder, tmp_path):
    """Starts `lkrun test` on a terminal."""
    running = []

    def start(*options):
        env = {"LKRUN_CACHE_DIR": str(tmp_path / "cache"), "NO_COLOR": "1"}
        running.append(Terminal("test", str(folder), *options, env=env))
        return running[-1]

    yield start
    for each in running:
        each.close()


def names(text):
    """Outcome → the names of tests of which a line was written."""
    lines = [line.split("\x1b[K")[-1] for line in text.splitlines()]
    return sorted(re.findall(r"^(PASSED|FAILED) +(\w+)", "\n".join(lines), re.MULTILINE))


def test_a_line_counts_while_tests_run(test):
    """It is written over by each result, and nothing of it is left at the end."""
    shown = test("--parallel", "1")
    assert shown.ends() == 0
    counted = re.findall(r"(\d) of 3 tests", shown.seen)
    assert counted == ["0", "1", "2"]
    for _ in counted:
        assert re.search(r"\d of 3 tests\r\x1b\[K", shown.seen)
    left = [line.split("\r\x1b[K")[-1] for line in shown.seen.split("\r\n")]
    assert not any("of 3 tests" in line for line in left)
    assert "3 passed" in left[-2]


def test_a_saved_file_runs_the_tests_that_it_touches(test, folder):
    """An agent's file runs that agent's tests, a test's own words that test, others stay."""
    shown = test("--watch")
    first = shown.until("waiting for a file to change")
    assert names(first) == [("PASSED", "greets"), ("PASSED", "hears"), ("PASSED", "serves")]
    (folder / "bar.yaml").write_text(BAR.format(words="Good evening.", wanted="Cheers"))
    second = shown.until("waiting for a file to change")
    assert names(second) == [("FAILED", "serves")]
    assert "2 tests were not run again" in second
    assert re.search(r"2 passed, 1 failed", second)
    (folder / "tests.yaml").write_text(TESTS.format(words="Hello"))
    third = shown.until("waiting for a file to change")
    assert names(third) == [("PASSED", "hears")]
    assert "still failing: serves (bar.yaml:12)" in third
    assert re.search(r"2 passed, 1 failed", third)
    shown.interrupt()
    code = shown.ends()
    assert code == 130, shown.text[-3000:]


def test_a_mistake_is_shown_and_waited_for(test, folder):
    """A file with a mistake runs nothing; when it is mended, what has changed is run."""
    shown = test("--watch")
    shown.until("waiting for a file to change")
    good = (folder / "tests.yaml").read_text()
    (folder / "tests.yaml").write_text(good.replace("says: Hello there", "sais: Hello there"))
    wrong = shown.until("waiting for a file to change")
    assert "unknown key 'sais'" in wrong
    assert names(wrong) == []
    (folder / "tests.yaml").write_text(good.replace("greets", "welcomes"))
    mended = shown.until("waiting for a file to change")
    assert names(mended) == [("PASSED", "welcomes")]
