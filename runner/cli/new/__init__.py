"""`lkrun new`: a working start."""

from __future__ import annotations

import re
from pathlib import Path

import click

from runner.cli.new.plugin import KINDS, files
from runner.cli.options import shared
from runner.diagnostics.nearest import did_you_mean


class _New(click.Group):
    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        if args and args[0] not in self.commands:
            hint = did_you_mean(args[0], self.commands, noun="beginnings")
            raise click.UsageError(f"there is no '{args[0]}' to begin with; {hint}", ctx)
        return super().resolve_command(ctx, args)


@click.group(cls=_New)
def new() -> None:
    """Begin something that works from the first moment."""


_NAME = re.compile(r"[a-z][a-z0-9_]{0,39}")


def _name(_ctx: click.Context, _parameter: click.Parameter, text: str) -> str:
    if not _NAME.fullmatch(text):
        better = re.sub(r"[^a-z0-9]+", "_", text.lower()).strip("_0123456789")
        hint = f"write {better}" if _NAME.fullmatch(better) else "such as parrot"
        raise click.BadParameter(f"use small letters, digits and _; {hint}")
    return text


@new.command()
@click.argument("name", callback=_name)
@click.option(
    "--kind",
    type=click.Choice(sorted(KINDS)),
    default="tts",
    show_default=True,
    help="What the plugin brings.",
)
@click.option(
    "--into",
    type=click.Path(file_okay=False, path_type=Path),
    default=Path(),
    help="The folder in which lkrun-NAME is made; here without it.",
)
@shared
def plugin(name: str, kind: str, into: Path) -> int:
    """Make a package NAME that brings a plugin, whose tests pass."""
    folder = into / f"lkrun-{name.replace('_', '-')}"
    if folder.exists() and any(folder.iterdir()):
        raise click.UsageError(f"{folder} is there already; choose another name, or remove it")
    for path, text in files(name, kind).items():
        file = folder / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, encoding="utf-8")
    click.echo(f"{folder} is made. Next:")
    click.echo(f"  pip install -e {folder}")
    click.echo(f"  pytest {folder}")
    click.echo(f"  {KINDS[kind].use.format(name=name)}")
    return 0
