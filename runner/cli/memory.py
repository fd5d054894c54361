"""`lkrun memory`: what is remembered of a caller."""

from __future__ import annotations

import json
from pathlib import Path

import click

from runner.cli.folder import folder
from runner.cli.groups import Commands
from runner.cli.options import formats, shared
from runner.cli.stored import opened


@click.group(cls=Commands, subcommand_metavar="COMMAND [ARGS]...")
@shared
def memory() -> None:
    """Show or forget what is remembered of a caller."""


@memory.command()
@click.argument("who", metavar="WHO")
@folder
@formats("text", "json")
@shared
def show(who: str, folder: Path, *, form: str) -> int:
    """Show what is remembered of a caller, such as +842412345678."""
    from runner.records import memories

    with opened(folder) as database:
        known = memories.recall(database, who) if database is not None else []
    about = memories.shown(who, known)
    if about is None:
        return _unknown(who)
    if form == "json":
        click.echo(json.dumps(about, ensure_ascii=False, indent=2))
        return 0
    for agent, each in about["agents"].items():
        calls = f"{each['calls']} call{'' if each['calls'] == 1 else 's'}"
        click.echo(f"{agent}: {calls}, the last one {each['last'][:19].replace('T', ' ')}")
        lines = [f"{name}: {value}" for name, value in each["variables"].items()]
        for line in [*lines, *each["summary"].splitlines()]:
            click.echo(f"  {line}")
    return 0


@memory.command()
@click.argument("who", metavar="WHO")
@folder
@formats("text", "json")
@shared
def forget(who: str, folder: Path, *, form: str) -> int:
    """Forget a caller: what is kept of calls stays, see lkrun records."""
    from runner.records import memories

    with opened(folder) as database:
        done = database is not None and memories.forget(database, who)
    if not done:
        return _unknown(who)
    words = f"nothing is remembered of {who} any more"
    click.echo(json.dumps({"result": "ok", "message": words}) if form == "json" else words)
    return 0


def _unknown(who: str) -> int:
    click.echo(f"lkrun: nothing is remembered of '{who}'", err=True)
    return 1
