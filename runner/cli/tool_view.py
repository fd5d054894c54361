"""What came of a tool, for programs and for people."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from typing import Any

import click

from runner.cli.tool_run import Outcome
from runner.egress.network.phases import PHASES
from runner.egress.port import Attempt

_LONGEST_URL = 60


def json_text(outcome: Outcome) -> str:
    """One JSON document."""
    response = outcome.response
    document = {
        "ok": response.ok,
        "output": response.output,
        "saved": outcome.saved,
        "error": response.error,
        "attempts": [
            {"method": a.method, "url": a.url, "status": a.status, "error": a.error, "ms": a.ms}
            for a in response.attempts
        ],
        "total_ms": outcome.ms,
    }
    return json.dumps(document, ensure_ascii=False, indent=2)


def text(outcome: Outcome, *, bright: bool) -> str:
    """Paragraphs and a table."""
    return "\n\n".join(_parts(outcome, bright=bright))


def _parts(outcome: Outcome, *, bright: bool) -> Iterator[str]:
    response = outcome.response
    mark = click.style("ok", fg="green") if response.ok else click.style("failed", fg="red")
    head = f"{outcome.tool}: {mark if bright else click.unstyle(mark)}, {outcome.ms:g} ms"
    yield head if response.error is None else f"{head}\n{response.error}"
    yield f"the model sees\n{_indented(response.output)}"
    if outcome.saved:
        shown = [(n, json.dumps(v, ensure_ascii=False)) for n, v in outcome.saved.items()]
        yield "saved\n" + "\n".join(_table(shown, left=2))
    if response.attempts:
        yield "\n".join(_table(list(_rows(response.attempts)), left=2))
    if outcome.cassette is not None:
        yield f"the answer is in {outcome.cassette}; a test gives it back with returns_file:"


def _rows(attempts: Sequence[Attempt]) -> Iterator[tuple[str, ...]]:
    phases = [p for p in PHASES if any(p in a.phases for a in attempts)]
    yield ("requests (ms)", "answer", "total", *phases)
    for attempt in attempts:
        url = attempt.url if len(attempt.url) <= _LONGEST_URL else attempt.url[:_LONGEST_URL] + "…"
        yield (
            f"{attempt.method} {url}",
            str(attempt.status or "none"),
            f"{attempt.ms:g}",
            *(f"{attempt.phases[p]:g}" if p in attempt.phases else "" for p in phases),
        )


def _table(rows: Sequence[Sequence[Any]], *, left: int) -> Iterator[str]:
    """Columns as wide as their widest cell; the first `left` ones begin at the left."""
    widths = [max(len(row[n]) for row in rows) for n in range(len(rows[0]))]
    for row in rows:
        cells = [
            cell.ljust(width) if n < left else cell.rjust(width)
            for n, (cell, width) in enumerate(zip(row, widths, strict=True))
        ]
        yield ("  " + "  ".join(cells)).rstrip()


def _indented(words: str) -> str:
    return "\n".join(f"  {line}" for line in words.splitlines())
