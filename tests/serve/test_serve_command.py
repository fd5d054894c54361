"""`lkrun serve` and `lkrun token` as commands."""

import asyncio
import json
import os
import signal
import subprocess
import sys
import urllib.request
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from support.fake_livekit import KEY, SECRET
from support.waiting import until

from runner.serve.browser import here

LIVEKIT = {"LIVEKIT_URL": "ws://127.0.0.1:9", "LIVEKIT_API_KEY": KEY, "LIVEKIT_API_SECRET": SECRET}


def environment(**more):
    """This environment without LiveKit."""
    env = {n: v for n, v in os.environ.items() if not n.startswith(("LIVEKIT", "LKRUN_SEC"))}
    return {**env, "TOOL_KEY": "tool-secret", **more}


def lkrun(*arguments, **more):
    """Run a command to its end."""
    command = [sys.executable, "-m", "runner", *map(str, arguments)]
    return subprocess.run(
        command, env=environment(**more), capture_output=True, text=True, check=False, timeout=50
    )


@pytest.fixture
def served(folder):
    """Starts `lkrun serve`; yields it once a given event was logged, with the events before."""
    running = []

    def start(*options, until="ready", **more):
        command = [
            sys.executable,
            "-m",
            "runner",
            "serve",
            str(folder),
            "--port",
            "0",
            "--log-format",
            "json",
            *options,
        ]
        process = subprocess.Popen(
            command,
            env=environment(**more),
            stderr=subprocess.PIPE,
            text=True,
            process_group=0,
            cwd=folder.parent,
        )
        running.append(process)
        return process, event(process, until)

    yield start
    for process in running:
        process.kill()
        process.wait()
        process.stderr.close()


def event(process, name):
    """Read the log up to an event."""
    for line in process.stderr:
        parsed = json.loads(line)
        if parsed["event"] == name:
            return parsed
    raise AssertionError(f"the log ended without {name}")


def post(url, data, **headers):
    """Ask the front."""
    request = urllib.request.Request(  # noqa: S310 - our own address
        url, json.dumps(data).encode(), {"Content-Type": "application/json", **headers}
    )
    with urllib.request.urlopen(request, timeout=20) as answer:  # noqa: S310 - as above
        return json.load(answer)


@pytest.mark.cold
def test_text_is_served_without_livekit(served, service):
    """It says so, is ready, answers by text with a tool, and ends with 0 at SIGTERM."""
    process, ready = served()
    assert (ready["agents"], ready["livekit"]) == (["desk", "shop"], None)
    turn = post(f"{ready['http']}/v1/agents/desk/turns", {"text": "look"})
    assert turn["text"] == "Looked."
    assert service.keys == ["tool-secret"]
    process.send_signal(signal.SIGTERM)
    assert process.wait(20) == 0


def test_a_preview_is_talked_with_while_callers_keep_what_is_served(served, folder):
    """By its link alone: what is saved greets there, what is served greets everybody else."""
    _, ready = served("--no-reload")
    path = folder / "desk.yaml"
    path.write_text(path.read_text().replace("Welcome", "Good day"))
    done = lkrun("preview", folder, "--format", "json")
    link = json.loads(done.stdout)
    address, _, token = link["url"].partition("/#preview=")
    assert address == ready["http"]
    turns = f"{address}/v1/agents/desk/turns"
    shown = post(turns, {}, Authorization=f"Bearer {token}")
    assert (shown["text"], shown["release"]) == ("Good day to the desk.", link["release"])
    assert post(turns, {})["text"] == "Welcome to the desk."


def test_the_page_is_opened_in_the_browser_of_the_person(served, tmp_path):
    """The one that their environment names, which the runner itself does not keep."""
    opened = tmp_path / "opened"
    os.mkfifo(opened)
    browser = tmp_path / "browser"
    browser.write_text(f'#!/bin/sh\nprintf "%s" "$1 $PRIVATE" > "{opened}"\n')
    browser.chmod(0o755)
    _, ready = served("--open", BROWSER=f"{browser} %s", PRIVATE="yes")
    assert opened.read_text() == f"{ready['http']} yes"


def test_where_there_is_no_browser_the_address_is_told(served, tmp_path):
    """As a warning; the runner serves on."""
    empty = str(tmp_path)
    process, warned = served("--open", until="no_browser", PATH=empty, BROWSER="", DISPLAY="")
    assert warned["http"].startswith("http://127.0.0.1:")
    assert process.poll() is None


@pytest.mark.parametrize(
    ("address", "opened"),
    [
        ("http://127.0.0.1:8090", "http://127.0.0.1:8090"),
        ("http://0.0.0.0:8090", "http://127.0.0.1:8090"),
        ("http://[::]:8090", "http://[::1]:8090"),
        ("http://192.168.1.2:80", "http://192.168.1.2:80"),
    ],
)
def test_an_address_that_means_all_is_opened_at_this_machine(address, opened):
    """A browser cannot open 0.0.0.0."""
    assert here(address) == opened


def test_a_change_is_served_to_the_next_dialogue(served, folder):
    """Saving a file is enough; the log names the new release."""
    process, ready = served()
    path = folder / "desk.yaml"
    path.write_text(path.read_text().replace("Welcome", "Good day"))
    reload = event(process, "reload")
    assert (reload["result"], reload["release"] != ready["release"]) == ("ok", True)
    turn = post(f"{ready['http']}/v1/agents/desk/turns", {})
    assert turn["text"] == "Good day to the desk."


def test_ctrl_c_ends_in_order(served):
    """Without calls one Ctrl-C is enough, and it is no failure."""
    process, _ = served("--no-reload", "--drain", "5s")
    process.send_signal(signal.SIGINT)
    assert process.wait(20) == 0


@pytest.mark.parametrize(("options", "seconds"), [((), 0.2), (("--drain", "300ms"), 0.3)])
def test_what_is_on_ends_when_the_patience_is_over(served, folder, service, options, seconds):
    """`runner.shutdown.drain` bounds how long SIGTERM waits; `--drain` comes before it."""
    path = folder / "desk.yaml"
    path.write_text(
        path.read_text().replace("\nrunner:\n", "\nrunner:\n  shutdown:\n    drain: 200ms\n")
    )
    process, ready = served("--no-reload", *options)
    service.answers.clear()
    with ThreadPoolExecutor(1) as pool:
        turn = pool.submit(post, f"{ready['http']}/v1/agents/desk/turns", {"text": "look"})
        assert service.asked.wait(20)
        process.send_signal(signal.SIGTERM)
        assert event(process, "draining")["seconds"] == seconds
        assert process.wait(20) == 0
        assert turn.exception(20) is not None


@pytest.mark.parametrize(("presses", "code"), [(1, 0), (2, 130)])
def test_ctrl_c_at_a_terminal(served, service, presses, code):
    """All processes get it: a turn is answered to its end, unless it is pressed again."""
    process, ready = served("--no-reload", "--drain", "60s")
    service.answers.clear()
    with ThreadPoolExecutor(1) as pool:
        turn = pool.submit(post, f"{ready['http']}/v1/agents/desk/turns", {"text": "look"})
        assert service.asked.wait(20)
        os.killpg(process.pid, signal.SIGINT)
        event(process, "draining")
        if presses > 1:
            os.killpg(process.pid, signal.SIGINT)
        else:
            service.answers.set()
        assert process.wait(20) == code
        if presses == 1:
            assert turn.result(20)["text"] == "Looked."
        else:
            assert turn.exception(20) is not None


@pytest.mark.cold
def test_livekit_that_is_away_is_told_once(served):
    """The runner goes on, is not ready, and ends in order."""
    process, lost = served(until="livekit_lost", **LIVEKIT)
    assert lost["error"] == "Connection refused" or "connect" in lost["error"].lower()
    process.send_signal(signal.SIGTERM)
    rest = process.stderr.read()
    assert process.wait(30) == 0
    assert "livekit_lost" not in rest
    assert "Traceback" not in rest


@pytest.mark.parametrize(
    ("arguments", "more", "code", "words"),
    [
        (["nowhere"], {}, 2, "there is no folder"),
        (["--drain", "5"], {}, 2, "write a number and its unit"),
        (["--host", "0.0.0.0"], {}, 1, "would open the front"),  # noqa: S104 - it is refused
        ([], {"LIVEKIT_AGENT_NAME_OVERRIDE": "x"}, 2, "unset it"),
        ([], {"LIVEKIT_URL": "ws://x"}, 1, "only in part"),
    ],
)
def test_wrong_use_is_said(folder, arguments, more, code, words):
    """What cannot be done is one plain sentence and an exit code."""
    given = arguments if arguments == ["nowhere"] else [folder, *arguments]
    done = lkrun("serve", *given, "--port", "0", **more)
    assert done.returncode == code, done.stderr
    assert words in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize("form", ["text", "json"])
def test_mistakes_and_missing_secrets_are_all_told(folder, form):
    """A folder that cannot be served ends with 1 and everything that is wrong."""
    path = folder / "desk.yaml"
    path.write_text(path.read_text().replace("start: greeter", "start: nobody", 1))
    done = lkrun("serve", folder, "--log-format", form, TOOL_KEY="")
    assert done.returncode == 1
    assert "E202" in done.stderr
    assert done.stdout == ""
    if form == "json":
        assert json.loads(done.stderr)["result"] == "rejected"
    else:
        assert "\nmore about E202: lkrun explain E202 (and so for E405)\n" in done.stderr


def test_a_taken_port_is_said(served, folder):
    """Another program's port is named, with what to do."""
    _, ready = served()
    port = ready["http"].rpartition(":")[2]
    done = lkrun("serve", folder, "--port", port)
    assert done.returncode == 1
    assert f"port {port}" in done.stderr


def test_a_token_dispatches_its_agent(folder):
    """The room configuration names the agent; the document has the four fields."""
    done = lkrun(
        "token",
        "desk",
        folder,
        "--room",
        "r",
        "--identity",
        "me",
        "--metadata",
        '{"a": 1}',
        "--format",
        "json",
        **LIVEKIT,
    )
    parsed = json.loads(done.stdout)
    assert (parsed["server_url"], parsed["room_name"], parsed["identity"]) == (
        "ws://127.0.0.1:9",
        "r",
        "me",
    )
    from livekit import api  # noqa: PLC0415 - only here

    claims = api.TokenVerifier(KEY, SECRET).verify(parsed["participant_token"])
    (dispatch,) = claims.room_config.agents
    assert (dispatch.agent_name, dispatch.metadata) == ("desk", '{"a": 1}')
    assert "meet.livekit.io" in lkrun("token", "desk", folder, **LIVEKIT).stdout


@pytest.mark.parametrize(
    ("arguments", "env", "code", "words"),
    [
        (["dest"], LIVEKIT, 2, "did you mean 'desk'"),
        (["desk", "--metadata", "{"], LIVEKIT, 2, "it is not JSON"),
        (["desk"], {}, 1, "LiveKit is not configured"),
        (["desk"], {"LIVEKIT_URL": "ws://x"}, 1, "only in part"),
    ],
)
def test_a_token_that_cannot_be_made(folder, arguments, env, code, words):
    """The agent is not here, the metadata is no JSON, or LiveKit is not configured."""
    done = lkrun("token", arguments[0], folder, *arguments[1:], **env)
    assert (done.returncode, words in done.stderr) == (code, True), done.stderr


TESTS = """
tests:
  desk_greets:
    agent: desk
    steps:
      - agent:
          says: Welcome to the desk
"""


def test_a_folder_whose_tests_fail_is_not_served(folder):
    """With `--gate tests` the report is shown, and nothing is begun."""
    (folder / "tests.yaml").write_text(TESTS.replace("Welcome", "Good day"))
    done = lkrun("serve", folder, "--gate", "tests", "--port", "0")
    assert done.returncode == 1
    assert "tests.yaml:7:11: error[E501]: test 'desk_greets' fails at step 1: " in done.stderr
    assert "greeter: Welcome to the desk." in done.stderr
    assert "tests: 1 failed" in done.stderr


def test_a_save_whose_tests_fail_reaches_no_caller(served, folder):
    """The old release answers on; the page and the log have the report; the next save is served."""
    (folder / "tests.yaml").write_text(TESTS)
    process, ready = served("--gate", "tests")
    path = folder / "desk.yaml"
    path.write_text(path.read_text().replace("Welcome", "Good day"))
    reload = event(process, "reload")
    assert (reload["result"], reload["release"]) == ("rejected", ready["release"])
    assert [d["code"] for d in reload["diagnostics"]] == ["E501"]
    assert reload["tests"]["failed"] == 1
    turn = post(f"{ready['http']}/v1/agents/desk/turns", {})
    assert turn["text"] == "Welcome to the desk."
    (folder / "tests.yaml").write_text(TESTS.replace("Welcome", "Good day"))
    assert event(process, "reload")["result"] == "ok"


def test_sigterm_ends_a_runner_that_is_still_testing(folder):
    """It ends with 0 before anything is served, and takes the tests with it."""
    (folder / "tests.yaml").write_text(TESTS + "    repeat: 1000\n")
    command = [sys.executable, "-m", "runner", "serve", str(folder), "--gate", "tests"]
    with subprocess.Popen(command, env=environment(), process_group=0) as process:
        asyncio.run(until(lambda: children(process.pid)))
        (child,) = children(process.pid)
        process.send_signal(signal.SIGTERM)
        assert process.wait(20) == 0
    assert not Path(f"/proc/{child}").exists()


def children(parent):
    """The processes that run tests for another."""
    parsed = Path(f"/proc/{parent}/task/{parent}/children").read_text().split()
    return [c for c in parsed if b"child.gate" in Path(f"/proc/{c}/cmdline").read_bytes()]
