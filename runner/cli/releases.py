"""`lkrun releases`: what is kept, what is served, and how many are on each."""

from __future__ import annotations

import asyncio
import json
import os
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import click

from runner.cli.folder import folder
from runner.cli.options import formats, options, shared
from runner.diagnostics import render

if TYPE_CHECKING:
    from runner.serve.releases.archive import Archive
    from runner.serve.socket.peer import Message

_SHOWN: Final = 3
"""Sentences of a release that are shown; JSON has all."""


@dataclass(frozen=True, slots=True)
class ReleaseRow:
    """A release, kept in the archive or by a running runner.

    Attributes:
        archived: whether it can be served again.
    """

    id: str
    time: datetime | None
    served: bool
    sessions: int
    changed: tuple[str, ...]
    agents: tuple[str, ...]
    archived: bool

    def to_data(self) -> dict[str, Any]:
        """The entry of the JSON document."""
        return {
            "id": self.id,
            "time": f"{self.time:%FT%TZ}" if self.time else None,
            "served": self.served,
            "sessions": self.sessions,
            "changed": self.changed,
            "agents": self.agents,
        }


@click.command()
@folder
@formats("text", "json")
@shared
def releases(folder: Path, *, form: str) -> int:
    """List the last releases of the folder DIR (agents.d), the newest first.

    Each of them can be served again by lkrun rollback.
    """
    from runner.serve.control import ask

    archive = opened(folder)
    answers = asyncio.run(ask(archive, {"ask": "releases"}))
    unreached(answers)
    found = rows(archive, answers)
    if form == "json":
        click.echo(json.dumps([row.to_data() for row in found], ensure_ascii=False, indent=2))
        return 0
    bright = options().bright()
    colours = render.BRIGHT if bright else render.PLAIN
    name = render.printable(str(folder))
    lines = [_text(row, colours) for row in found]
    if not lines:
        lines = [f"no release of {name} is kept yet: lkrun serve keeps those that it serves"]
    if not answers:
        lines.append(f"no runner of {name} is on")
    click.echo("\n".join(lines), color=bright)
    return 0


def opened(folder: Path) -> Archive:
    """The archive of a configuration folder.

    Raises:
        click.ClickException: there is no home for it.
    """
    from runner.serve.releases.archive import Archive

    try:
        return Archive.of(folder, os.environ)
    except OSError as error:
        raise click.ClickException(error.strerror or str(error)) from error


def unreached(answers: Sequence[Message]) -> bool:
    """Tell on stderr which runners did not answer; whether there is one."""
    from runner.serve.control import UNREACHED

    missed = [answer for answer in answers if answer.get("result") == UNREACHED]
    for answer in missed:
        click.echo(f"warning: {answer['message']}", err=True)
    return bool(missed)


def rows(archive: Archive, answers: Sequence[Message]) -> list[ReleaseRow]:
    """All that is kept in the archive or by runners, the newest first."""
    sessions: Counter[str] = Counter()
    for answer in answers:
        sessions.update(answer.get("sessions", {}))
    served = {answer["current"] for answer in answers if "current" in answer}
    kept = archive.rows()
    found = [
        ReleaseRow(k.id, k.time, k.id in served, sessions[k.id], k.changed, k.agents, archived=True)
        for k in kept
    ]
    times = {i: time for answer in answers for i, time in answer.get("times", {}).items()}
    agents = {i: names for answer in answers for i, names in answer.get("agents", {}).items()}
    for name in sessions.keys() - {k.id for k in kept}:
        time = datetime.fromisoformat(times[name]) if name in times else None
        names = tuple(agents.get(name, ()))
        found.append(
            ReleaseRow(name, time, name in served, sessions[name], (), names, archived=False)
        )
    first = datetime.fromtimestamp(0, UTC)
    return sorted(found, key=lambda row: row.time or first, reverse=True)


def _text(row: ReleaseRow, colours: render.Colours) -> str:
    state = ["served"] * row.served
    if row.sessions:
        state.append(f"{row.sessions} session{'s' * (row.sessions > 1)}")
    local = f"{row.time.astimezone():%Y-%m-%d %H:%M}" if row.time else " " * 16
    head = f"{colours.place}{row.id}{colours.off}  {local}  {', '.join(state)}".rstrip()
    more = len(row.changed) - _SHOWN
    lines = [render.printable(sentence) for sentence in row.changed[:_SHOWN]]
    if more > 0:
        lines.append(f"and {more} more")
    if not row.archived:
        lines.append("is kept only as long as it is served or calls are on it")
    return "\n".join([head, *(f"    {line}" for line in lines)])
