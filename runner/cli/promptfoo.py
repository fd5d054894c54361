"""`lkrun promptfoo init`: what promptfoo needs to evaluate the agents of a runner."""

from __future__ import annotations

from pathlib import Path

import click

from runner.cli.check import listed
from runner.cli.folder import compiled, folder
from runner.cli.groups import Commands
from runner.cli.options import shared


@click.group(cls=Commands)
def promptfoo() -> None:
    """Evaluate agents with promptfoo."""


@promptfoo.command()
@folder
@click.option(
    "--output", metavar="DIR", default=".", show_default=True, help="Where the files are written."
)
@click.option(
    "--python", "in_python", is_flag=True, help="Use the provider file that is written in Python."
)
@click.option("--force", is_flag=True, help="Overwrite files that exist.")
@shared
def init(folder: Path, *, output: str, in_python: bool, force: bool) -> int:
    """Write provider files and a configuration for the agents of the folder DIR (agents.d)."""
    from runner.promptfoo.configuration import files

    result = compiled(folder)
    if result.release is None:
        listed([d for d in result.diagnostics if d.severity == "error"], result, err=True)
        return 1
    place = Path(output)
    texts = files(sorted(result.release.agents), language="python" if in_python else "js")
    taken = [name for name in texts if (place / name).exists()]
    if taken and not force:
        names = ", ".join(taken)
        raise click.UsageError(f"there is already {names}: add --force to write over it")
    try:
        place.mkdir(parents=True, exist_ok=True)
        for name, text in texts.items():
            (place / name).write_text(text, encoding="utf-8")
    except OSError as error:
        raise click.UsageError(f"'{output}' cannot be written: {error.strerror}") from None
    for name in texts:
        click.echo(f"wrote {place / name}")
    click.echo(f"\nnow run: lkrun serve {folder}\nand beside it: npx promptfoo eval", err=True)
    return 0
