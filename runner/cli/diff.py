"""`lkrun diff`: what callers will notice between two releases."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import click

from runner.cli.check import show
from runner.cli.folder import compiled, existing
from runner.cli.options import options, shared
from runner.diagnostics import render

if TYPE_CHECKING:
    from contextlib import AbstractContextManager

    from runner.compiler import Compiled
    from runner.diff import Side


@click.command()
@click.argument("old")
@click.argument("new")
@click.option(
    "--format",
    "form",
    type=click.Choice(["text", "json"]),
    default="text",
    help="For people or for programs.",
)
@shared
def diff(old: str, new: str, *, form: str) -> int:
    """Tell what callers will notice when OLD becomes NEW.

    Each of the two is a folder, or a git revision of agents.d such as HEAD~1, or of another folder
    such as HEAD~1:my-folder.
    """
    from runner.diff import diff as compare  # noqa: PLC0415 - only what runs is imported
    from runner.diff import document, text  # noqa: PLC0415 - as above

    sides = []
    with ExitStack() as open_folders:
        folders = [(asked, open_folders.enter_context(_folder(asked))) for asked in (old, new)]
        for asked, folder in folders:
            result = compiled(folder)
            side = _side(result)
            if side is None:
                click.echo(f"{render.printable(asked)} has mistakes:", err=True)
                errors = [d for d in result.diagnostics if d.severity == "error"]
                show(errors, result, folder, form)
                return 1
            sides.append(side)
    changes = compare(*sides)
    bright = options().bright()
    bold, off = (render.BRIGHT.place, render.BRIGHT.off) if bright else ("", "")
    click.echo(
        document(changes) if form == "json" else text(changes, bold=bold, off=off), color=bright
    )
    return 0


def _side(result: Compiled) -> Side | None:
    from runner.diff import Side  # noqa: PLC0415 - as above

    if result.release is None:
        return None
    resting = {scope.name for scope in result.scopes} - result.release.agents.keys()
    return Side(result.release, frozenset(resting))


def _folder(asked: str) -> AbstractContextManager[Path]:
    """The folder that is meant, by the first source that knows the name."""
    return next(opened(asked) for knows, opened in SOURCES if knows(asked))


@contextmanager
def _directory(asked: str) -> Iterator[Path]:
    yield existing(asked)


@contextmanager
def _revision(asked: str) -> Iterator[Path]:
    """A git revision, in a temporary folder of its own."""
    from runner.diff.revision import RevisionError, export  # noqa: PLC0415 - as above

    with tempfile.TemporaryDirectory(prefix="lkrun-diff-") as place:
        try:
            export(asked, Path.cwd(), Path(place))
        except RevisionError as error:
            raise click.UsageError(render.printable(str(error))) from error
        except OSError as error:
            reason = error.strerror or "no place for temporary files"
            raise click.UsageError(f"the revision cannot be written out: {reason}") from error
        yield Path(place)


Source = tuple[Callable[[str], bool], Callable[[str], "AbstractContextManager[Path]"]]

SOURCES: tuple[Source, ...] = (
    (os.path.exists, _directory),
    (lambda _asked: True, _revision),
)
"""Whether a name is one of a source's, and how its folder is had; the first that fits is taken."""
