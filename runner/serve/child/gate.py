"""The child process that runs the tests of files before they are served.

Started by `reload/gate` as `python -m runner.serve.child.gate PARENT`: agents and tests come on
stdin, a line of JSON for each result goes to stdout as it is there. A process of its own, so that
neither a loop in a plugin nor time that is put forward reaches those who call.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import signal
import sys
from typing import IO, Any

from runner.link.cases import TestCase
from runner.link.release import AgentRelease
from runner.serve.child.network import provider_network
from runner.serve.child.watchdog import die_with
from runner.serve.socket.messages import CallNetwork
from runner.testing import report
from runner.testing.memory import rarely_collected
from runner.testing.mocks import TestSecrets
from runner.testing.suite import SuiteOptions, run_tests
from runner.testing.time import SimulatedLoop

_NICE = 10
"""Calls come first."""


def main() -> None:
    """Run the tests that come on stdin."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the main process decides
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    die_with(int(sys.argv[1]))
    with contextlib.suppress(OSError):
        os.nice(_NICE)
    data = json.load(sys.stdin)
    loop = asyncio.Runner(loop_factory=SimulatedLoop)
    with _results() as out, rarely_collected(), loop as running:
        running.run(_run(data, out))


def _results() -> IO[str]:
    """Where results go; what a plugin prints goes nowhere."""
    out = os.dup(1)
    with open(os.devnull, "wb") as nowhere:  # noqa: PTH123 - a device, no file
        os.dup2(nowhere.fileno(), 1)
    return os.fdopen(out, "w", encoding="utf-8")


async def _run(data: Any, out: IO[str]) -> None:
    agents = {name: AgentRelease.from_json(text) for name, text in data["agents"].items()}
    cases = [TestCase.from_data(each) for each in data["tests"]]
    called = {
        case.name: agents[agent] for case in cases if (agent := str(case.spec.agent)) in agents
    }
    network = provider_network(CallNetwork(folder=data["folder"]))
    options = SuiteOptions(offline=True, network=network)
    async for result in run_tests(cases, called, lambda: TestSecrets({}), options):
        line = {"test": report.row(result), "lines": list(report.lines(result))}
        out.write(json.dumps(line) + "\n")
        out.flush()


if __name__ == "__main__":
    main()
