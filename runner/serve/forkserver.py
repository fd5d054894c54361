"""LiveKit's forkserver, started early and warmed: a call joins as fast as from an idle process."""

from __future__ import annotations

import json
import multiprocessing
import os
import signal
from multiprocessing import forkserver, resource_tracker
from typing import TYPE_CHECKING, Any, Final

from runner.serve.warm import GROUP, PLAN

if TYPE_CHECKING:
    from collections.abc import Sequence

    from runner.link.release import AgentRelease, Release

PRELOAD: Final = ["runner.serve.warmed"]
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


def wait() -> None:
    """Return when it is warm: a first process, which does nothing, has come and gone."""
    process = multiprocessing.get_context("forkserver").Process(target=_nothing, name="warm_up")
    process.start()
    process.join()
    process.close()


def _nothing() -> None:
    """Do nothing."""
