"""What people do with campaigns: start, pause, stop, and look. The command and the front share it.

It only reads and writes the database: whichever runner of the folder lives makes the calls.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any, Final

from runner.contacts import Contact, checked, read_contacts
from runner.diagnostics.nearest import did_you_mean
from runner.front.port import DialogueError
from runner.moments import moment
from runner.records import campaigns as kept
from runner.records.campaigns import CampaignState, NewContact
from runner.source import TextFile, TextProblem

if TYPE_CHECKING:
    from runner.link.release import Release
    from runner.records.database import Database
    from runner.schema.campaigns import Campaign

__all__ = [
    "DialogueError", "ReadTable", "detail", "everybody", "set_state", "start", "summaries",
    "summary",
]  # fmt: skip

ReadTable = Callable[[str], TextFile | TextProblem]
"""Reads a table of the folder, as it is now."""

NEW: Final = "new"
"""The state of a campaign that was never started."""

_SHOWN: Final = 5
PAGE: Final = 100
"""Contacts of one answer, at most `MOST_PAGE`."""

MOST_PAGE: Final = 1000


def start(
    database: Database, release: Release, name: str, read: ReadTable, now: float | None = None
) -> dict[str, Any]:
    """Begin a campaign, or go on with one that is paused.

    Raises:
        DialogueError: it cannot begin: `unknown_campaign`, `bad_contacts`.
        DatabaseError: the database cannot be used now.
    """
    campaign = _campaign(release, name)
    text = _table(campaign, release, read)
    moment_of_start = time.time() if now is None else now
    kept.load(database, name, str(campaign.agent), _new(text), moment_of_start)
    return summary(database, release, name)


def _table(campaign: Campaign, release: Release, read: ReadTable) -> str:
    table, path = read(str(campaign.contacts)), campaign.contacts
    if isinstance(table, TextProblem):
        raise DialogueError("bad_contacts", table.message, table.help)
    result = checked(table.text)
    if result.problems:
        shown = "; ".join(f"line {p.line}: {p.message}" for p in result.problems[:_SHOWN])
        others = len(result.problems) + result.more - _SHOWN
        more = f"; and {others} more" if others > 0 else ""
        hint = "mend them: lkrun check shows each; nobody has been called"
        raise DialogueError("bad_contacts", f"{path} has mistakes: {shown}{more}", hint)
    if result.count == 0:
        hint = "write a line for each contact below the names of the columns"
        raise DialogueError("bad_contacts", f"there is nobody to call in {path}", hint)
    agent = release.agents[str(campaign.agent)].agent
    if result.without_zone is not None and agent.timezone is None:
        message = f"{path}, line {result.without_zone}: no time zone is known of this contact"
        raise DialogueError("bad_contacts", message, "write timezone: in the agent")
    return table.text


def _new(text: str) -> Iterator[NewContact]:
    for each in read_contacts(text):
        if isinstance(each, Contact):
            yield NewContact(each.number, each.line, each.zone or "", each.columns)


def set_state(database: Database | None, release: Release, name: str, state: str) -> dict[str, Any]:
    """Pause or stop a campaign: calls in progress go on to their end.

    Raises:
        DialogueError: `unknown_campaign`, or it does not run (`ended`).
        DatabaseError: the database cannot be used now.
    """
    before = None
    if database is not None:
        before = kept.set_state(database, name, state, "by hand", time.time())
    if before is None:
        _campaign(release, name)
        hint = f"start it with: lkrun campaign start {name}"
        raise DialogueError("ended", f"campaign '{name}' was never started", hint)
    if before in kept.OVER:
        raise DialogueError("ended", f"campaign '{name}' is over: {before}")
    return summary(database, release, name)


def summaries(database: Database | None, release: Release) -> list[dict[str, Any]]:
    """All campaigns of the folder, and those that were started and are gone from it."""
    started = {state.name: state for state in kept.known(database)} if database else {}
    return [
        _summary(database, release, name, started.get(name))
        for name in sorted({*release.campaigns, *started})
    ]


def summary(database: Database | None, release: Release, name: str) -> dict[str, Any]:
    """One campaign.

    Raises:
        DialogueError: there is none (`unknown_campaign`).
    """
    return _summary(database, release, name, _state(database, release, name))


def detail(
    database: Database | None, release: Release, name: str, cursor: int = 0, most: int = PAGE
) -> dict[str, Any]:
    """One campaign with its contacts, some at once: `cursor` says where the next ones are.

    Raises:
        DialogueError: there is none (`unknown_campaign`).
    """
    state = _state(database, release, name)
    rows: list[dict[str, Any]] = []
    if database is not None and state is not None:
        rows = kept.contacts(database, state, cursor, most + 1)
    more = rows[most - 1]["line"] if len(rows) > most else None
    return {
        **_summary(database, release, name, state),
        "attempts": [_contact(row) for row in rows[:most]],
        "cursor": more,
    }


def everybody(database: Database | None, release: Release, name: str) -> Iterator[dict[str, Any]]:
    """All contacts of a campaign, in the order of their lines.

    Raises:
        DialogueError: there is none (`unknown_campaign`).
    """
    state = _state(database, release, name)
    line = 0
    while database is not None and state is not None:
        rows = kept.contacts(database, state, line, MOST_PAGE)
        yield from map(_contact, rows)
        if len(rows) < MOST_PAGE:
            return
        line = rows[-1]["line"]


def _state(database: Database | None, release: Release, name: str) -> CampaignState | None:
    states = kept.known(database, name) if database is not None else []
    if not states:
        _campaign(release, name)
    return states[0] if states else None


def _campaign(release: Release, name: str) -> Campaign:
    campaign = release.campaigns.get(name)
    if campaign is None:
        hint = did_you_mean(name, release.campaigns, noun="campaigns here")
        if not release.campaigns:
            hint = "write one below campaigns:"
        raise DialogueError("unknown_campaign", f"there is no campaign '{name}'", hint)
    return campaign


def _summary(
    database: Database | None, release: Release, name: str, state: CampaignState | None
) -> dict[str, Any]:
    campaign = release.campaigns.get(name)
    counts = kept.counts(database, state) if database is not None and state is not None else {}
    of_state = {stands: sum(outcomes.values()) for stands, outcomes in counts.items()}
    outcomes: dict[str, int] = {}
    for some in counts.values():
        for outcome, count in some.items():
            if outcome:
                outcomes[outcome] = outcomes.get(outcome, 0) + count
    why = state.why if state is not None else ""
    if campaign is None:
        why = "it is not in the files any more, so nobody is called"
    return {
        "name": name,
        "agent": state.agent if state is not None else str(campaign.agent if campaign else ""),
        "state": state.state if state is not None else NEW,
        "reason": why or None,
        "round": state.round if state is not None else 0,
        "started": moment(state.started) if state is not None else None,
        "changed": moment(state.changed) if state is not None else None,
        "contacts": sum(of_state.values()),
        "waiting": of_state.get(kept.WAITING, 0),
        "calling": of_state.get(kept.CALLING, 0),
        "done": of_state.get(kept.DONE, 0),
        "outcomes": dict(sorted(outcomes.items())),
    }


def _contact(row: dict[str, Any]) -> dict[str, Any]:
    return {
        "line": row["line"],
        "phone": row["number"],
        "timezone": row["zone"] or None,
        "state": row["state"],
        "outcome": row["outcome"] or None,
        "columns": row["columns"],
        "attempts": [
            {
                "attempt": each["attempt"],
                "began": moment(each["began"]),
                "ended": moment(each["ended"]) if each["ended"] is not None else None,
                "outcome": each["outcome"] or None,
                "answered_by": each["answered_by"] or None,
                "session_id": each["session"] or None,
                "message": each["words"] or None,
            }
            for each in row["made"]
        ],
    }
