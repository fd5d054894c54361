"""Open files and core files of the runner."""

import contextlib
import os
import resource
import socket
import subprocess
import sys
from pathlib import Path

import pytest
from support.command import serving

from runner.serve.descriptors import connections


@pytest.mark.parametrize(
    ("descriptors", "in_all", "per_address", "at_once"),
    [(64, 32, 24, 4), (1024, 512, 384, 64), (65536, 2048, 1536, 128)],
)
def test_half_of_all_descriptors_is_not_the_fronts(descriptors, in_all, per_address, at_once):
    """Calls, files and services have their own reserve, however few there are."""
    limits = connections(descriptors)
    assert (limits.in_all, limits.per_address, limits.at_once) == (in_all, per_address, at_once)


def run(code, **env):
    """What some lines print in a process of their own."""
    command = [sys.executable, "-c", code]
    done = subprocess.run(
        command, capture_output=True, text=True, check=True, env={**os.environ, **env}
    )
    return done.stdout.split()


def test_as_many_files_may_be_open_as_the_system_allows():
    """The limit is raised, and a half of it is the front's."""
    code = (
        "import resource as r\n"
        "r.setrlimit(r.RLIMIT_NOFILE, (64, 512))\n"
        "from runner.serve.descriptors import prepare\n"
        "limits = prepare()\n"
        "print(r.getrlimit(r.RLIMIT_NOFILE)[0], limits.in_all)\n"
    )
    assert run(code) == ["512", "256"]


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux has the right to be dumped")
@pytest.mark.parametrize(("debugged", "dumpable"), [("", "0"), ("1", "1")])
def test_no_core_file_is_written(debugged, dumpable):
    """Neither by the system, nor by a program that it calls; nor may others look, but in --dev."""
    code = (
        "import ctypes, resource\n"
        "from runner.serve import core_files\n"
        "core_files.forbid()\n"
        "print(resource.getrlimit(resource.RLIMIT_CORE)[0], ctypes.CDLL(None).prctl(3))\n"
    )
    assert run(code, LKRUN_DEBUGGED=debugged) == ["0", dumpable]


FOLDER = """
agents:
  desk:
    mode: text
    start: host
    llm: brain
personas:
  host:
    instructions: x
providers:
  brain:
    llm: script
    with:
      rules:
        - when_caller_says: hello
          say: I hear you.
"""

CROWD = 1100


@pytest.fixture
def many_files():
    """Let this process have as many sockets as it may."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = CROWD * 2
    if hard != resource.RLIM_INFINITY and hard < wanted:
        pytest.skip(f"this system lets a process open {hard} files only")
    resource.setrlimit(resource.RLIMIT_NOFILE, (max(soft, wanted), hard))
    yield
    resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


@contextlib.contextmanager
def crowd(port, addresses):
    """Connections that say nothing, from so many addresses of this machine."""
    with contextlib.ExitStack() as stack:
        for number in range(CROWD):
            each = stack.enter_context(socket.socket())
            each.settimeout(20)
            each.bind((f"127.0.0.{1 + number % addresses}", 0))
            each.connect(("127.0.0.1", port))
        yield


@pytest.mark.usefixtures("many_files")
@pytest.mark.skipif(sys.platform != "linux", reason="only Linux has all of 127.0.0.0/8")
@pytest.mark.parametrize(("descriptors", "addresses"), [(64, 1), (256, 40)])
async def test_a_crowd_that_says_nothing_keeps_nobody_out(tmp_path, descriptors, addresses):
    """1,100 connections of one address or of many: it is ready, and a talk begins and goes on."""
    (tmp_path / "a.yaml").write_text(FOLDER)
    async with serving(tmp_path, descriptors=descriptors) as runner:
        session = (await runner.turn("desk"))["session_id"]
        with crowd(int(runner.front.rpartition(":")[2]), addresses):
            assert (await runner.ask("/ready"))["status"] == "ready"
            assert (await runner.turn("desk", "hello"))["text"] == "I hear you."
            assert (await runner.turn("desk", "hello", session))["text"] == "I hear you."
            files = Path(f"/proc/{runner.process.pid}/fd")
            assert len(os.listdir(files)) < descriptors * 3 / 4  # noqa: PTH208 - counting is all
        runner.process.terminate()
        log = (await runner.process.stderr.read()).decode()
        await runner.process.wait()
        assert "session_ended" in log
        assert '"level": "error"' not in log
