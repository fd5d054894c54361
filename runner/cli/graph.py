"""`lkrun graph`: personas and handoffs as a picture."""

from __future__ import annotations

import shlex
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from runner.cli.check import listed
from runner.cli.folder import DEFAULT, compiled, folder
from runner.cli.options import options, shared

if TYPE_CHECKING:
    from collections.abc import Sequence

    from runner.picture.sketch import Sketch


@click.command()
@folder
@click.option(
    "--format",
    "form",
    type=click.Choice(["mermaid", "svg", "text"]),
    help="A flowchart for Mermaid, a picture, or text; left out: text on a terminal, else mermaid.",
)
@shared
def graph(folder: Path, *, form: str | None) -> int:
    """Draw the personas and handoffs of the folder DIR (agents.d), and its external agents."""
    from runner.picture.sketch import program, sketch

    result = compiled(folder)
    if result.release is None:
        # not into the file that the picture is written to
        listed([d for d in result.diagnostics if d.severity == "error"], result, err=True)
        return 1
    sketches = [sketch(scope) for scope in result.scopes]
    for name, spec in result.release.external_agents.items():
        fallback = str(spec.fallback) if spec.fallback is not None else None
        sketches.append(program(name, map(str, spec.also), fallback))
    on_terminal = form is None and sys.stdout.isatty()
    _draw(sketches, form or ("text" if on_terminal else "mermaid"))
    if on_terminal:
        where = "" if folder == Path(DEFAULT) else f" {shlex.quote(str(folder))}"
        click.echo(f"\nas a picture: lkrun graph{where} --format svg > graph.svg")
    return 0


def _draw(sketches: Sequence[Sketch], form: str) -> None:
    if form == "svg":
        from runner.picture.svg import svg

        click.echo(svg(sketches))
    elif form == "mermaid":
        from runner.picture.mermaid import mermaid

        click.echo(mermaid(sketches))
    else:
        from runner.diagnostics.render import BRIGHT, PLAIN
        from runner.picture.plain import plain

        bright = options().bright()
        click.echo(plain(sketches, BRIGHT if bright else PLAIN), color=bright)
