"""LiveKit's forkserver, started early and warmed: a call joins as fast as from an idle process."""

from __future__ import annotations

import contextlib
import json
import multiprocessing
import os
import signal
import threading
from multiprocessing import forkserver, resource_tracker
from typing import TYPE_CHECKING, Any, Final

import psutil

from runner.serve.child.warm import GROUP, PLAN

if TYPE_CHECKING:
    from collections.abc import Sequence

    from runner.link.release import AgentRelease, Release

PRELOAD: Final = ["runner.serve.child.warmed"]
"""Before LiveKit's own `ipc._preload` and `ipc._preload_freeze`, which stay last."""

_LIVEKIT: Final = ["livekit.agents.ipc._preload", "livekit.agents.ipc._preload_freeze"]
_BY_MODEL: Final = frozenset({None, "model"})


def plan(release: Release, files: Sequence[str]) -> dict[str, Any]:
    """What a release's calls need in memory; `files` are its agents' in the store."""
    return {
        "files": list(files),
        "turn_model": any(_has_turn_model(agent) for agent in release.agents.values()),
    }


def _has_turn_model(agent: AgentRelease) -> bool:
    """Whether LiveKit's local end-of-turn model (250 MB, shared by all calls) is used."""
    if agent.agent.mode != "voice":
        return False
    turns = [agent.agent.turn_taking, *(p.turn_taking for p in agent.personas.values())]
    return turns[0] is None or any(t is not None and t.detection in _BY_MODEL for t in turns)


def follow(plan: dict[str, Any]) -> None:
    """Have the next forkserver warm this; Python starts another where one has died."""
    os.environ[PLAN] = json.dumps(plan)


def start() -> None:
    """Start it; it warms by itself from here on.

    It keeps the environment of this moment, and so do all calls.
    """
    forkserver.set_forkserver_preload([*PRELOAD, *_LIVEKIT])
    resource_tracker.ensure_running()  # it would unblock what is blocked here
    before = signal.pthread_sigmask(signal.SIG_BLOCK, GROUP)
    try:
        forkserver.ensure_running()
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


_left: Final[dict[int, int]] = {}
"""Forkservers that were left: process → our end of the pipe that keeps it alive."""

_leaving: Final = threading.Lock()


def renew() -> None:
    """Start another, with the environment and packages of this moment; returns when it is warm.

    The one before lives until the calls that it began have ended: it tells how they ended. Python
    has no public way to leave a forkserver.
    """
    server: Any = forkserver._forkserver  # noqa: SLF001 - as above
    with _leaving, server._lock:  # noqa: SLF001 - as above
        if server._forkserver_pid is not None:  # noqa: SLF001 - as above
            _left[server._forkserver_pid] = server._forkserver_alive_fd  # noqa: SLF001 - as above
        server._forkserver_address = None  # noqa: SLF001 - as above
        server._forkserver_alive_fd = None  # noqa: SLF001 - as above
        server._forkserver_pid = None  # noqa: SLF001 - as above
    start()
    wait()


def reap() -> None:
    """See forkservers off that were left, and whose calls have all ended; call it now and then."""
    with _leaving:
        for pid, alive in tuple(_left.items()):
            with contextlib.suppress(psutil.Error):
                if psutil.Process(pid).children():
                    continue
            del _left[pid]
            os.close(alive)  # this ends it
            with contextlib.suppress(ChildProcessError):
                os.waitpid(pid, 0)


def wait() -> None:
    """Return when it is warm: a first process, which does nothing, has come and gone."""
    process = multiprocessing.get_context("forkserver").Process(target=_nothing, name="warm_up")
    process.start()
    process.join()
    process.close()


def _nothing() -> None:
    """Do nothing."""
