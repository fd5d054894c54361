"""A real LiveKit server for the session, and `lkrun serve` for a test."""

from __future__ import annotations

import shutil
import tempfile
import textwrap
from collections.abc import AsyncIterator, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
from support.live import needs
from support.live.rtcserver import LiveKitServer
from support.live.served import ROOT, Served
from support.stub_service import Stub, serving_stub


@pytest.fixture(scope="session")
def livekit(tmp_path_factory) -> Iterator[LiveKitServer]:
    """LiveKit's server."""
    program = needs.program("LKRUN_LIVEKIT_SERVER", "livekit-server")
    server = LiveKitServer(program, tmp_path_factory.mktemp("livekit") / "log")
    server.start()
    yield server
    server.kill()


@pytest.fixture(scope="session")
def cache(tmp_path_factory) -> Path:
    """The cache of all runs, as on a machine on which lkrun was used before."""
    return tmp_path_factory.mktemp("cache")


@pytest.fixture
async def stub() -> AsyncIterator[Stub]:
    """A service that answers whatever it is told."""
    async with serving_stub() as service:
        yield service


@pytest.fixture
def write(tmp_path):
    """Write a folder of agents, file by file."""

    def make(**files: str) -> Path:
        folder = tmp_path / "agents.d"
        for name, text in files.items():
            file = folder / f"{name}.yaml"
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(textwrap.dedent(text))
        return folder

    return make


@pytest.fixture
def demonstration(tmp_path) -> Path:
    """A copy of the demonstration, to be changed."""
    return Path(shutil.copytree(ROOT / "agents.d", tmp_path / "clinic"))


@pytest.fixture
def lkrun_serve(livekit, cache) -> Iterator:
    """Start `lkrun serve`; each is ended with the test, and held to what is true of every run."""
    with ExitStack() as stack:

        def serve(folder: Path = ROOT / "agents.d", *arguments: str, **env: str) -> Served:
            # a short path: there is a unix socket in it
            runtime = stack.enter_context(tempfile.TemporaryDirectory(prefix="lkt-"))
            env = {**livekit.env, "LKRUN_CACHE_DIR": str(cache), **env}
            served = Served(folder, env, Path(runtime), arguments)
            stack.callback(served.stop)
            return served

        yield serve
