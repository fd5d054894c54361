"""`lkrun campaign`: whom agents call, one after the other."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from runner.cli.folder import compiled, folder
from runner.cli.groups import Commands
from runner.cli.options import formats, shared
from runner.cli.stored import opened

if TYPE_CHECKING:
    from runner.link.release import Release
    from runner.records.database import Database


@click.group(cls=Commands, subcommand_metavar="COMMAND [ARGS]...")
@shared
def campaign() -> None:
    """Start a campaign, pause or stop it, and see how far it is.

    Calls are made by `lkrun serve` of the same folder.
    """


name = click.argument("name", metavar="NAME")


@campaign.command()
@name
@folder
@formats("text", "json")
@shared
def start(name: str, folder: Path, *, form: str) -> int:
    """Begin a campaign, or go on with one that is paused.

    All contacts are checked first. One that was stopped, or has finished, begins from the start.
    """
    from runner.serve.campaigns import desk
    from runner.source import read_table

    def begin(database: Database | None, release: Release) -> dict[str, Any]:
        assert database is not None  # noqa: S101 - it is begun
        return desk.start(database, release, name, lambda path: read_table(folder, path))

    return _do(folder, form, begin, begins=True)


@campaign.command()
@name
@folder
@formats("text", "json")
@shared
def pause(name: str, folder: Path, *, form: str) -> int:
    """Call nobody more until it is started again; calls in progress go on."""
    return _do(folder, form, _setting(name, "paused"))


@campaign.command()
@name
@folder
@formats("text", "json")
@shared
def stop(name: str, folder: Path, *, form: str) -> int:
    """End a campaign: a start afterwards begins from the start."""
    return _do(folder, form, _setting(name, "stopped"))


@campaign.command()
@click.argument("name", metavar="[NAME]", required=False)
@folder
@click.option("--csv", "as_csv", is_flag=True, help="The results for a spreadsheet.")
@formats("text", "json")
@shared
def status(name: str | None, folder: Path, *, form: str, as_csv: bool) -> int:
    """Show how far a campaign is, or all of them."""
    from runner.serve.campaigns import desk
    from runner.serve.campaigns.table import table

    if as_csv and name is None:
        raise click.UsageError("--csv needs the name of a campaign")
    if as_csv:

        def lines(database: Database | None, release: Release) -> None:
            for line in table(desk.everybody(database, release, str(name))):
                click.echo(line.rstrip("\r\n"))

        return _do(folder, form, lines)
    if name is None:
        return _do(folder, form, desk.summaries)
    if form == "json":
        return _do(folder, form, lambda d, r: desk.detail(d, r, str(name), 0, 100_000))
    return _do(folder, form, lambda d, r: desk.summary(d, r, str(name)))


def _setting(name: str, state: str) -> Callable[[Database | None, Release], dict[str, Any]]:
    from runner.serve.campaigns import desk

    return lambda database, release: desk.set_state(database, release, name, state)


def _do(
    folder: Path,
    form: str,
    do: Callable[[Database | None, Release], Any],
    *,
    begins: bool = False,
) -> int:
    """Do it with the folder's release and database; what comes of it is shown."""
    from runner.cli.check import show
    from runner.link.release import Release
    from runner.records.database import DatabaseError
    from runner.serve.campaigns.desk import DialogueError

    result = compiled(folder)
    if result.release is None and begins:
        show([d for d in result.diagnostics if d.severity == "error"], result, folder, form)
        return 1
    try:
        with opened(folder, begin=begins) as database:
            # also where the files have mistakes just now, calls can be ended
            answer = do(database, result.release or Release(agents={}))
    except DialogueError as error:
        hint = f"; {error.help}" if error.help else ""
        click.echo(f"lkrun: {error.message}{hint}", err=True)
        return 1
    except DatabaseError as error:
        raise click.ClickException(str(error)) from None
    if answer is None:
        return 0
    if form == "json":
        click.echo(json.dumps(answer, ensure_ascii=False, indent=2))
        return 0
    for each in answer if isinstance(answer, list) else [answer]:
        _show(each)
    if answer == []:
        click.echo("there are no campaigns in this folder: write one below campaigns:")
    return 0


def _show(each: dict[str, Any]) -> None:
    why = f" ({each['reason']})" if each["reason"] else ""
    click.echo(f"{each['name']}: {each['state']}{why}")
    if each["contacts"]:
        click.echo(
            f"  {each['contacts']} contacts: {each['waiting']} waiting, {each['calling']} being "
            f"called, {each['done']} done"
        )
    for outcome, count in each["outcomes"].items():
        click.echo(f"  {outcome.replace('_', ' ')}: {count}")
