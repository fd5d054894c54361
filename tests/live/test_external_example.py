"""The example programs take a call at a real LiveKit server: they hear, and answer by voice."""

from __future__ import annotations

import json
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest
from support.live import needs
from support.live.callers import calling
from support.live.served import ROOT
from support.program import SECRET

from runner.egress.signed import ManySignatures, body_of
from runner.secret import Secret

pytestmark = pytest.mark.timeout(150)

EXAMPLE = ROOT / "examples" / "external-agents"


def free_port():
    """A port that nobody listens at."""
    with socket.create_server(("127.0.0.1", 0)) as found:
        return found.getsockname()[1]


@pytest.fixture(scope="module")
def typescript(tmp_path_factory):
    """The example in TypeScript, compiled as strictly as there is."""
    node = shutil.which("node") or needs.lacking("there is no Node")
    kept = Path(os.environ.get("LKRUN_EXTERNAL_TYPESCRIPT", ""))
    if not (kept / "complete").is_file():
        needs.lacking(
            "LKRUN_EXTERNAL_TYPESCRIPT names no folder: tests/live/fetch-external-typescript"
        )
    built = tmp_path_factory.mktemp("typescript")
    shutil.copytree(EXAMPLE / "typescript", built, dirs_exist_ok=True)
    (built / "node_modules").symlink_to(kept / "node_modules")
    compiler = built / "node_modules" / "typescript" / "bin" / "tsc"
    subprocess.run([node, str(compiler)], cwd=built, check=True, timeout=90)
    return [node, str(built / "dist" / "index.js")]


@pytest.fixture
def go_program():
    """The example in Go, built."""
    program = Path(os.environ.get("LKRUN_EXTERNAL_GO", ""))
    if not program.is_file():
        needs.lacking("LKRUN_EXTERNAL_GO names no program: tests/live/fetch-external-go")
    return str(program)


@contextmanager
def running(command, port):
    """A program, listening; it shows no mistake until its end."""
    env = {**os.environ, "CONCIERGE_SECRET": SECRET, "PORT": str(port), "PYTHONUNBUFFERED": "1"}
    with tempfile.TemporaryFile("w+") as errors:
        process = subprocess.Popen(
            command, env=env, stdout=subprocess.PIPE, stderr=errors, text=True
        )  # fmt: skip
        try:
            assert process.stdout is not None
            line = process.stdout.readline()
            assert str(port) in line
            yield process
        finally:
            process.terminate()
            process.communicate(timeout=20)
            errors.seek(0)
            written = errors.read()
        assert "Traceback" not in written, written
        assert "Error" not in written, written


async def takes_a_call(livekit, lkrun_serve, command, words=None):
    """A caller is heard and answered, in words too where there are; it is reported as a success."""
    port = free_port()
    with running(command, port):
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
            if words is not None:
                await caller.writes("Where is the station?")
                await caller.reads(words)
        ended = await runner.event("external_ended")
        assert (ended["agent"], ended["status"]) == ("concierge", "success")


async def test_the_example_in_python_hears_and_answers(livekit, lkrun_serve):
    """It joins, sounds when it has heard a sentence, and reports that the call went well."""
    program = [sys.executable, str(EXAMPLE / "python" / "agent.py")]
    await takes_a_call(livekit, lkrun_serve, program)


async def test_the_example_in_typescript_hears_and_answers(livekit, lkrun_serve, typescript):
    """The same, by LiveKit's SDK for Node; what the caller writes a model of the AI SDK answers."""
    await takes_a_call(livekit, lkrun_serve, typescript, "May I call you a taxi?")


async def test_the_example_in_go_hears_and_answers(livekit, lkrun_serve, go_program):
    """The same, by LiveKit's SDK for Go; its server says when the caller has spoken."""
    await takes_a_call(livekit, lkrun_serve, [go_program])


def test_the_standardwebhooks_of_npm_verify_what_is_sent(typescript, monkeypatch):
    """A right one is taken; a changed byte and one that is older than 5 minutes are refused."""
    node, program = typescript
    body = body_of({"type": "agent.job.requested", "name": "Zoë"})
    script = (
        "import { Webhook } from 'standardwebhooks'; import { readFileSync } from 'node:fs';"
        "const [secret, headers] = process.argv.slice(-2);"
        "new Webhook(secret).verify(readFileSync(0), JSON.parse(headers));"
    )

    def verified(content, ago=0):
        now = time.time()
        monkeypatch.setattr("runner.egress.signed.time.time", lambda: now - ago)
        request = httpx.Request("POST", "http://x.example/", content=body)
        next(ManySignatures((Secret(SECRET),), "msg_1", "standard").auth_flow(request))
        monkeypatch.undo()
        command = [
            node, "--input-type=module", "-e", script, SECRET, json.dumps(dict(request.headers)),
        ]  # fmt: skip
        folder = Path(program).parents[1]
        done = subprocess.run(command, input=content, cwd=folder, capture_output=True, check=False)
        return done.returncode == 0

    assert verified(body)
    assert not verified(body.replace(b"Zo", b"Za"))
    assert not verified(body, 301)
