"""The real promptfoo evaluates agents that are served."""

from __future__ import annotations

import json
import os
import re
import subprocess
import time
import urllib.request

import pytest

CASES = [
    ("greets", "hello", "EVENTS[0].text === 'Welcome to the desk.'", True),
    ("hears", "hello", "output.includes('I hear you.')", True),
    ("quotes", 'say "hi" & \\ {{x}}', "output.includes('I hear you.')", True),
    ("hands over", "money", "EVENTS.some((e) => e.type === 'handoff' && e.to === 'billing')", True),
    ("stays", "hello", "!EVENTS.some((e) => e.type === 'handoff')", True),
    ("calls a tool", "my name is Ann", "EVENTS.some((e) => e.name === 'remember')", True),
    ("remembers", "my name is Ann", "META.variables.name === 'Ann'", True),
    ("ends", "goodbye", "META.ended === true", True),
    ("does not end", "hello", "META.ended === false", True),
    ("has a session", "hello", "typeof META.sessionId === 'string'", True),
    ("has a duration", "hello", "META.duration >= 0 && META.duration < 30000", True),
    ("has a release", "hello", "/^[0-9a-f]{12}$/.test(META.release)", True),
    ("counts tokens", "hello", "USAGE.total === USAGE.prompt + USAGE.completion && USAGE.total > 0",
     True),
    ("umlauts", "Größe 漢字 🦊", "output.includes('I hear you.')", True),
    ("long", "word " * 2000, "output.includes('I hear you.')", True),
    ("wrong words", "hello", "output.includes('Good night')", False),
    ("wrong handoff", "hello", "EVENTS.some((e) => e.type === 'handoff')", False),
    ("wrong variable", "my name is Ann", "META.variables.name === 'Bob'", False),
    ("wrong end", "hello", "META.ended === true", False),
    ("model breaks", "break", "true", False),
]  # fmt: skip
"""Name, the caller's words, an assertion, and whether it must pass."""


def config(place, url):
    """What `lkrun promptfoo init` wrote, with the tests above."""
    text = (place / "promptfooconfig.yaml").read_text()
    head = text[: text.index("tests:\n")].replace("http://127.0.0.1:8090", url)
    # one agent, in both spellings; the prompt's braces are no template here
    head = re.sub(
        r"  - id: \S+\n    label: livekit:agent:(?:shop|phone)\n(?:      ?.*\n|    config:\n)+",
        "",
        head,
    )
    tests = [*map(_case, CASES), *_conversations()]
    return head + "tests: " + json.dumps(tests)


def _case(case):
    name, said, check, _ = case
    for short, long in (
        ("EVENTS", "META.events"),
        ("META", "context.providerResponse.metadata"),
        ("USAGE", "context.providerResponse.tokenUsage"),
    ):
        check = check.replace(short, long)
    return {
        "description": name,
        "vars": {"message": "{% raw %}" + said + "{% endraw %}" if "{{" in said else said},
        "assert": [{"type": "javascript", "value": check}],
    }


def _conversations():
    """A script of turns in one test, and a conversation that three tests share."""
    turns = ["my name is Eve", "money", "goodbye"]
    yield {
        "description": "a script",
        "options": {"disableVarExpansion": True},
        "vars": {"message": "", "turns": turns},
        "assert": [
            {"type": "javascript", "value": "output.includes('Goodbye.')"},
            {
                "type": "javascript",
                "value": "context.providerResponse.tokenUsage.numRequests === 3",
            },
        ],
    }
    for number, said in enumerate(["my name is Zoe", "hello", "hello again"]):
        check = "context.providerResponse.metadata.variables.name === 'Zoe'"
        yield {
            "description": f"shared {number}",
            "options": {"runSerially": True},
            "metadata": {"conversationId": "zoe"},
            "vars": {"message": said},
            "assert": [{"type": "javascript", "value": check}],
        }


@pytest.fixture(scope="module")
def promptfoo(tmp_path_factory):
    """Runs promptfoo's command; `tests/promptfoo/fetch-promptfoo` brings it."""
    command = os.environ.get("LKRUN_PROMPTFOO")
    if not command:
        pytest.skip("LKRUN_PROMPTFOO does not say where promptfoo is")
    env = {
        **os.environ,
        "PROMPTFOO_DISABLE_TELEMETRY": "1",
        "PROMPTFOO_DISABLE_UPDATE": "1",
        "PROMPTFOO_CONFIG_DIR": str(tmp_path_factory.mktemp("config")),
    }

    def run(place, *words, **more):
        return subprocess.run(
            [command, *words], cwd=place, env={**env, **more}, capture_output=True, text=True,
            check=False, timeout=110,
        )  # fmt: skip

    return run


def evaluated(promptfoo, place, text, **env):
    """Run an evaluation five at once; description → result, its exit code and output."""
    (place / "eval.yaml").write_text(text)
    out = place / "out.json"
    out.unlink(missing_ok=True)
    words = [
        "eval",
        "-c",
        "eval.yaml",
        "-o",
        str(out),
        "-j",
        "5",
        "--no-progress-bar",
        "--no-table",
    ]
    done = promptfoo(place, *words, **env)
    assert out.exists(), done.stdout + done.stderr
    results = json.loads(out.read_text())["results"]["results"]
    return {r["testCase"]["description"]: r for r in results}, done


@pytest.mark.timeout(150)
def test_an_evaluation_tells_what_is_right_and_what_is_wrong(promptfoo, place, runner, sessions):
    """Twenty-four tests five at once: those that must fail fail, and no session is left."""
    results, done = evaluated(promptfoo, place, config(place, runner))
    right = {name: r["success"] for name, r in results.items()}
    wanted = {name: passes for name, _, _, passes in CASES}
    wanted |= {"a script": True, "shared 0": True, "shared 1": True, "shared 2": True}
    assert right == wanted, done.stdout
    assert done.returncode == 100
    assert {r["provider"]["id"] for r in results.values()} == {"livekit:agent:desk"}
    assert "the model is down" in results["model breaks"]["error"]
    greets = results["greets"]["response"]
    assert set(greets["tokenUsage"]) >= {"total", "prompt", "completion"}
    assert {"sessionId", "events", "duration"} <= set(greets["metadata"])
    ended = time.monotonic()
    assert sessions() == []
    assert time.monotonic() - ended < 5


@pytest.mark.timeout(150)
def test_the_twin_in_python_says_the_same(promptfoo, place, runner, sessions):
    """The same tests with the other provider file."""
    text = config(place, runner).replace(
        "file://lkrun.mjs:endConversations", "file://lkrun.py:end_conversations"
    )
    results, done = evaluated(promptfoo, place, text.replace("file://lkrun.mjs", "file://lkrun.py"))
    right = {name: r["success"] for name, r in results.items()}
    assert {n for n, ok in right.items() if not ok} == {n for n, _, _, ok in CASES if not ok}, (
        done.stdout
    )
    assert done.returncode == 100
    assert sessions() == []


@pytest.mark.timeout(150)
def test_what_init_wrote_runs_as_it_is(promptfoo, place, runner, sessions):
    """The first evaluation of a beginner passes; `LKRUN_URL` says where the runner is."""
    done = promptfoo(place, "validate", "config", "-c", "promptfooconfig.yaml")
    assert done.returncode == 0, done.stdout + done.stderr
    text = (place / "promptfooconfig.yaml").read_text()
    results, done = evaluated(promptfoo, place, text, LKRUN_URL=runner)
    assert done.returncode == 0, done.stdout
    assert all(result["success"] for result in results.values())
    assert sessions() == []


@pytest.mark.timeout(150)
@pytest.mark.parametrize("file", ["lkrun.mjs", "lkrun.py"])
def test_aloud_each_result_says_where_it_can_be_heard(promptfoo, place, runner, sessions, file):
    """With `enableAudio` a result carries the address of its sound, and how long it is."""
    checks = (
        "/\\/v1\\/sessions\\/[^/]+\\/audio$/.test(META.audioUrl)",
        "META.audioDuration > 2000 && META.duration > 2000",
        "META.events.some((e) => e.role === 'user' && e.text === 'a taxi please')",
        "output === 'It is on its way.'",
    )
    check = " && ".join(checks).replace("META", "context.providerResponse.metadata")
    test = {
        "description": "aloud",
        "vars": {"message": "a taxi please"},
        "assert": [{"type": "javascript", "value": check}],
    }
    options = {"agent": "phone", "url": runner, "enableAudio": True, "sessionTimeout": 90_000}
    text = json.dumps(
        {
            "prompts": ["{{message}}"],
            "providers": [{"id": f"file://{file}", "config": options}],
            "evaluateOptions": {"cache": False},
            "tests": [test],
        }
    )
    results, done = evaluated(promptfoo, place, text)
    assert results["aloud"]["success"], done.stdout
    address = results["aloud"]["response"]["metadata"]["audioUrl"]
    with urllib.request.urlopen(address, timeout=20) as answer:  # noqa: S310 - our own
        assert answer.read(4) == b"RIFF"
    assert sessions() == []
