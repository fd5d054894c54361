"""A whole conversation with a service that sends everything back: no secret is written anywhere."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
import urllib.request
from pathlib import Path

import pytest
from support.leaky import FOLDER, PIN, PLUGIN, SECRETS, echoing, files, leaks
from support.site import Site

ROOT = Path(__file__).parents[2]


@pytest.fixture
def service(folder):
    """The service, and the folder whose tools ask it."""
    with echoing() as server:
        (folder / "desk.yaml").write_text(FOLDER.replace("PORT", str(server.server_address[1])))
        yield server


@pytest.fixture
def env(tmp_path):
    """The secrets, and a package whose tool fails and says its key."""
    site = Site(tmp_path / "site")
    site.folder.mkdir()
    site.plugin("scales", PLUGIN, "tool")
    return {**SECRETS, "PYTHONPATH": f"{site.folder}{os.pathsep}{ROOT}"}


SAID = "one\ntwo\nthree\nlost\nfour\nweigh\n"
CALLS = (("one", "json"), ("one", "text"), ("two", "text"), ("lost", "json"), ("four", "json"))
METADATA = json.dumps({"pin": PIN})


@pytest.mark.usefixtures("service")
def test_a_conversation_writes_no_secret(lkrun, folder, tmp_path, env):
    """Events, log at `debug`, cassettes, reports and the cache: none of them has a value."""
    talk = ("chat", folder, "--log-level", "debug", "--metadata", METADATA)
    runs = [lkrun(*talk, "--format", form, stdin=SAID, env=env) for form in ("json", "text")]
    assert [done.returncode for done in runs] == [0, 0], runs[0].stderr
    assert runs[0].stdout.count('"tool_result"') == 6
    assert "***" in runs[0].stdout
    assert "is refused" in runs[0].stderr
    written = files(tmp_path, folder / "desk.yaml", tmp_path / "site" / "made_up_scales.py")
    written |= {f"run {n}": (done.stdout + done.stderr).encode() for n, done in enumerate(runs)}
    assert leaks(written) == []


@pytest.mark.usefixtures("service")
def test_a_tool_by_hand_writes_no_secret(lkrun, folder, tmp_path, env):
    """What `tool call` shows, logs and records has no value, in either form."""
    runs = [
        lkrun(
            "tool", "call", name, folder, "--record", f"{tmp_path}/{name}-{form}.json",
            "--var", f"pin={PIN}", "--log-level", "debug", "--format", form, env=env,
        )
        for name, form in CALLS
    ]  # fmt: skip
    assert [done.returncode for done in runs] == [0, 0, 1, 1, 0], runs[-1].stderr
    assert "***" in (tmp_path / "one-json.json").read_text()
    assert "***" in (tmp_path / "four-json.json").read_text()
    written = files(tmp_path, folder / "desk.yaml", tmp_path / "site" / "made_up_scales.py")
    written |= {f"run {n}": (done.stdout + done.stderr).encode() for n, done in enumerate(runs)}
    assert leaks(written) == []


def test_a_recorded_test_holds_no_secret(lkrun, folder, tmp_path, env, service):
    """The test that is made of a talk, its cassettes and the reports of its runs have no value."""
    service.known.remove(PIN)  # nobody gives it in this talk, so nobody knows it
    junit = tmp_path / "junit.xml"
    record = lkrun("test", "record", "chat", folder, "--name", "talk", stdin="one\nfour\n", env=env)
    runs = [
        record,
        lkrun("test", folder, "--coverage", "--log-level", "debug", "--junit", junit, env=env),
        lkrun("check", folder, "--keys", "--format", "json", env=env),
        lkrun("doctor", folder, "--format", "json", env=env),
    ]
    assert "Bearer ***" in (folder / "talk.yaml").read_text()
    assert junit.is_file()
    assert '"own_voice"' in runs[-1].stdout
    written = files(tmp_path, folder / "desk.yaml", tmp_path / "site" / "made_up_scales.py")
    written |= {f"run {n}": (done.stdout + done.stderr).encode() for n, done in enumerate(runs)}
    assert leaks(written) == []


@pytest.mark.usefixtures("service")
def test_a_served_conversation_writes_no_secret(folder, tmp_path, env):
    """HTTP answers, events and their stream, figures, the log and stored releases have no value."""
    # a server of LiveKit's that another test has named would be waited for
    own = {name: text for name, text in os.environ.items() if not name.startswith("LIVEKIT_")}
    surroundings = {**own, **env, "HOME": str(tmp_path), "TMPDIR": str(tmp_path)}
    command = [sys.executable, "-m", "runner", "serve", str(folder), "--port", "0"]
    log = tmp_path / "log.jsonl"
    with log.open("wb") as file, subprocess.Popen(
        [*command, "--log-format", "json", "--log-level", "debug"],
        env=surroundings, stderr=file, stdout=file, cwd=tmp_path, process_group=0,
    ) as process:  # fmt: skip
        try:
            answers = talked(ready(log, process), SAID.split())
        finally:
            process.terminate()
            process.wait(40)
    assert b"***" in answers["turn one"]
    assert b"lkrun_" in answers["/metrics"]
    assert answers["stream"].count(b"***") >= answers["turn one"].count(b"***")
    assert b'"type": "end"' in answers["stream"]
    written = files(tmp_path, folder / "desk.yaml", tmp_path / "site" / "made_up_scales.py")
    assert b'"is refused' in written["log.jsonl"] or b"is refused" in written["log.jsonl"]
    assert leaks({**written, **answers}) == []


def ready(log, process):
    """The address of the front, once it is ready."""
    while process.poll() is None:
        whole, _, _ = log.read_bytes().rpartition(b"\n")  # the last line may be half written
        for line in whole.splitlines():
            event = json.loads(line) if line.startswith(b"{") else {}
            if event.get("event") == "ready":
                return event["http"]
        threading.Event().wait(0.05)
    raise AssertionError(log.read_text())


def talked(address, turns):
    """Say each of these, and read everything that the front tells; name → answer."""
    answers, session = {}, None
    for words in turns:
        data = {"text": words, **({"session_id": session} if session else {})}
        if session is None:
            data["metadata"] = {"pin": PIN}
        answers[f"turn {words}"] = asked(f"{address}/v1/agents/desk/turns", data)
        session = json.loads(answers[f"turn {words}"])["session_id"]
    pages = (f"/v1/sessions/{session}", "/v1/sessions", "/metrics", "/openapi.json", "/v1/agents")
    answers |= {page: asked(address + page) for page in pages}
    asked(f"{address}/v1/sessions/{session}", method="DELETE")
    answers["stream"] = asked(f"{address}/v1/sessions/{session}/events")  # to its end
    return answers


def asked(url, data=None, method=None):
    """Ask the front, with its token."""
    headers = {
        "Content-Type": "application/json",
        "Authorization": f"Bearer {SECRETS['FRONT_TOKEN']}",
    }
    body = json.dumps(data).encode() if data is not None else None
    request = urllib.request.Request(url, body, headers, method=method)  # noqa: S310 - our own address
    with urllib.request.urlopen(request, timeout=30) as answer:  # noqa: S310 - as above
        return answer.read()
