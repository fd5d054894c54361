"""The configuration folder of a command."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from runner.cli.options import options

if TYPE_CHECKING:
    from runner.compiler import Compiled, Compiler

DEFAULT = "agents.d"


def existing(value: str) -> Path:
    """The folder of this name.

    Raises:
        click.UsageError: there is none.
    """
    path = Path(value)
    if path.is_dir():
        return path
    if path.exists():
        raise click.UsageError(f"'{value}' is not a folder; name the folder that it is in")
    hint = (
        ""
        if value != DEFAULT
        else ": name the folder of your YAML files, as in lkrun check my-folder"
    )
    raise click.UsageError(f"there is no folder '{value}'{hint}")


folder = click.argument(
    "folder",
    metavar="[DIR]",
    default=DEFAULT,
    callback=lambda _context, _parameter, value: existing(value),
    type=click.Path(),
)
"""The argument DIR: a folder that exists, `agents.d` where it is left out."""


def compiler(path: Path) -> Compiler:
    """The compiler of a folder, with the user's cache."""
    from runner.cache import Cache
    from runner.compiler import Compiler

    return Compiler(path, cache=Cache(), environment=options().asked_environment)


def compiled(path: Path) -> Compiled:
    """Compile a folder once."""
    return compiler(path).compile()
