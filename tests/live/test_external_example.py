"""The example program in Python takes a call at a real LiveKit server: it hears, and answers."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
from contextlib import contextmanager

import pytest
from support.live.callers import calling
from support.live.served import ROOT
from support.program import SECRET

pytestmark = pytest.mark.timeout(150)

EXAMPLE = ROOT / "examples" / "external-agents"


def free_port():
    """A port that nobody listens at."""
    with socket.create_server(("127.0.0.1", 0)) as found:
        return found.getsockname()[1]


@contextmanager
def program(port):
    """The example, listening; what it wrote is read at its end."""
    env = {**os.environ, "CONCIERGE_SECRET": SECRET, "PORT": str(port), "PYTHONUNBUFFERED": "1"}
    process = subprocess.Popen(
        [sys.executable, str(EXAMPLE / "python" / "agent.py")],
        env=env, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    try:
        assert process.stdout is not None
        line = process.stdout.readline()
        assert "Running on" in line
        yield process
    finally:
        process.terminate()
        _, errors = process.communicate(timeout=20)
    assert "Traceback" not in errors, errors


async def test_the_example_hears_and_answers(livekit, lkrun_serve):
    """It joins, sounds when it has heard a sentence, and reports that the call went well."""
    port = free_port()
    with program(port):
        runner = lkrun_serve(
            EXAMPLE / "agents.d",
            CONCIERGE_SECRET=SECRET, CONCIERGE_URL=f"http://127.0.0.1:{port}/livekit",
        )  # fmt: skip
        await runner.event("ready", within=60)
        async with calling(livekit, "concierge", voice=True) as caller:
            await caller.hears_end()
            mark = caller.mark()
            caller.says("Where is the station?")
            await caller.hears(mark)
        ended = await runner.event("external_ended")
        assert (ended["agent"], ended["status"]) == ("concierge", "success")
