"""`lkrun optout`: the list of numbers that are never called."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import click

from runner.cli.folder import folder
from runner.cli.groups import Commands
from runner.cli.options import formats, shared
from runner.cli.stored import opened


@click.group(cls=Commands, subcommand_metavar="COMMAND [ARGS]...")
@shared
def optout() -> None:
    """List the numbers that are never called, put one there, or take one off.

    Callers get there by the action opt_out: yes.
    """


def parsed_number(_context: click.Context, _parameter: click.Parameter, value: str) -> str:
    """Accept a phone number, as people write it down: with spaces, 00 for +, ….

    Raises:
        click.UsageError: it is none, in words.
    """
    from pydantic_core import PydanticCustomError

    from runner.schema.types.phone_numbers import read_phone_number

    try:
        return read_phone_number(value)
    except PydanticCustomError as error:
        about = error.context or {}
        raise click.UsageError(f"{about['message']}; {about['help']}") from None


number = click.argument("number", callback=parsed_number)


@optout.command("list")
@folder
@formats("text", "json")
@shared
def list_(folder: Path, *, form: str) -> int:
    """List them, the newest first."""
    from runner.records import opt_outs

    with opened(folder) as database:
        known = opt_outs.listed(database) if database is not None else []
    if form == "json":
        listed = [each.to_data() for each in known]
        click.echo(json.dumps(listed, ensure_ascii=False, indent=2))
        return 0
    for each in known:
        data = each.to_data()
        who = f"asked {each.agent} in {each.session}" if each.session else "put there by hand"
        click.echo(f"{each.number}  {data['since'][:19].replace('T', ' ')}  {who}")
    if not known:
        click.echo("no number is on the list")
    return 0


@optout.command()
@number
@folder
@formats("text", "json")
@shared
def add(number: str, folder: Path, *, form: str) -> int:
    """Put NUMBER on the list, such as +842412345678."""
    from runner.records import opt_outs

    with opened(folder, begin=True) as database:
        new = database is not None and opt_outs.add(database, number)
    return _say(f"{number} is {'now ' * new}on the list of those who are never called", form)


@optout.command()
@number
@folder
@formats("text", "json")
@shared
def remove(number: str, folder: Path, *, form: str) -> int:
    """Take NUMBER off the list: it may be called again."""
    from runner.records import opt_outs

    with opened(folder) as database:
        done = database is not None and opt_outs.remove(database, number)
    if not done:
        click.echo(f"lkrun: {number} is not on the list", err=True)
        return 1
    return _say(f"{number} may be called again", form)


def _say(words: str, form: str) -> int:
    done: dict[str, Any] = {"result": "ok", "message": words}
    click.echo(json.dumps(done) if form == "json" else words)
    return 0
