"""The tool that must succeed before somebody is called."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any, Final, Literal
from zoneinfo import ZoneInfo

from runner.egress.port import ToolRequest

if TYPE_CHECKING:
    from runner.egress.client import HttpEgress
    from runner.link.release import AgentRelease
    from runner.records.campaigns import Claimed

Answer = Literal["yes", "no", "later"]

_SAID_NO: Final = frozenset({*range(200, 300), *range(400, 500)})
"""The service answered: it refuses, or the tool's `fails_if` finds a no in what it says."""

_LATER: Final = frozenset({408, 425, 429})
"""Statuses that say nothing about the contact."""


async def may_call(
    egress: HttpEgress, release: AgentRelease, tool: str, call: Claimed, now: float
) -> tuple[Answer, str]:
    """Ask; and why not, for the log."""
    columns = dict(call.columns)
    request = release.requests.get(tool)
    wanted = request.parameters if request is not None else {}
    arguments = {str(name): columns[name] for name in map(str, wanted) if columns.get(name)}
    if "phone" in arguments:
        arguments["phone"] = call.number
    response = await egress.ask(release, ToolRequest(tool, arguments, _values(release, call, now)))
    if response.ok:
        return "yes", ""
    refused = response.status is not None and response.status not in _LATER
    refused = refused and response.status in _SAID_NO
    return "no" if refused else "later", response.error or "it failed"


def _values(release: AgentRelease, call: Claimed, now: float) -> dict[str, Any]:
    """What templates of the tool may use."""
    zone = release.agent.timezone
    moment = datetime.fromtimestamp(now, ZoneInfo(zone) if zone else None).astimezone()
    return {
        "caller": {"phone": call.number, "identity": call.number, "kind": "phone"},
        "job": {"metadata": metadata(call)},
        "now": moment.isoformat(),
        "today": moment.date().isoformat(),
        "today_date": moment.date().isoformat(),
    }


def metadata(call: Claimed) -> dict[str, Any]:
    """What the agent is given: all columns, the number as it is dialled."""
    return {**call.columns, "phone": call.number}
