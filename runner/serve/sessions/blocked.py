"""Tells the log which provider has kept a process of conversations from all other work."""

from __future__ import annotations

import contextlib
import os
import signal
from typing import TYPE_CHECKING, Final

import psutil

if TYPE_CHECKING:
    from runner.serve.log import Log
    from runner.serve.sessions.calls import CallInfo, Calls
    from runner.serve.socket.messages import Blocked


_HOPELESS: Final = 10
"""Looks, a second apart, after which a call in progress is given another process.

Looks are counted, not seconds: while this process is stopped nobody else is blocked.
"""


class BlockedProcesses:
    """Hears it from the watchdogs of processes, once while it lasts and once at its end.

    A call whose process stays blocked is ended: its caller waits in the room and is given another
    agent, as after a crash. One that has not said a word yet may still be loading something large;
    LiveKit gives that a minute. Text hosts are looked after by `Dialogues`.
    """

    def __init__(self, calls: Calls, log: Log) -> None:
        self._calls = calls
        self._log = log
        self._stuck: dict[str, tuple[int, int]] = {}

    def hear(self, blocked: Blocked) -> None:
        """Log that a process is, or was, blocked."""
        call = self._calls.get(blocked.call) if blocked.call else None
        if call is not None and call.kind == "call":
            self._stuck.pop(call.id, None)
            if not blocked.over:
                self._stuck[call.id] = (blocked.pid, 0)
        culprit = blocked.provider or (f"'{blocked.module}'" if blocked.module else "something")
        package = f" ({blocked.package})" if blocked.package else ""
        where = f"{call.agent}, persona {call.persona}: " if call else ""
        for_long = f"{blocked.seconds:.1f} s"
        does = f"blocked its process for {for_long}" if blocked.over else "blocks its process"
        rest = "" if blocked.over else f" (for {for_long} so far), and all that runs in it"
        self._log.event(
            "provider_blocked",
            f"{where}{culprit}{package} {does}{rest}",
            level="warning",
            session=blocked.call,
            agent=call.agent if call else None,
            persona=call.persona if call else None,
            provider=blocked.provider,
            package=blocked.package,
            module=blocked.module,
            seconds=round(blocked.seconds, 1),
            over=blocked.over,
        )

    def look(self) -> None:
        """End what has been blocked for too long; to be called every second or so."""
        for call_id, (pid, looks) in tuple(self._stuck.items()):
            call = self._calls.get(call_id)
            if call is None:
                del self._stuck[call_id]
            elif looks < _HOPELESS or not call.events.latest:
                self._stuck[call_id] = (pid, looks + 1)
            else:
                del self._stuck[call_id]
                self._end(call, pid)

    def _end(self, call: CallInfo, pid: int) -> None:
        if not _is_ours(pid):
            return
        words = f"{call.agent}: the process of call {call.id} does not come back, and is ended"
        self._log.event(
            "call_process_ended", words, level="error",
            session=call.id, agent=call.agent, room=call.room, pid=pid,
        )  # fmt: skip
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)


def _is_ours(pid: int) -> bool:
    """Whether a process, as one that may lie has told, was begun by this one."""
    with contextlib.suppress(psutil.Error):
        return any(above.pid == os.getpid() for above in psutil.Process(pid).parents())
    return False
