"""What is to be sent of a call: worked out from its release and its report, always the same."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from runner.egress.port import ToolRequest, Webhook
from runner.egress.report import CallReport
from runner.link.release import AgentRelease
from runner.schema.lifecycle import AnySend, CsvSend, ToolSend, WebhookSend
from runner.template import Renderer, as_text


@dataclass(frozen=True, slots=True)
class Row:
    """A row of a CSV file.

    Attributes:
        file: below the folder for data.
        cells: column → text.
    """

    file: str
    cells: dict[str, str]


Parcel = Row | ToolRequest | Webhook
"""What is brought somewhere."""


def message_id(session: str, place: int) -> str:
    """Names what is sent, over all attempts and restarts."""
    return f"msg_{session}_{place}"


class Planned:
    """What a call sends once it is over.

    Args:
        release: the agent of the call.
        report: what is known of the call.
    """

    def __init__(self, release: AgentRelease, report: CallReport) -> None:
        """Take both; the same two always give the same."""
        self._release, self._report = release, report
        fixed = {**release.fixed, "env": release.env}
        self._names: dict[str, Any] = {**_moments(report.names), **fixed}
        self._renderer = Renderer(language=str(release.agent.locale or ""))

    def sends(self) -> Iterator[tuple[int, AnySend]]:
        """Those whose `if` is true, each with its place in the list."""
        after = self._release.agent.after_call
        if after is None or not self._holds(after.condition):
            return
        for place, send in enumerate(after.send):
            if self._holds(send.condition):
                yield place, send

    def parcel(self, place: int) -> Parcel | None:
        """What is brought at a place of the list; None where that is not there any more."""
        after = self._release.agent.after_call
        send = after.send[place] if after is not None and place < len(after.send) else None
        name = message_id(self._report.session, place)
        match send:
            case CsvSend():
                return self._row(send)
            case ToolSend():
                return self._tool(send, name)
            case WebhookSend():
                return self._webhook(send, name)
        return None

    def _holds(self, condition: str | None) -> bool:
        return condition is None or self._renderer.condition(condition, self._names)

    def _row(self, send: CsvSend) -> Row:
        if send.columns:
            values = {n: self._renderer.value(t, self._names) for n, t in send.columns.items()}
        else:
            values = self._usual()
        return Row(str(send.csv), {n: _cell(value) for n, value in values.items()})

    def _usual(self) -> dict[str, Any]:
        report, caller = self._report, self._report.values.get("caller", {})
        after = self._release.agent.after_call
        return {
            "id": report.session,
            "agent": self._release.name,
            "started": report.started,
            "duration": round(report.duration),
            "ended_by": report.ended_by,
            "caller": caller.get("phone") or caller.get("name") or caller.get("identity"),
            **{n: report.extract.get(n) for n in (after.extract if after is not None else ())},
        }

    def _tool(self, send: ToolSend, name: str) -> ToolRequest:
        values = {n: self._renderer.value(t, self._names) for n, t in send.arguments.items()}
        given = {n: _plain(v) for n, v in values.items() if v not in (None, "")}
        return ToolRequest(str(send.tool), given, self._report.names, message=name)

    def _webhook(self, send: WebhookSend, name: str) -> Webhook:
        secret = str(send.secret) if send.secret is not None else None
        headers = {str(n): str(text) for n, text in send.headers.items()}
        body = json.dumps(self.body(), ensure_ascii=False, default=str)
        return Webhook(str(send.webhook), secret, headers, self._report.names, body, name)

    def body(self) -> dict[str, Any]:
        """The body of a webhook."""
        report = self._report
        data: dict[str, Any] = {
            "session_id": report.session,
            "agent": self._release.name,
            "started": report.started,
            "ended": report.ended,
            "duration": report.duration,
            "ended_by": report.ended_by,
            **self._about(),
            "labels": {n: str(text) for n, text in self._release.agent.labels.items()},
            "variables": self._variables(),
            "extract": report.extract,
            "verdicts": report.verdicts,
            "reasons": report.reasons,
            "transcript": [{"role": role, "text": text} for role, text in report.transcript],
        }
        if report.summary:
            data["summary"] = report.summary
        return {"type": "after_call", "timestamp": report.ended, "data": data}

    def _about(self) -> dict[str, Any]:
        values = self._report.values
        return {n: values[n] for n in ("caller", "room", "job") if n in values}

    def _variables(self) -> dict[str, Any]:
        declared = self._release.variables
        return {n: v for n, v in self._report.values.items() if n in declared}


def _moments(names: Mapping[str, Any]) -> dict[str, Any]:
    """The same with moments as moments, in which templates may reckon."""
    call = {
        n: datetime.fromisoformat(v) if n in ("started", "ended") and v else v
        for n, v in names["call"].items()
    }
    dated = {**names, "call": call}
    if "now" in dated:
        dated["now"] = datetime.fromisoformat(str(dated["now"]))
    for name in ("today", "today_date"):
        if name in dated:
            dated[name] = datetime.fromisoformat(str(dated[name])).date()
    return dated


def _plain(value: Any) -> Any:
    """A value as JSON can hold it."""
    return json.loads(json.dumps(value, default=str))


def _cell(value: Any) -> str:
    text = as_text(value, wire=True) if value is not None else ""
    return f"'{text}" if _is_formula(text) else text


def _is_formula(text: str) -> bool:
    """Whether a spreadsheet would run it: a caller's words must not (OWASP, CSV injection)."""
    if text[:1] in ("=", "@", "\t", "\r"):
        return True
    rest = text[1:].replace(" ", "").replace(".", "").replace("-", "")
    return text[:1] in ("+", "-") and bool(rest) and not rest.isdecimal()
