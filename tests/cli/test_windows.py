"""What works on Windows asks for no module that Windows lacks."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
LACKING = ("fcntl", "grp", "pty", "pwd", "resource", "termios", "tty")
OF_OS = ("killpg", "setsid", "getpgid", "tcgetpgrp", "fork", "getuid", "geteuid")
OF_SIGNAL = ("SIGHUP", "SIGKILL", "SIGUSR1", "SIGWINCH", "pthread_sigmask")
"""What these modules lack on Windows. An event loop takes no signals there either, and can wait for
sockets only, not for pipes."""

HIDDEN = f"""\
import sys
class Windows:
    def find_spec(self, name, path=None, target=None):
        if name in {LACKING}:
            raise ModuleNotFoundError(f"No module named {{name!r}}", name=name)
import asyncio, os, selectors, signal, stat, subprocess, tempfile
import multiprocessing.connection
for name in {LACKING}:
    sys.modules.pop(name, None)
sys.meta_path.insert(0, Windows())
for module, names in ((os, {OF_OS}), (signal, {OF_SIGNAL})):
    for name in names:
        delattr(module, name)
subprocess.Popen.kill = lambda process: process.send_signal(9)
def refuse(loop, number, work, *arguments):
    raise NotImplementedError
asyncio.SelectorEventLoop.add_signal_handler = refuse
register = selectors.DefaultSelector.register
def only_sockets(selector, file, *arguments):
    number = file if isinstance(file, int) else file.fileno()
    if not stat.S_ISSOCK(os.fstat(number).st_mode):
        raise OSError(10038, "an operation was attempted on something that is not a socket")
    return register(selector, file, *arguments)
selectors.DefaultSelector.register = only_sockets
from runner.cli import run
run()
"""
OF_OTHERS = "import asyncio, psutil\n"
"""These have other modules of their own on Windows, and have to be there before."""


def on_windows(tmp_path, *arguments, before="", stdin=""):
    """Run `lkrun` where the modules cannot be imported."""
    return subprocess.run(
        [sys.executable, "-c", before + HIDDEN, *arguments],
        input=stdin,
        capture_output=True,
        text=True,
        cwd=ROOT,
        env={
            "PATH": os.environ["PATH"],
            "HOME": str(tmp_path),
            "TMPDIR": str(tmp_path),
            "LKRUN_CACHE_DIR": str(tmp_path / "cache"),
        },
        timeout=50,
        check=False,
    )


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["check", "agents.d"], "no mistakes"),
        (["check", "agents.d", "--format", "json"], '"ok": true'),
        (["check", "examples/shop"], "checked"),
        (["chat", "--help"], "Usage: lkrun chat"),
        (["explain", "E101"], "# E101"),
        (["diff", "agents.d", "agents.d"], "nothing changes for callers"),
        (["diff", "agents.d", "examples/pizza"], "clinic"),
        (["graph", "agents.d"], "receptionist"),
        (["schema"], "properties"),
    ],
)
def test_what_works_on_windows_imports_nothing_that_it_lacks(tmp_path, arguments, words):
    """Each of these does its whole work without the modules."""
    done = on_windows(tmp_path, *arguments)
    assert (done.returncode, done.stderr) == (0, "")
    assert words in done.stdout


@pytest.mark.parametrize("options", [[], ["--with-reload"], ["--format", "json"]])
def test_a_talk_works_on_windows(tmp_path, options):
    """`lkrun chat` answers, with nothing of lkrun's own asking for the modules."""
    done = on_windows(tmp_path, "chat", "agents.d", *options, before=OF_OTHERS, stdin="hello\n")
    assert done.returncode == 0, done.stderr
    assert "I can book an appointment" in done.stdout


def test_kept_releases_are_where_serve_runs(tmp_path):
    """Where no release can be kept, it is said of the one that is asked for, in one line."""
    done = on_windows(tmp_path, "diff", "agents.d", "abcdef12")
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr == ("Error: releases are kept by lkrun serve, which needs Linux or macOS\n")


@pytest.mark.parametrize("encoding", ["cp1252", "iso8859-15", "cp437"])
@pytest.mark.parametrize("form", ["text", "json", "github"])
def test_a_terminal_that_lacks_letters_is_no_bug(lkrun, folder, encoding, form):
    """What cannot be written in an encoding is a question mark, and JSON stays JSON."""
    (folder / "a.yaml").write_text(
        "agents:\n  desk:\n    start: 予約\n    llm: openai/gpt-4.1-mini\n    mode: text\n"
        "personas:\n  host:\n    instructions: x\n",
        encoding="utf-8",
    )
    done = lkrun("check", folder, "--format", form, env={"PYTHONIOENCODING": encoding})
    assert (done.returncode, done.stderr) == (1, "")
    assert "unknown persona '??'" in done.stdout
    if form == "json":
        assert json.loads(done.stdout)["ok"] is False


def test_the_plain_picture_needs_no_arrows(lkrun):
    """Arrows that a terminal lacks are question marks, and the names stand beside them."""
    done = lkrun("graph", "--format", "text", env={"PYTHONIOENCODING": "iso8859-15"})
    assert (done.returncode, done.stderr) == (0, "")
    assert "??? booking" in done.stdout
