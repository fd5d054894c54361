"""`lkrun preview`: a link by which one talks with the folder as it is now."""

from __future__ import annotations

import json
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

from runner.cli.check import show
from runner.cli.folder import compiled, folder
from runner.cli.options import formats, shared
from runner.cli.releases import asked, opened, unreached
from runner.diagnostics import render

if TYPE_CHECKING:
    from runner.serve.socket.messages import PreviewShown

_SECONDS = 30.0
"""For a thousand agents on a slow disk."""

_SHOWN = 5
"""Changes that are listed; `lkrun diff` has them all."""


@click.command()
@folder
@formats("text", "json")
@shared
def preview(folder: Path, *, form: str) -> int:
    """Give a link by which one talks with the folder DIR (agents.d) as it is now.

    Callers keep what is served. The link opens the page of the running lkrun serve, for an hour and
    for whoever has it.
    """
    from runner.serve.socket.messages import CommandResult, PreviewShown

    result = compiled(folder)
    if result.release is None:
        show([d for d in result.diagnostics if d.severity == "error"], result, folder, form)
        return 1
    answers = asked(opened(folder), "preview", seconds=_SECONDS)
    link = next((each for each in answers if isinstance(each, PreviewShown)), None)
    if link is not None:
        click.echo(_document(link) if form == "json" else _text(link))
        return 0
    unreached(answers)
    if not answers:
        name = render.printable(str(folder))
        words = f"no runner of {name} is on; start one with lkrun serve {name} --no-reload"
        raise click.ClickException(words)
    for each in answers:
        if isinstance(each, CommandResult) and each.message and each.result == "rejected":
            click.echo(f"error: process {each.pid}: {render.printable(each.message)}", err=True)
    return 1


def _document(link: PreviewShown) -> str:
    shown = {"release": link.release, "url": link.url, "expires": link.expires}
    return json.dumps(shown, ensure_ascii=False, indent=2)


def _text(link: PreviewShown) -> str:
    until = datetime.fromisoformat(link.expires).astimezone()
    lines = [link.url, "", f"It is good until {until:%H:%M}, for whoever has it."]
    if not link.changes:
        return "\n".join([*lines, "The folder says what callers hear already."])
    lines.append("What is new in it against what callers hear:")
    lines += [f"  {render.printable(each)}" for each in link.changes[:_SHOWN]]
    more = len(link.changes) - _SHOWN
    return "\n".join([*lines, f"  and {more} more"] if more > 0 else lines)
