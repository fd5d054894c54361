"""`reload: next_turn`: running calls are given a new release, and take it between two turns."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from runner.link.release import AgentRelease
    from runner.serve.log import Log
    from runner.serve.releases.served import Releases
    from runner.serve.sessions.calls import CallInfo, Calls
    from runner.serve.sessions.welcomes import Welcomes
    from runner.serve.socket.messages import CallRenewed, NotRenewed


class Renewals:
    """Offers the served release to calls that want it, and notes what they answer.

    Args:
        always: every call wants it, whatever its agent says (`lkrun serve --dev`).
    """

    def __init__(
        self,
        releases: Releases,
        calls: Calls,
        welcomes: Welcomes,
        log: Log,
        *,
        always: bool = False,
    ) -> None:
        self._releases = releases
        self._calls = calls
        self._welcomes = welcomes
        self._log = log
        self._always = always
        self._offered: dict[str, list[str]] = {}
        calls.on_end.append(self._over)

    def offer(self) -> None:
        """Offer the served release to all calls that want it and have not got it."""
        current = self._releases.current
        for call in self._calls.all():
            agent = current.agents.get(call.agent)
            if agent is None or call.peer is None or not self._wanted(call, agent):
                continue
            release = self._releases.pin(_holder(call.id, current.id))
            self._offered.setdefault(call.id, []).append(release)
            call.peer.send(self._welcomes.renewal(call, release))

    def _wanted(self, call: CallInfo, agent: AgentRelease) -> bool:
        if call.release == self._releases.current.id or call.preview is not None:
            return False
        return self._always or agent.agent.reload == "next_turn"

    def renewed(self, call: CallInfo, message: CallRenewed) -> None:
        """Note that a call has taken a release."""
        release = message.release
        if release not in self._offered.get(call.id, ()):
            return
        self._releases.move(call.id, release)
        call.release = release
        self._settled(call.id, release)
        words = f"{call.agent}: {call.kind} {call.id} goes on with release {release}"
        if message.waiting:
            words += f"; from the next call on: {', '.join(message.waiting)}"
        self._log.event(
            "session_renewed",
            words,
            session=call.id,
            agent=call.agent,
            release=release,
            live=message.live,
            waiting=message.waiting,
        )

    def not_renewed(self, call: CallInfo, message: NotRenewed) -> None:
        """Note that a call keeps what it has."""
        self._settled(call.id, message.release)
        self._log.event(
            "session_not_renewed",
            f"{call.agent}: {call.kind} {call.id} keeps release {call.release}: {message.why}",
            session=call.id,
            agent=call.agent,
            release=call.release,
            reason=message.why,
        )

    def _settled(self, call: str, release: str) -> None:
        offered = self._offered.get(call, [])
        if release in offered:
            offered.remove(release)
            self._releases.unpin(release, _holder(call, release))
        if not offered:
            self._offered.pop(call, None)

    def _over(self, call: CallInfo) -> None:
        for release in list(self._offered.get(call.id, ())):
            self._settled(call.id, release)


def _holder(call: str, release: str) -> str:
    """Who holds the release while the call has not answered yet."""
    return f"{call} will use {release}"
