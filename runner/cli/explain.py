"""`lkrun explain`: the long form of a code."""

from __future__ import annotations

import re
from importlib.resources import files

import click

from runner.cli.options import shared
from runner.diagnostics.codes import CODES
from runner.diagnostics.nearest import nearest


@click.command()
@click.argument("code")
@shared
def explain(code: str) -> int:
    """Explain the code of an error or a warning, such as E101."""
    name = code.strip().strip("[]").upper()
    if name not in CODES:
        near = nearest(name, CODES) if re.fullmatch(r"[EW]\d+", name) else None
        hint = (
            f"; did you mean {near}?"
            if near
            else "; codes look like E101 or W203 and stand in brackets in each message"
        )
        raise click.UsageError(f"there is no code '{code}'{hint}")
    click.echo(explanation(name), nl=False)
    return 0


def explanation(code: str) -> str:
    """The text of a code: what it means, an example that is wrong, and the same made right."""
    return (
        files("runner.diagnostics")
        .joinpath("explanations", f"{code}.md")
        .read_text(encoding="utf-8")
    )
