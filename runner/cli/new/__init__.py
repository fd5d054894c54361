"""`lkrun new`: a working start."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path

import click

from runner.cli.folder import DEFAULT
from runner.cli.new.folder import PROGRAM, TEMPLATES
from runner.cli.new.folder import files as contents
from runner.cli.new.plugin import KINDS, files
from runner.cli.options import shared
from runner.diagnostics.nearest import did_you_mean, nearest

_FOLDER = "[DIR]"
"""The command that makes a folder; nobody writes its name."""


class _New(click.Group):
    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        first = args[0] if args else ""
        mistyped = len(args) > 1 and not first.startswith("-") and nearest(first, self.commands)
        if first not in {*self.commands, "-h", "--help"} and not mistyped:
            args = [_FOLDER, *args]
        return super().parse_args(ctx, args)

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        if args and args[0] not in self.commands:
            hint = did_you_mean(args[0], self.commands, noun="beginnings")
            raise click.UsageError(f"there is no '{args[0]}' to begin with; {hint}", ctx)
        return super().resolve_command(ctx, args)


@click.group(cls=_New, subcommand_metavar="[DIR] [--template NAME] | plugin NAME")
def new() -> None:
    """Begin a folder of agents that works, or a plugin.

    DIR is the folder that is made, agents.d without it. Templates: desk, external-python,
    external-typescript and external-go; of the last three a program stands beside it.
    """


@new.command(_FOLDER, hidden=True)
@click.argument("folder", metavar="[DIR]", default=DEFAULT, type=click.Path(path_type=Path))
@click.option(
    "--template",
    type=click.Choice(list(TEMPLATES)),
    default="desk",
    show_default=True,
    help="What the folder holds; of the external ones a program stands beside it.",
)
@shared
def _folder(folder: Path, template: str) -> int:
    """Make a folder of agents that passes lkrun check."""
    chosen = TEMPLATES[template]
    agents, program = contents(chosen)
    beside = folder.parent / PROGRAM
    for place in (folder, beside) if program else (folder,):
        if place.exists() and (not place.is_dir() or any(place.iterdir())):
            raise click.UsageError(f"{place} is there already; choose another name, or remove it")
    _write(folder, agents)
    _write(beside, program)
    click.echo(f"{folder} is made: {chosen.about}. Next:")
    named = "" if str(folder) == DEFAULT else f" {folder}"
    for line in _next(named, beside, chosen.run):
        click.echo(f"  {line}")
    return 0


def _write(folder: Path, made: Mapping[str, bytes]) -> None:
    for name, content in made.items():
        file = folder / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(content)


def _next(named: str, beside: Path, run: str) -> list[str]:
    if not run:
        return [f"lkrun check{named}", f"lkrun chat{named}"]
    return [
        'export CONCIERGE_SECRET="whsec_$(openssl rand -base64 32)"    # both must have it',
        f"lkrun check{named} --keys",
        f"(cd {beside} && {run})    # in one terminal",
        f"lkrun serve{named}    # in another; it wants LIVEKIT_URL, _API_KEY and _API_SECRET",
        f"lkrun token concierge{named}    # a link for the caller",
    ]


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
    _write(folder, {path: text.encode() for path, text in files(name, kind).items()})
    click.echo(f"{folder} is made. Next:")
    click.echo(f"  pip install -e {folder}")
    click.echo(f"  pytest {folder}")
    click.echo(f"  {KINDS[kind].use.format(name=name)}")
    return 0
