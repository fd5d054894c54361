"""Many tests by text are run in several copies of the process."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from types import SimpleNamespace

import pytest
from support.tested_folder import AGENTS

from runner.testing.outcome import TestResult
from runner.testing.processes import in_processes

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="others run in one process")


def case(name):
    """A test, as far as it is told of when nobody has run it."""
    return SimpleNamespace(name=name, spec=SimpleNamespace(agent="desk"), file="t.yaml", line=7)


def passed(case):
    """What came of it."""
    return TestResult(case.name, "desk", case.file, case.line, "passed", 0.0, events=(os.getpid(),))


def test_each_test_is_run_once_in_some_copy():
    """Copies share the tests among them, and this process runs none."""
    results = []

    def run(cases, tell):
        for each in cases:
            tell(passed(each))

    in_processes([case(f"t{n}") for n in range(40)], 2, run, results.append)
    assert sorted(r.name for r in results) == sorted(f"t{n}" for n in range(40))
    assert os.getpid() not in {r.events[0] for r in results}


def test_a_copy_that_dies_fails_its_test_and_no_other():
    """A test during which the process dies is told as failed, at its line; the others go on."""
    results = []

    def run(cases, tell):
        for each in cases:
            if each.name == "t3":
                os._exit(9)
            tell(passed(each))

    in_processes([case(f"t{n}") for n in range(20)], 2, run, results.append)
    (lost,) = (r for r in results if r.outcome == "failed")
    assert (lost.name, lost.line, lost.failures[0].line) == ("t3", 7, 7)
    assert lost.failures[0].message == "the process that ran it has died"
    assert len(results) == 20


@pytest.mark.timeout(180)  # a process of its own, which loads all that a call needs
def test_a_folder_of_many_tests_is_told_in_order(tmp_path):
    """Results come from several processes; the document has each once, with its line."""
    (tmp_path / "agents.yaml").write_text(AGENTS, encoding="utf-8")
    tests = "".join(
        f"  t{n}:\n    agent: desk\n    steps:\n      - user: hello\n"
        f"      - agent:\n          says: {'Hello there' if n % 10 else 'Good evening'}\n"
        for n in range(30)
    )
    (tmp_path / "tests.yaml").write_text(f"tests:\n{tests}", encoding="utf-8")
    env = {**os.environ, "LKRUN_CACHE_DIR": str(tmp_path / "cache")}
    words = [sys.executable, "-m", "runner", "test", str(tmp_path), "--format", "json"]
    done = subprocess.run(words, env=env, capture_output=True, text=True, check=False)
    assert done.returncode == 1, done.stderr
    data = json.loads(done.stdout)
    assert (data["passed"], data["failed"]) == (27, 3)
    assert [test["name"] for test in data["tests"]] == [f"t{n}" for n in range(30)]
    assert [test["failures"][0]["line"] for test in data["tests"] if test["failures"]] == [
        7,
        67,
        127,
    ]
