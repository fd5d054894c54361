"""`lkrun rollback`: the running runners of a folder serve a kept release again."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

import click

from runner.cli.folder import folder
from runner.cli.options import formats, options, shared
from runner.cli.releases import asked, opened, rows
from runner.diagnostics import render

if TYPE_CHECKING:
    from runner.diff import Change
    from runner.serve.releases.archive import Archive
    from runner.serve.socket.messages import CommandResult, ControlReply

_SECONDS = 30.0
"""For a thousand agents on a slow disk."""

_FINE = ("ok", "unchanged")


@click.command()
@click.argument("release", metavar="ID")
@folder
@formats("text", "json")
@shared
def rollback(release: str, folder: Path, *, form: str) -> int:
    """Serve the kept release ID again, until the files of the folder DIR (agents.d) change.

    ID is one of those that lkrun releases lists, or a beginning of it. Calls that are on keep what
    they have.
    """
    from runner.serve.releases.archive import UnknownReleaseError, pick
    from runner.serve.socket.messages import CommandResult

    archive = opened(folder)
    answers = asked(archive, "releases")
    try:
        wanted = pick(release, [row.id for row in rows(archive, answers)])
    except UnknownReleaseError as error:
        raise click.UsageError(render.printable(str(error))) from error
    if not answers:
        name = render.printable(str(folder))
        raise click.ClickException(
            f"no runner of {name} is on; start one with lkrun serve {name} --last-good, "
            "or put the files back as they were"
        )
    changes = _noticed(archive, answers, wanted)
    replies = asked(archive, "rollback", wanted, _SECONDS)
    done = [reply for reply in replies if isinstance(reply, CommandResult)]
    _show(wanted, changes, done, form)
    return 0 if done and all(result.result in _FINE for result in done) else 1


def _noticed(
    archive: Archive, answers: Sequence[ControlReply], wanted: str
) -> Sequence[Change] | None:
    """What callers notice where another release is served now; None where it is not known."""
    from runner.diff import Side, diff
    from runner.serve.releases.archive import ArchiveError
    from runner.serve.socket.messages import RunnerState

    served = [answer.current for answer in answers if isinstance(answer, RunnerState)]
    before = next((i for i in served if i != wanted), wanted)
    if before == wanted:
        return ()
    try:
        return diff(Side(archive.load(before)), Side(archive.load(wanted)))
    except ArchiveError:
        return None


def _show(
    wanted: str, changes: Sequence[Change] | None, done: Sequence[CommandResult], form: str
) -> None:
    from runner.diff import text

    if form == "json":
        noticed = None if changes is None else [change.to_data() for change in changes]
        runners = [asdict(result) for result in done]
        shown = {"release": wanted, "runners": runners, "changes": noticed}
        click.echo(json.dumps(shown, ensure_ascii=False, indent=2))
        return
    if any(each.result == "ok" for each in done):
        bright = options().bright()
        bold, off = (render.BRIGHT.place, render.BRIGHT.off) if bright else ("", "")
        if changes is not None:
            click.echo(text(changes, bold=bold, off=off) + "\n", color=bright)
        click.echo(f"release {wanted} is served until the files change")
    elif done and all(each.result == "unchanged" for each in done):
        click.echo(f"release {wanted} is served already")
    for each in done:
        if each.result not in _FINE:
            click.echo(f"error: process {each.pid}: {render.printable(each.message)}", err=True)
    if not done:
        click.echo("error: no runner is on any more", err=True)
