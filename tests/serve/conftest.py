"""A folder that is compiled for real, and the parts of the runner around it."""

from __future__ import annotations

import os
import shutil
import tempfile
import textwrap
import threading
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from functools import partial
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
import pytest_asyncio
from support.external import worlds
from support.heard import Heard
from support.warm_hosts import WarmHosts

from runner.cache import Cache
from runner.compiler import Compiler
from runner.egress.secrets import Secrets
from runner.serve.control import Control
from runner.serve.external import presence
from runner.serve.parts import mode_of
from runner.serve.releases.served import Releases
from runner.serve.releases.store import Store
from runner.serve.reload.next_turn import Renewals
from runner.serve.sessions.admission import Admission
from runner.serve.sessions.blocked import BlockedProcesses
from runner.serve.sessions.calls import Calls
from runner.serve.sessions.dialogues import Dialogues
from runner.serve.sessions.outside import Outside
from runner.serve.sessions.switchboard import Switchboard
from runner.serve.sessions.texthost import TextHost
from runner.serve.sessions.tool_requests import ToolRequests
from runner.serve.sessions.voices import Voices
from runner.serve.sessions.welcomes import Welcomes
from runner.serve.socket.messages import CallHello, CommandResult, PreviewShown
from runner.serve.socket.peer import Peer
from runner.serve.socket.server import CallSocket
from runner.source import attached

FOLDER = """
    agents:
      desk:
        mode: text
        start: greeter
        llm: brain
        description: The desk
        variables:
          name:
            description: The caller's name
        tools:
          - remember
          - end_call
          - look
        limits:
          max_calls: 2
      shop:
        mode: text
        start: greeter
        llm: brain
        tools:
          - look
          - end_call

    personas:
      greeter:
        instructions: You greet.
        greeting:
          say: Welcome to the desk.

    tools:
      look:
        description: Look something up.
        http:
          url: http://127.0.0.1:PORT/look
          headers:
            X-Key: "{{ secrets.TOOL_KEY or 'none' }}"

    runner:
      network:
        allow:
          - 127.0.0.1

    providers:
      brain:
        llm: script
        with:
          rules:
            - when_caller_says: bye
              call: end_call
            - when_caller_says: look
              call: look
            - when_tool_answered: end_call
              say: Goodbye.
            - when_tool_answered: look
              say: Looked.
            - when_caller_matches: 'i am (?P<name>[a-z]+)'
              call:
                remember:
                  name: "{name}"
          otherwise: I hear you.
"""


def write(folder, text=FOLDER):
    """Write a folder of one file."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "desk.yaml").write_text(textwrap.dedent(text), encoding="utf-8")
    return folder


@pytest.fixture(autouse=True)
def own_cache(monkeypatch, tmp_path_factory):
    """Nothing is read from or left in the person's own cache."""
    monkeypatch.setenv("LKRUN_CACHE_DIR", str(tmp_path_factory.getbasetemp() / "cache"))
    monkeypatch.setenv("LKRUN_STATE_DIR", str(tmp_path_factory.getbasetemp() / "state"))


class _Answers(BaseHTTPRequestHandler):
    def do_GET(self):
        self.server.keys.append(self.headers["X-Key"])
        self.server.traces.append(self.headers["traceparent"])
        self.server.asked.set()
        self.server.answers.wait(20)
        body = b'{"found": true}'
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


@pytest.fixture
def service():
    """A service for tools; `keys` are the secrets that it was shown, `traces` what it was told.

    `asked` is set when it is asked; while `answers` is clear, it answers nothing.
    """
    with ThreadingHTTPServer(("127.0.0.1", 0), _Answers) as server:
        server.keys, server.traces = [], []
        server.asked, server.answers = threading.Event(), threading.Event()
        server.answers.set()
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield server
        server.answers.set()
        server.shutdown()
        thread.join()


@pytest.fixture
def folder(tmp_path, service):
    """A folder with two text agents."""
    return write(tmp_path / "agents.d", FOLDER.replace("PORT", str(service.server_port)))


@pytest.fixture
def compiler(folder):
    """Its compiler."""
    return Compiler(folder, cache=Cache())


@pytest.fixture
def release(compiler):
    """Its release."""
    compiled = compiler.compile()
    assert compiled.release is not None, compiled.diagnostics
    return compiled.release


@pytest.fixture
def changed(folder, compiler):
    """Compile the folder with some words replaced."""

    def change(old, new):
        path = folder / "desk.yaml"
        path.write_text(path.read_text().replace(old, new))
        return compiler.compile().release

    return change


@pytest.fixture
def short():
    """A folder whose path is short enough for a unix socket."""
    path = Path(tempfile.mkdtemp(prefix="lk-"))
    yield path
    shutil.rmtree(path, ignore_errors=True)


@pytest.fixture
def store(short):
    """An empty store."""
    empty = Store(short)
    yield empty
    empty.destroy()


@pytest.fixture
def log():
    """A log in memory."""
    return Heard()


@pytest.fixture
def releases(store, release):
    """The release, served."""
    return Releases(store, release)


@pytest.fixture
def calls(releases, log):
    """No calls yet."""
    return Calls(releases, log)


@pytest.fixture
def admission(releases, calls):
    """Who is let in."""
    return Admission(releases, calls)


@pytest.fixture
def secrets():
    """What the environment holds."""
    return Secrets({"TOOL_KEY": "tool-secret", "LLM_KEY": "llm-secret"})


@pytest.fixture
def welcomes(releases, secrets):
    """What processes of calls begin with."""
    return Welcomes(releases, secrets)


@pytest.fixture
def renewals(releases, calls, welcomes, log):
    """Offers the served release."""
    return Renewals(releases, calls, welcomes, log)


@pytest.fixture
def tools(releases, secrets, log, folder):
    """Sends the requests of tools."""
    return ToolRequests(releases, secrets, log, files=partial(attached, folder), env={})


@pytest_asyncio.fixture
async def switchboard(calls, welcomes, tools, renewals):
    """Hears what processes say of their calls."""
    board = Switchboard(calls, welcomes, tools, renewals)
    yield board
    await board.stop()


@pytest.fixture(scope="session")
def warm_hosts():
    """Forks text hosts; starting each by itself would take more time than many of its tests."""
    hosts = WarmHosts()
    yield hosts
    hosts.close()


@pytest.fixture(autouse=True)
def forked_hosts(warm_hosts, monkeypatch):
    """Dialogues of this process have hosts that are forked, but where a test adds packages."""
    begun, packages = TextHost.start, os.environ.get("PYTHONPATH")

    async def start(socket):
        if os.environ.get("PYTHONPATH") != packages:
            return await begun(socket)
        return TextHost(await warm_hosts.start(socket))

    monkeypatch.setattr(TextHost, "start", start)


@pytest.fixture
def texts(store, welcomes, calls, switchboard):
    """The dialogues; no host runs yet."""
    return Dialogues(
        store.socket, welcomes, calls, calls._log, budget=lambda _: 60.0, take=switchboard.take,
        most=lambda: calls._releases.current.process.capacity.max_dialogues,
    )  # fmt: skip


@pytest.fixture
def outside(releases, calls, texts, switchboard):
    """Hands what others want done to the processes of calls."""
    made = Outside(releases, calls, texts)
    switchboard.on_acted = made.acted
    return made


@dataclass
class Socket:
    """A call socket that listens."""

    path: Path
    roll: Callable[[str], Awaitable[CommandResult]] | None = None
    show: Callable[[], Awaitable[PreviewShown]] | None = None

    async def go_back(self, release_id):
        """Go back to a release as the test has it."""
        return await self.roll(release_id)

    async def shown(self):
        """Show the folder as the test has it."""
        return await self.show()


@pytest.fixture
def voices(calls, admission, store, releases):
    """Calls by voice that the front holds; no process is there for them."""

    async def warm():
        return

    return Voices(calls, admission, store.root, mode=partial(mode_of, releases), warm=warm)


@pytest_asyncio.fixture
async def socket(store, releases, switchboard, calls, texts):
    """The call socket of the runner; `roll` is what goes back to a release."""
    call_socket = Socket(store.socket)
    control = Control(releases, call_socket.go_back, call_socket.shown)
    server = CallSocket(
        calls=switchboard.serve,
        dialogues=texts.serve,
        control=control.serve,
        blocked=BlockedProcesses(calls, calls._log).hear,
    )
    await server.start(store.socket)
    yield call_socket
    await texts.stop()
    await server.stop()


@pytest_asyncio.fixture
async def phone(socket):
    """Connects as the process of a call."""
    peers = []

    async def connect(call):
        peer = await Peer.connect(str(socket.path))
        peers.append(peer)
        peer.send(CallHello(call))
        return peer

    yield connect
    for peer in peers:
        await peer.close()


@pytest_asyncio.fixture
async def world(store, releases, admission, calls, monkeypatch):
    """Jobs of external agents with a stand-in of LiveKit; programs are looked for often."""
    for name, seconds in (("JOINING", 0.02), ("STAYING", 0.02), ("BACK", 0.1), ("GRACE", 0.1)):
        monkeypatch.setattr(presence, name, seconds)
    async with worlds(store, releases, admission, calls) as made:
        yield made
