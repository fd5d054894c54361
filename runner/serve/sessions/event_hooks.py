"""Tells the addresses of `events` what happens in calls and dialogues, in the order of each."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from runner.delivery.events import queued

if TYPE_CHECKING:
    from runner.link.release import AgentRelease
    from runner.serve.releases.served import Releases
    from runner.serve.sessions.after_calls import AfterCalls
    from runner.serve.sessions.calls import CallInfo

_BROKEN: Final = {
    "crashed": "the process of the call has died",
    "error": "the call could not go on",
    "hung": "the agent did not answer in time",
}
"""Why a call has ended that nobody wanted to end, and what an address is told of it."""


_TOGETHER: Final = 12
"""Messages that may hold parts of one number."""


@dataclass(slots=True)
class _Told:
    """What is known of a call of which something is told.

    Attributes:
        arguments: id of a tool's call → what it was given.
        said: who has said what last: a number may go on in what they say next.
    """

    release: AgentRelease
    number: int = 0
    arguments: dict[str, Any] = field(default_factory=dict)
    said: deque[tuple[str, str]] = field(default_factory=lambda: deque(maxlen=_TOGETHER))


class EventHooks:
    """Hears what happens in all sessions, and has it told.

    Args:
        releases: what each of them goes by.
        outbox: keeps what is to be told, and brings it.
    """

    def __init__(self, releases: Releases, outbox: AfterCalls) -> None:
        """Nothing has happened."""
        self._releases, self._outbox = releases, outbox
        self._on: dict[str, _Told] = {}

    def answered(self, call: CallInfo) -> None:
        """A conversation has begun."""
        self._of(call)

    def happened(self, call: CallInfo, event: Mapping[str, Any]) -> None:
        """Something has happened in one, as `lkrun chat --format json` has it."""
        told = self._of(call)
        make = _DATA.get(str(event.get("type")))
        if (
            told is not None
            and call.kept
            and make is not None
            and (made := make(event, told.arguments))
        ):
            kind, data = made
            if kind == "transcript":
                told.said.append((str(data.get("role")), str(data.get("text"))))
                data["text"] = call.masking.spoken([*told.said])[-1]
            self._tell(call, told, kind, {"turn": event.get("turn"), **data})

    def failed(self, call: CallInfo, reason: str, _part: str) -> None:
        """An answer in one has failed."""
        if (told := self._of(call)) is not None:
            self._tell(call, told, "error", {"turn": call.turns, "message": reason})

    def ended(self, call: CallInfo) -> None:
        """One has ended."""
        if call.id not in self._on and call.reason in _BROKEN:
            self._of(call)
        told = self._on.pop(call.id, None)
        if told is None:
            return
        reason = call.reason or "shutdown"
        if reason in _BROKEN:
            message = _BROKEN[reason]
            self._tell(call, told, "error", {"turn": call.turns, "message": message})
        took = round(time.monotonic() - call.began, 3)
        data = {"reason": reason, "turns": call.turns, "duration": took, "persona": call.persona}
        self._tell(call, told, "session_ended", data)

    def _of(self, call: CallInfo) -> _Told | None:
        """What is told of a call; at first that it has begun. None where nobody wants to know."""
        told = self._on.get(call.id)
        if told is not None:
            return told
        release = self._releases.agent(call.release, call.agent)
        if release is None or not release.agent.events:
            return None
        told = self._on[call.id] = _Told(release)
        data = {
            "kind": call.kind,
            "persona": call.persona,
            "started": call.started.isoformat(timespec="milliseconds").replace("+00:00", "Z"),
            "release": call.release,
            "room": call.room,
        }
        self._tell(call, told, "session_started", data)
        return told

    def _tell(self, call: CallInfo, told: _Told, kind: str, data: Mapping[str, Any]) -> None:
        told.number += 1
        events = queued(told.release, call.id, told.number, kind, call.masking.data(dict(data)))
        if events:
            self._outbox.tell(told.release, call.id, events)


_Event = Mapping[str, Any]
_Made = tuple[str, dict[str, Any]] | None


def _message(event: _Event, _: dict[str, Any]) -> _Made:
    parts = ("persona", "role", "text", "confidence", "start", "end", "speaker")
    return "transcript", {name: event[name] for name in parts if name in event}


def _call(event: _Event, arguments: dict[str, Any]) -> _Made:
    arguments[str(event.get("call_id"))] = event.get("arguments")
    return None


def _result(event: _Event, arguments: dict[str, Any]) -> _Made:
    given = arguments.pop(str(event.get("call_id")), None)
    parts = {name: event.get(name) for name in ("persona", "name", "call_id", "output", "error")}
    return "tool_called", {**parts, "arguments": given}


def _handoff(event: _Event, _: dict[str, Any]) -> _Made:
    return "handoff", {"from": event.get("from"), "to": event.get("to")}


_DATA: Final[dict[str, Callable[[_Event, dict[str, Any]], _Made]]] = {
    "handoff": _handoff,
    "message": _message,
    "tool_call": _call,
    "tool_result": _result,
}
"""Type of an event in a call → what addresses are told of it."""
