"""A record, made of what was noted of a session."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from runner.masking import masking as masking_of
from runner.records import notes
from runner.records.figures import Sums, sums_of
from runner.records.notes import Note
from runner.records.opt_outs import OptOut, of_note
from runner.records.words import searchable

CRASHED: Final = "crashed"


@dataclass(frozen=True, slots=True)
class Remembered:
    """What is kept of a caller.

    Attributes:
        variables: name → value.
        keep: seconds for which it is kept; None: always.
        summary: whether what calls were about is kept too.
    """

    who: str
    variables: dict[str, Any]
    keep: float | None
    summary: bool = True


@dataclass(frozen=True, slots=True)
class Entry:
    """A record as it is stored.

    Attributes:
        row: the columns of `RecordRow`, but its number.
        events: what happened, each with the moment it did.
        details: what only who looks at one reads.
        remembered: what the next call of the caller knows.
        sound: whether its sound was to be kept.
    """

    row: dict[str, Any]
    events: list[dict[str, Any]]
    details: dict[str, Any]
    remembered: Remembered | None = None
    sound: bool = False

    @property
    def id(self) -> str:
        """The session's."""
        return str(self.row["id"])

    @property
    def words(self) -> str:
        """What a search looks through."""
        said = [_said(event) for event in self.events]
        row, details = self.row, self.details
        about = [row["caller"], row["summary"], row["extract"], details.get("about")]
        return searchable(said, about, [row["id"]])


@dataclass(frozen=True, slots=True)
class Findings:
    """What models have found in a session that is stored already.

    Attributes:
        remembered: whether the next call of the caller may know its summary.
    """

    id: str
    summary: str
    extract: dict[str, Any]
    verdicts: dict[str, Any]
    reasons: dict[str, Any] = field(default_factory=dict)
    remembered: bool = True


def _said(event: Mapping[str, Any]) -> list[Any]:
    return [event.get("text"), event.get("arguments"), event.get("output")]


Stored = Entry | Findings | OptOut


def read(lines: Sequence[Note]) -> Stored | None:
    """Make a record of notes; None where nothing can be made of them."""
    of: dict[str, list[Note]] = {}
    for each in lines:
        of.setdefault(str(each.get("note")), []).append(each)
    if alone := of.get(notes.ALONE):
        return _alone(alone[0])
    if out := of.get(notes.OPT_OUT):
        return of_note(out[0])
    report = _report(of.get(notes.REPORT, ()))
    if began := of.get(notes.BEGAN):
        return _session(began[0], of, report, lines[-1]["at"])
    return _findings(report) if report else None


def _report(reports: Iterable[Note]) -> dict[str, Any]:
    """The last one: each says all that is known."""
    last: dict[str, Any] = {}
    for each in reports:
        last = each["report"]
    return last


def _findings(report: Mapping[str, Any]) -> Findings:
    return Findings(
        report["session"], report["summary"], report["extract"], report["verdicts"],
        report["reasons"], report.get("remember_summary", True),
    )  # fmt: skip


def _session(
    began: Note, of: Mapping[str, list[Note]], report: Mapping[str, Any], last: float
) -> Entry:
    ended: Note = of[notes.ENDED][0] if notes.ENDED in of else {"at": last, "reason": CRASHED}
    events = [{**each["event"], "at": each["at"]} for each in of.get(notes.EVENT, ())]
    events = _masked(events, began.get("mask", ()))
    turns = of.get(notes.TURN, ())
    latency = _latency(report.get("latency", ()), turns)
    usage = report.get("usage") or {
        name: sum(turn[name] for turn in turns) for name in ("input_tokens", "output_tokens")
    }
    tokens = usage.get("input_tokens", 0), usage.get("output_tokens", 0)
    duration = round(max(0.0, ended["at"] - began["at"]), 3)
    keep = began.get("keep")
    row = {
        **{name: began[name] for name in ("id", "kind", "agent", "release", "room", "labels")},
        "persona": _persona(began["persona"], events),
        "caller": _caller(report.get("caller", {})),
        "who": report.get("who") or _number(report.get("caller", {})),
        "started": began["at"],
        "ended": ended["at"],
        "duration": duration,
        "turns": max((e.get("turn", 0) for e in events), default=0),
        "outcome": ended["reason"],
        **{name: report.get(name, empty) for name, empty in _FOUND.items()},
        "input_tokens": tokens[0],
        "output_tokens": tokens[1],
        "audio": report.get("audio") or None,
        "figures": _sums(duration, ended["reason"], tokens, latency, events),
        "expires": ended["at"] + keep if keep is not None else None,
    }
    details = {
        "caller": report.get("caller", {}),
        "variables": report.get("variables", {}),
        "reasons": report.get("reasons", {}),
        "latency": latency,
    }
    return Entry(row, events, details, _remembered(report), bool(began.get("sound")))


def _masked(events: list[dict[str, Any]], kinds: Iterable[str]) -> list[dict[str, Any]]:
    """The same without numbers that were said or typed in several parts: each part says little."""
    masking = masking_of(frozenset(kinds))
    if not masking.kinds:
        return events
    parts = [
        (place, name)
        for place, event in enumerate(events)
        if (name := _IN_PARTS.get(str(event.get("type")))) and isinstance(event.get(name), str)
    ]
    lines = [
        ((events[place]["type"], events[place].get("role")), events[place][name])
        for place, name in parts
    ]
    masked = [*events]
    for (place, name), text in zip(parts, masking.spoken(lines), strict=True):
        masked[place] = {**masked[place], name: text}
    return masked


_IN_PARTS: Final = {"keypad": "keys", "message": "text"}
"""Type of an event → its words, with which those of the next one may belong together."""


def _latency(measured: Iterable[Mapping[str, Any]], turns: Iterable[Note]) -> list[dict[str, Any]]:
    """The times of each turn: what its process measured, and what its answer took in all."""
    by_turn: dict[int, dict[str, Any]] = {each["turn"]: dict(each["ms"]) for each in measured}
    for each in turns:
        by_turn.setdefault(each["turn"], {}).setdefault("turn", each["ms"])
    return [{"turn": turn, "ms": parts} for turn, parts in sorted(by_turn.items())]


_FOUND: Final[dict[str, Any]] = {"summary": "", "extract": {}, "verdicts": {}}


def _sums(
    duration: float,
    outcome: str,
    tokens: tuple[int, int],
    latency: list[dict[str, Any]],
    events: list[dict[str, Any]],
) -> Sums:
    return sums_of(
        duration=duration, outcome=outcome, tokens=tokens, latency=latency, events=events
    )


def _persona(first: str, events: Iterable[Mapping[str, Any]]) -> str:
    handoffs = [str(e["to"]) for e in events if e.get("type") == "handoff"]
    return handoffs[-1] if handoffs else first


def _caller(caller: Mapping[str, Any]) -> str:
    """How whoever called is called in lists."""
    return str(caller.get("name") or caller.get("phone") or caller.get("identity") or "")


def _number(caller: Mapping[str, Any]) -> str:
    return str(caller.get("phone") or caller.get("identity") or "")


def _remembered(report: Mapping[str, Any]) -> Remembered | None:
    if not report.get("who") or report.get("remembered") is None:
        return None
    return Remembered(
        report["who"], report["remembered"], report.get("remember_for"),
        report.get("remember_summary", True),
    )  # fmt: skip


def _alone(noted: Note) -> Entry:
    """Something that is kept beside the sessions: an interaction, an event from outside."""
    keep, at = noted.get("keep"), noted["at"]
    row = {
        **{name: noted[name] for name in ("id", "kind", "agent", "release", "labels")},
        "room": None,
        "persona": "",
        "caller": noted.get("user_id") or "",
        "who": noted.get("user_id") or "",
        "started": at,
        "ended": at,
        "duration": 0.0,
        "turns": 0,
        "outcome": noted["outcome"],
        **_FOUND,
        "input_tokens": 0,
        "output_tokens": 0,
        "audio": None,
        "figures": {},
        "expires": at + keep if keep is not None else None,
    }
    return Entry(row, [], {"about": noted["about"]})
