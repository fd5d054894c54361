"""`lkrun releases`: what is kept, what is served, and how many are on each."""

from __future__ import annotations

import json
import os
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import click

from runner.cli import asynchronous
from runner.cli.folder import compiled, folder
from runner.cli.options import formats, options, shared
from runner.diagnostics import render

if TYPE_CHECKING:
    from runner.serve.releases.archive import Archive
    from runner.serve.socket.messages import ControlReply

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
    archive = opened(folder)
    answers = asked(archive, "releases")
    unreached(answers)
    listed = rows(archive, answers)
    if form == "json":
        click.echo(json.dumps([row.to_data() for row in listed], ensure_ascii=False, indent=2))
        return 0
    bright = options().bright()
    colours = render.BRIGHT if bright else render.PLAIN
    name = render.printable(str(folder))
    lines = [_text(row, colours) for row in listed]
    if not lines:
        lines = [f"no release of {name} is kept yet: lkrun serve keeps those that it serves"]
    if not answers:
        lines.append(f"no runner of {name} is on")
    click.echo("\n".join(lines), color=bright)
    return 0


def opened(folder: Path) -> Archive:
    """The archive of a configuration folder.

    Raises:
        click.ClickException: there is no home for it, or this is Windows.
    """
    try:
        from runner.serve.releases.archive import Archive
    except ModuleNotFoundError as error:
        if error.name != "fcntl":
            raise
        words = "releases are kept by lkrun serve, which needs Linux or macOS"
        raise click.ClickException(words) from error
    try:
        return Archive.of(folder, os.environ, _apart(folder))
    except OSError as error:
        raise click.ClickException(error.strerror or str(error)) from error


def _apart(folder: Path) -> str | None:
    """The environment that is asked for, where its releases have a place of their own."""
    if options().asked_environment is None:
        return None
    return compiled(folder).apart


def asked(
    archive: Archive, command: str, release: str = "", seconds: float = 5.0
) -> list[ControlReply]:
    """What every running runner of a folder answers to a command."""
    from runner.serve.control import ask
    from runner.serve.socket.messages import ControlHello

    return asynchronous.run(ask(archive, ControlHello(command, release), seconds))


def unreached(answers: Sequence[ControlReply]) -> bool:
    """Tell on stderr which runners did not answer; whether there is one."""
    from runner.serve.socket.messages import UNREACHED, CommandResult

    results = [answer for answer in answers if isinstance(answer, CommandResult)]
    missed = [result for result in results if result.result == UNREACHED]
    for result in missed:
        click.echo(f"warning: {result.message}", err=True)
    return bool(missed)


def rows(archive: Archive, answers: Sequence[ControlReply]) -> list[ReleaseRow]:
    """All that is kept in the archive or by runners, the newest first."""
    from runner.serve.socket.messages import RunnerState

    runners = [answer for answer in answers if isinstance(answer, RunnerState)]
    sessions: Counter[str] = Counter()
    for runner in runners:
        sessions.update(runner.sessions)
    served = {runner.current for runner in runners}
    kept = archive.rows()
    listed = [
        ReleaseRow(k.id, k.time, k.id in served, sessions[k.id], k.changed, k.agents, archived=True)
        for k in kept
    ]
    times = {i: time for runner in runners for i, time in runner.times.items()}
    agents = {i: names for runner in runners for i, names in runner.agents.items()}
    for name in sessions.keys() - {k.id for k in kept}:
        time = datetime.fromisoformat(times[name]) if name in times else None
        names = tuple(agents.get(name, ()))
        listed.append(
            ReleaseRow(name, time, name in served, sessions[name], (), names, archived=False)
        )
    first = datetime.fromtimestamp(0, UTC)
    return sorted(listed, key=lambda row: row.time or first, reverse=True)


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
