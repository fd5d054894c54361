"""Records as files: for spreadsheets, and for programs."""

from __future__ import annotations

import csv
import io
import json
from typing import Any, Final

_COLUMNS: Final = (
    "id", "kind", "agent", "persona", "caller", "started", "ended", "duration", "turns", "outcome",
    "summary", "extract", "verdicts", "labels", "input_tokens", "output_tokens", "transcript",
)  # fmt: skip

_SPEAKERS: Final = {"user": "Caller", "agent": "Agent"}


def header() -> str:
    """The first line of a CSV file."""
    return _line(_COLUMNS)


def row(record: dict[str, Any]) -> str:
    """A line of a CSV file (RFC 4180)."""
    values = {**record, **record["usage"], "transcript": _said(record["transcript"])}
    return _line([_cell(values[name]) for name in _COLUMNS])


def json_line(record: dict[str, Any]) -> str:
    """A line of JSONL."""
    return json.dumps(record, ensure_ascii=False) + "\n"


def cells(values: Any) -> str:
    """A line of any values, none of which a spreadsheet would run."""
    return _line([_cell(value) for value in values])


def _said(transcript: list[dict[str, Any]]) -> str:
    return "\n".join(f"{_SPEAKERS[line['role']]}: {line['text']}" for line in transcript)


def _cell(value: Any) -> str:
    if isinstance(value, dict):
        return json.dumps(value, ensure_ascii=False) if value else ""
    text = str(value)
    # a spreadsheet would run it (OWASP, CSV injection); a telephone number is none
    runs = text[:1] in ("=", "@", "\t", "\r") or (
        text[:1] in ("+", "-") and not text[1:].replace(" ", "").replace(".", "").isdecimal()
    )
    return f"'{text}" if runs and text[1:] else text


def _line(cells: Any) -> str:
    text = io.StringIO()
    csv.writer(text).writerow(cells)
    return text.getvalue()
