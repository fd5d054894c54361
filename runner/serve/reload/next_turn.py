"""`reload: next_turn`: running calls are given a new release, and take it between two turns."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from runner.link.release import AgentRelease
    from runner.serve.log import Log
    from runner.serve.releases.served import Releases
    from runner.serve.sessions.calls import CallInfo, Calls
    from runner.serve.sessions.switchboard import Switchboard
    from runner.serve.socket.peer import Message


class Renewals:
    """Offers the served release to calls that want it, and notes what they answer.

    Args:
        always: every call wants it, whatever its agent says (`lkrun serve --dev`).
    """

    def __init__(
        self,
        releases: Releases,
        calls: Calls,
        switchboard: Switchboard,
        log: Log,
        *,
        always: bool = False,
    ) -> None:
        """Listen to the calls' answers."""
        self._releases = releases
        self._calls = calls
        self._switchboard = switchboard
        self._log = log
        self._always = always
        self._offered: dict[str, list[str]] = {}
        switchboard.hear("renewed", self._renewed)
        switchboard.hear("not_renewed", self._not_renewed)
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
            welcome = self._switchboard.welcome(call, release)
            call.peer.send({**welcome, "type": "renew"})

    def _wanted(self, call: CallInfo, agent: AgentRelease) -> bool:
        if call.release == self._releases.current.id:
            return False
        return self._always or agent.agent.reload == "next_turn"

    def _renewed(self, call: CallInfo, message: Message) -> None:
        release = str(message.get("release"))
        if release not in self._offered.get(call.id, ()):
            return
        self._releases.move(call.id, release)
        call.release = release
        self._settled(call.id, release)
        live, waiting = _paths(message, "live"), _paths(message, "waiting")
        told = f"{call.agent}: {call.kind} {call.id} goes on with release {release}"
        if waiting:
            told += f"; from the next call on: {', '.join(waiting)}"
        self._log.event(
            "session_renewed",
            told,
            session=call.id,
            agent=call.agent,
            release=release,
            live=live,
            waiting=waiting,
        )

    def _not_renewed(self, call: CallInfo, message: Message) -> None:
        release, why = str(message.get("release")), str(message.get("why"))
        self._settled(call.id, release)
        self._log.event(
            "session_not_renewed",
            f"{call.agent}: {call.kind} {call.id} keeps release {call.release}: {why}",
            session=call.id,
            agent=call.agent,
            release=call.release,
            reason=why,
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


def _paths(message: Message, name: str) -> list[str]:
    found: Any = message.get(name)
    return [str(path) for path in found] if isinstance(found, list) else []
