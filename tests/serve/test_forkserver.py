"""The warmed forkserver, in an interpreter of its own."""

import json
import os
import subprocess
import sys

import pytest

from runner.serve.child import warm
from runner.serve.child.packages import packages
from runner.serve.workers import forkserver

VOICE = (
    "mode: text\n    start: greeter\n    llm: brain\n    tools",
    "start: greeter\n    llm: brain\n    stt: ears\n    tts: voice\n    tools",
)
MORE = """providers:
  ears:
    stt: pocketsphinx
    with:
      phrases:
        - hello
  voice:
    tts: espeak
"""

PROBE = """
import multiprocessing, sys
from runner.serve.workers import forkserver

def probe(queue):
    import os, signal
    numbers = (signal.SIGHUP, signal.SIGINT, signal.SIGTERM)
    ignored = [n for n in numbers if signal.getsignal(n) is signal.SIG_IGN]
    blocked = signal.pthread_sigmask(signal.SIG_BLOCK, ())
    queue.put((sorted(sys.modules), dict(os.environ), [ignored, sorted(blocked)]))

if __name__ == "__main__":
    forkserver.start()
    forkserver.wait()
    context = multiprocessing.get_context("forkserver")
    queue = context.SimpleQueue()
    process = context.Process(target=probe, args=(queue,))
    process.start()
    modules, env, signals = queue.get()
    process.join()
    import json
    print(json.dumps(
        {"modules": modules, "env": env, "signals": signals, "main": sorted(sys.modules)}
    ))
"""

RENEWING = """
import json, multiprocessing, os, sys, time
from runner.serve.workers import forkserver

def job(started, end, env):
    started.put(os.environ.get("MARK"))
    end.get()
    sys.exit(7)

if __name__ == "__main__":
    os.environ["MARK"] = "old"
    forkserver.start()
    forkserver.wait()
    context = multiprocessing.get_context("forkserver")

    def begin():
        started, end = context.SimpleQueue(), context.SimpleQueue()
        process = context.Process(target=job, args=(started, end, None))
        process.start()
        return process, end, started.get()

    old, end_old, mark_old = begin()
    os.environ["MARK"] = "new"
    forkserver.renew()
    forkserver.reap()
    left_while_on = len(forkserver._left)
    new, end_new, mark_new = begin()
    end_old.put(1)
    old.join()
    while forkserver._left:
        forkserver.reap()
    end_new.put(1)
    new.join()
    print(json.dumps([mark_old, mark_new, left_while_on, old.exitcode, new.exitcode]))
"""


@pytest.fixture
def voiced(changed):
    """A release with a voice agent; its turn detection can be said."""

    def compile_(detection):
        turns = f"\n    turn_taking:\n      detection: {detection}" if detection else ""
        changed("providers:\n", MORE)
        return changed(VOICE[0], VOICE[1].replace("\n    tools", f"{turns}\n    tools"))

    return compile_


@pytest.mark.parametrize(("detection", "needed"), [(None, True), ("model", True), ("vad", False)])
def test_the_turn_model_is_loaded_where_it_is_used(voiced, detection, needed):
    """250 MB are spent only when an agent finds the ends of turns by the model."""
    assert forkserver.plan(voiced(detection), [])["turn_model"] is needed


def test_text_needs_no_turn_model(release):
    """Nobody listens in a text agent."""
    assert forkserver.plan(release, ["f"]) == {"files": ["f"], "turn_model": False}


def test_a_job_begins_with_everything_in_memory(tmp_path, releases, release):
    """Session, plugin and templates are imported in a new process, and not in the main one."""
    script = tmp_path / "probe.py"
    script.write_text(PROBE)
    files = [releases.file(release.id, "desk"), "/no/such/file"]
    env = {**os.environ, warm.PLAN: json.dumps({"files": files, "turn_model": False})}
    done = subprocess.run(
        [sys.executable, script], env=env, capture_output=True, text=True, check=True, timeout=60
    )
    packages_loaded = json.loads(done.stdout)
    wanted = {
        "runner.session.conversation",
        "runner.serve.child.job",
        "jmespath",
        "lkrun_script.model",
    }
    assert wanted <= set(packages_loaded["modules"])
    assert not {"livekit.agents", "runner.session", "lkrun_script"} & set(packages_loaded["main"])
    assert warm.PLAN not in packages_loaded["env"]


def test_a_signal_to_the_group_ends_no_job(tmp_path):
    """Ctrl-C, a terminal that closes, `kill` of the group: a job ignores them from its birth."""
    script = tmp_path / "probe.py"
    script.write_text(PROBE)
    env = {**os.environ, warm.PLAN: json.dumps({"files": [], "turn_model": False})}
    done = subprocess.run(
        [sys.executable, script], env=env, capture_output=True, text=True, check=True, timeout=60
    )
    assert json.loads(done.stdout)["signals"] == [sorted(warm.GROUP), []]


def test_warming_never_fails(monkeypatch):
    """Whatever a module, a file or a plugin raises, the forkserver lives on."""
    monkeypatch.setattr(warm, "_MODULES", ("no.such.module",))
    monkeypatch.setattr("signal.signal", lambda *_: None)
    monkeypatch.delenv("LIVEKIT_AGENTS_PRELOAD_LOCAL_INFERENCE", raising=False)
    warm.warm_up({"files": ["/no/such/file"], "turn_model": True})


def test_options_without_templates_are_checked_ahead(monkeypatch, releases, release):
    """What checking options reads (a dictionary, a list of voices) stays for all calls."""
    monkeypatch.setattr("signal.signal", lambda *_: None)
    monkeypatch.setenv("LIVEKIT_AGENTS_PRELOAD_LOCAL_INFERENCE", "0")
    warm.warm_up({"files": [releases.file(release.id, "desk")], "turn_model": False})
    assert "lkrun_script.model" in sys.modules


def test_a_plugin_that_is_gone_is_left_to_the_call(release):
    """A provider that cannot be found is no mistake here: the call says what is wrong."""
    provider = release.agents["desk"].providers["brain"]
    warm._provider(provider.model_copy(update={"llm": "nothing"}))


def test_the_plan_is_kept_for_the_next_forkserver(monkeypatch):
    """Python starts another forkserver when one has died; it warms the same."""
    monkeypatch.delenv(warm.PLAN, raising=False)
    forkserver.follow({"files": ["a"]})
    assert json.loads(os.environ.pop(warm.PLAN)) == {"files": ["a"]}


def test_a_left_forkserver_lives_until_its_calls_have_ended(tmp_path):
    """New calls have the environment of now; the old one's end is told as it was."""
    script = tmp_path / "renewing.py"
    script.write_text(RENEWING)
    env = {**os.environ, warm.PLAN: json.dumps({"files": [], "turn_model": False})}
    done = subprocess.run(
        [sys.executable, script], env=env, capture_output=True, text=True, check=True, timeout=90
    )
    assert json.loads(done.stdout) == ["old", "new", 1, 7, 7]


def test_packages_are_those_of_the_providers(release, voiced):
    """With the versions that are installed."""
    assert set(packages(release)) == {"lkrun-script"}
    packages_loaded = packages(voiced(None))
    assert set(packages_loaded) == {"lkrun-script", "lkrun-pocketsphinx", "lkrun-espeak"}
    assert all(version for version, _ in packages_loaded.values())
