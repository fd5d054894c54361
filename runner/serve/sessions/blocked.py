"""Tells the log which provider has kept a process of conversations from all other work."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from runner.serve.log import Log
    from runner.serve.sessions.calls import Calls
    from runner.serve.socket.messages import Blocked


class BlockedProcesses:
    """Hears it from the watchdogs of processes, once while it lasts and once at its end."""

    def __init__(self, calls: Calls, log: Log) -> None:
        self._calls = calls
        self._log = log

    def hear(self, blocked: Blocked) -> None:
        """Log that a process is, or was, blocked."""
        call = self._calls.get(blocked.call) if blocked.call else None
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
