"""Commands of lkrun forked from one process that has imported what they need, for many tests.

`python -m runner …` costs seconds of a processor before it does anything, most of them for
importing LiveKit twice. Where several processes run all tests, each has one warm process beside it,
and `subprocess` has that fork what is started so; a child of a command (a text host, LiveKit's
forkserver) is forked in advance with it. It runs the same modules, with the arguments, files,
folder and environment of whoever starts it, as a child of its own. What else a start may ask for is
started as ever, and so is all in tests that are marked `cold`. This file is also the program of the
process that forks.
"""

from __future__ import annotations

import contextlib
import ctypes
import gc
import importlib
import inspect
import json
import locale
import os
import runpy
import signal
import socket
import struct
import subprocess
import sys
import threading
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Final

ROOT: Final = Path(__file__).parents[2]

_IMPORTED: Final = (
    "livekit.agents.cli",
    "runner.cli.chat",
    "runner.serve.run",
    "runner.serve.child.dialogues",
    "runner.serve.child.gate",
    "runner.serve.child.voice",
    "runner.serve.child.warm",
    "runner.providers.probe",
    "lkrun_script",
    "lkrun_espeak",
    "lkrun_pocketsphinx",
)
_HEAVY: Final = (["serve"], ["chat"], ["test"])
"""Commands that import LiveKit."""

_BEFORE: Final = "from multiprocessing.forkserver import main"
_NO_DIFFERENCE: Final = ("PYTHONPATH", "PYTHONDONTWRITEBYTECODE", "PYTHONUNBUFFERED")
_SUBREAPER: Final = 36  # PR_SET_CHILD_SUBREAPER of Linux
_EXECUTE: Final = subprocess.Popen._execute_child  # type: ignore[attr-defined]
_SIGNATURE: Final = inspect.signature(_EXECUTE)

Wish = dict[str, Any]


class Starter:
    """Starts processes through another one, which forks them.

    Args:
        far: our end of a socket to it.
    """

    def __init__(self, far: socket.socket) -> None:
        """It waits for wishes."""
        self._far, self._lock = far, threading.Lock()

    def start(self, wish: Wish, files: Sequence[int]) -> int:
        """The process that is forked for a wish, with these files as the first of it."""
        with self._lock:
            data = json.dumps(wish).encode()
            socket.send_fds(self._far, [struct.pack("!I", len(data))], list(files))
            self._far.sendall(data)
            return int(struct.unpack("!I", _exactly(self._far, 4))[0])


class Commands:
    """What of `subprocess.Popen` is forked in the process of a test.

    Attributes:
        cold: while it is true, nothing is.
    """

    def __init__(self) -> None:
        """The process that forks is started with the first command."""
        self.cold = False
        self._warm: tuple[subprocess.Popen[bytes], Starter] | None = None
        self._lock = threading.Lock()
        _replace(self._pid)

    def _pid(self, asked: Wish) -> int | None:
        module, arguments = _module(asked["args"])
        if self.cold or module != "runner" or arguments[:1] not in _HEAVY:
            return None
        if not _as_usual(asked["env"]):
            return None
        with self._lock:
            if self._warm is None:
                near, far = socket.socketpair()
                with far:
                    program = _real([sys.executable, __file__], near=far)
                self._warm = program, Starter(near)
            wish = {**_surroundings(asked), "module": module, "arguments": arguments}
            # whom it forks is adopted by the nearest of its ancestors that wants to
            _prctl(_SUBREAPER, 1)
            try:
                pid = self._warm[1].start(wish, asked["files"])
            finally:
                _prctl(_SUBREAPER, 0)
        assert _parent(pid) == os.getpid(), "whom it forks is no child of this process"
        return pid


def _real(words: Sequence[str], near: socket.socket) -> subprocess.Popen[bytes]:
    env = {n: v for n, v in os.environ.items() if not n.startswith(("PYTHON", "LC_", "LANG"))}
    return subprocess.Popen(
        [*words, str(near.fileno())], pass_fds=[near.fileno()],
        stdin=subprocess.DEVNULL, env={**env, "PYTHONPATH": str(ROOT)},
    )  # fmt: skip


def _replace(pid_of: Any) -> None:
    """Have `subprocess` ask who may know a process for what it is to start, before it does."""

    def execute(*arguments: Any) -> None:
        asked = dict(_SIGNATURE.bind(*arguments).arguments)
        popen, ends = asked["self"], ("p2cread", "c2pwrite", "errwrite")
        asked["files"] = [asked[end] if asked[end] != -1 else n for n, end in enumerate(ends)]
        pid = pid_of(asked) if _plain(asked) else None
        if pid is None:
            _EXECUTE(*arguments)
            return
        popen.pid, popen._child_created = pid, True
        pipes = ("p2cread", "p2cwrite", "c2pread", "c2pwrite", "errread", "errwrite")
        popen._close_pipe_fds(*(asked[pipe] for pipe in pipes))

    subprocess.Popen._execute_child = execute  # type: ignore[attr-defined]


def _plain(asked: Mapping[str, Any]) -> bool:
    return not (
        asked["preexec_fn"] or asked["pass_fds"] or asked["shell"] or asked["executable"]
        or asked["gids"] or asked["gid"] is not None or asked["uid"] is not None
        or asked["umask"] != -1 or isinstance(asked["args"], str)
    )  # fmt: skip


def _module(words: Sequence[Any]) -> tuple[str, list[str]]:
    """The module that a command line runs, and its arguments; none: it is another command line."""
    words = [os.fspath(word) for word in words]
    words = [word for n, word in enumerate(words) if (n, word) != (1, "-P")]
    if words[:2] != [sys.executable, "-m"]:
        return "", []
    return words[2], words[3:]


def _surroundings(asked: Mapping[str, Any]) -> Wish:
    return {
        "folder": os.fspath(asked["cwd"] or Path.cwd()),
        "env": dict(os.environ if asked["env"] is None else asked["env"]),
        "session": bool(asked["start_new_session"]),
        "group": asked["process_group"] if asked["process_group"] is not None else -1,
        "safe": "-P" in asked["args"][:2],
    }


def _as_usual(env: Mapping[str, str] | None) -> bool:
    """Whether Python itself would begin with it as the process that forks has."""
    env = os.environ if env is None else env
    for name, value in env.items():
        if name == "PYTHONPATH" and value != str(ROOT):
            return False
        if name.startswith("PYTHON") and name not in _NO_DIFFERENCE:
            return False
        if name.startswith(("LC_", "LANG")) and "UTF-8" not in value.upper():
            return False
    return True


def _prctl(option: int, value: int) -> None:
    if ctypes.CDLL(None, use_errno=True).prctl(option, value, 0, 0, 0) != 0:
        raise OSError(ctypes.get_errno(), "prctl")


def _parent(pid: int) -> int:
    return int(Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[1])


def _exactly(far: socket.socket, size: int) -> bytes:
    data = b""
    while len(data) < size:
        more = far.recv(size - len(data))
        if not more:
            raise EOFError
        data += more
    return data


def _wishes(far: socket.socket) -> Iterator[tuple[Wish, list[int]]]:
    """Wishes that come by a socket until it is closed, each with files."""
    with contextlib.suppress(EOFError):
        while True:
            head, files, _, _ = socket.recv_fds(far, 4, 16)
            if not head:
                return
            size = head + (_exactly(far, 4 - len(head)) if len(head) < 4 else b"")
            yield json.loads(_exactly(far, struct.unpack("!I", size)[0])), files


def _fork_for_wishes(far: socket.socket) -> Wish:
    """Fork a process for each wish; returns what is wished, in each of these alone."""
    for wish, files in _wishes(far):
        told, tell = os.pipe()
        gone, there = os.pipe()
        between = os.fork()
        if between == 0:
            pid = os.fork()
            if pid == 0:
                os.close(there)
                os.read(gone, 1)  # until who is between has ended, and it is adopted
                far.close()
                _become(wish, files)
                return wish
            os.write(tell, struct.pack("!I", pid))
            os._exit(0)
        for end in (tell, gone, there):
            os.close(end)
        os.waitpid(between, 0)
        far.sendall(os.read(told, 4))
        os.close(told)
        for file in files:
            os.close(file)
    sys.exit()


def _become(wish: Wish, files: Sequence[int]) -> None:
    """Make of this process what is wished: nothing of whom it was forked from stays open.

    What has an object in Python is closed before: the object would close whatever has its number
    by then.
    """
    kept = wish.get("places", [0, 1, 2])
    high = [os.dup(file) for file in files]  # whatever their numbers are: none is overwritten
    while any(file in kept for file in high):
        high = [os.dup(file) for file in high]
    for file, place in zip(high, kept, strict=True):
        os.dup2(file, place)
    for file in [int(entry.name) for entry in Path("/proc/self/fd").iterdir()]:
        if file > 2 and file not in kept:
            with contextlib.suppress(OSError):
                os.close(file)
    if wish["session"]:
        os.setsid()
    elif wish["group"] >= 0:
        os.setpgid(0, wish["group"])
    os.chdir(wish["folder"])
    os.environ.clear()
    os.environ.update(wish["env"])
    locale.setlocale(locale.LC_CTYPE, "")
    paths = filter(None, wish["env"].get("PYTHONPATH", "").split(os.pathsep))
    first = [] if wish["safe"] else [wish["folder"]]
    sys.path[:] = list(dict.fromkeys([*first, *paths, *(p for p in sys.path[1:] if p)]))
    for stream in (sys.stdout, sys.stderr):
        stream.reconfigure(line_buffering=stream is sys.stderr or stream.isatty())


class Spare:
    """Children of a command that are forked with it, before it has a thread; one for a program."""

    def __init__(self, programs: Sequence[str]) -> None:
        """Fork one for each of these."""
        self._waiting: dict[str, tuple[int, Starter]] = {}
        for program in programs:
            near, far = socket.socketpair()
            pid = os.fork()
            if pid == 0:
                self.wish = self._wait(near, far)
                return
            far.close()
            os.set_inheritable(near.fileno(), False)
            self._waiting[program] = pid, Starter(near)
        self.wish = None
        _replace(self._pid)
        self._spawn = sys.modules["multiprocessing.util"].spawnv_passfds
        sys.modules["multiprocessing.util"].spawnv_passfds = self._spawned

    def _wait(self, near: socket.socket, far: socket.socket) -> Wish:
        near.close()
        for _, other in self._waiting.values():
            other._far.close()
        meant = {s: signal.signal(s, signal.SIG_IGN) for s in (1, 2, 15)}
        for wish, files in _wishes(far):
            far.sendall(struct.pack("!I", os.getpid()))
            far.close()
            for number, handler in meant.items():
                signal.signal(number, handler)
            signal.pthread_sigmask(signal.SIG_SETMASK, wish["blocked"])
            _become(wish, files)
            return wish
        os._exit(0)

    def _pid(self, asked: Wish) -> int | None:
        module, arguments = _module(asked["args"])
        if module not in self._waiting:
            return None
        more = {"module": module, "arguments": arguments}
        return self._take(module, {**_surroundings(asked), **more}, asked["files"])

    def _spawned(self, path: Any, words: Sequence[Any], files: Sequence[int]) -> int:
        if _BEFORE not in self._waiting or not words[-1].startswith(_BEFORE):
            return int(self._spawn(path, words, files))
        places = sorted(map(int, files))
        wish = {
            "folder": str(Path.cwd()), "env": dict(os.environ), "session": False, "group": -1,
            "safe": True, "code": words[-1], "places": [0, 1, 2, *places],
        }  # fmt: skip
        return self._take(_BEFORE, wish, [0, 1, 2, *places])

    def _take(self, program: str, wish: Wish, files: Sequence[int]) -> int:
        _, starter = self._waiting.pop(program)
        blocked = [int(n) for n in signal.pthread_sigmask(signal.SIG_BLOCK, [])]
        pid = starter.start({**wish, "blocked": blocked}, files)
        starter._far.close()
        return pid


def _run(wish: Wish) -> None:
    """Run it as the interpreter would; how it ends is how this process does."""
    gc.freeze()
    if "code" in wish:
        sys.argv = ["-c"]
        exec(wish["code"], {"__name__": "__main__"})  # noqa: S102 - of multiprocessing itself
        return
    sys.argv = ["-m", *wish["arguments"]]
    sys.modules.pop(wish["module"], None)
    runpy.run_module(wish["module"], run_name="__main__", alter_sys=True)


def main() -> None:
    """Import, fork, and be what was forked."""
    far = socket.socket(fileno=int(sys.argv[1]))
    for module in _IMPORTED:
        importlib.import_module(module)
    gc.freeze()
    wish = _fork_for_wishes(far)
    if wish["arguments"][0] == "serve":
        spare = Spare([_BEFORE, "runner.serve.child.dialogues"])
        wish = spare.wish or wish
    _run(wish)


if __name__ == "__main__":
    main()
