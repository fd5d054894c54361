"""`lkrun diff`: what callers will notice between two releases."""

from __future__ import annotations

import os
import re
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

import click

from runner.cli.check import show
from runner.cli.folder import DEFAULT, compiled, existing
from runner.cli.options import formats, options, shared
from runner.cli.releases import opened
from runner.diagnostics import render

if TYPE_CHECKING:
    from runner.diff import Side

_ID: Final = re.compile(r"[0-9a-fA-F]{6,12}")
"""The id of a release, or so much of it that it is not taken for a word."""


@dataclass(frozen=True, slots=True)
class Asked:
    """What is asked for on one side.

    Attributes:
        name: as it was written.
        other: the name on the other side.
        form: in which mistakes are shown.
    """

    name: str
    other: str
    form: str


@click.command()
@click.argument("old")
@click.argument("new")
@formats("text", "json")
@shared
def diff(old: str, new: str, *, form: str) -> int:
    """Tell what callers will notice when OLD becomes NEW.

    Each of the two is a folder; or a git revision of agents.d such as HEAD~1, or of another folder
    such as HEAD~1:my-folder; or a release that lkrun releases lists.
    """
    from runner.diff import diff as compare
    from runner.diff import document, text

    sides = []
    for wanted in (Asked(old, new, form), Asked(new, old, form)):
        side = next(given(wanted) for knows, given in SOURCES if knows(wanted))
        if side is None:
            return 1
        sides.append(side)
    changes = compare(*sides)
    bright = options().bright()
    bold, off = (render.BRIGHT.place, render.BRIGHT.off) if bright else ("", "")
    click.echo(
        document(changes) if form == "json" else text(changes, bold=bold, off=off), color=bright
    )
    return 0


def _compiled(wanted: Asked, folder: Path) -> Side | None:
    """What a folder becomes; None once its mistakes are told."""
    from runner.diff import Side

    result = compiled(folder)
    if result.release is None:
        click.echo(f"{render.printable(wanted.name)} has mistakes:", err=True)
        errors = [d for d in result.diagnostics if d.severity == "error"]
        show(errors, result, folder, wanted.form)
        return None
    resting = {scope.name for scope in result.scopes} - result.release.agents.keys()
    return Side(result.release, frozenset(resting))


def _directory(wanted: Asked) -> Side | None:
    return _compiled(wanted, existing(wanted.name))


def _is_kept(wanted: Asked) -> bool:
    from runner.diff.revision import known

    return _ID.fullmatch(wanted.name) is not None and not known(wanted.name, Path.cwd())


def _kept(wanted: Asked) -> Side:
    """A kept release: of the folder on the other side, or of agents.d."""
    from runner.diff import Side

    # no name is too long for os.path
    archive = opened(Path(wanted.other if os.path.isdir(wanted.other) else DEFAULT))  # noqa: PTH112 - of a text that may be no path

    from runner.serve.releases.archive import ArchiveError, UnknownReleaseError  # not on Windows

    try:
        return Side(archive.load(wanted.name))
    except UnknownReleaseError as error:
        words = f"there is neither a folder nor a git revision '{wanted.name}', and {error}"
        raise click.UsageError(words) from error
    except ArchiveError as error:
        raise click.ClickException(str(error)) from error


def _revision(wanted: Asked) -> Side | None:
    """A git revision, in a temporary folder of its own."""
    from runner.diff.revision import RevisionError, export

    with tempfile.TemporaryDirectory(prefix="lkrun-diff-") as place:
        try:
            export(wanted.name, Path.cwd(), Path(place))
        except RevisionError as error:
            raise click.UsageError(render.printable(str(error))) from error
        except OSError as error:
            reason = error.strerror or "no place for temporary files"
            raise click.UsageError(f"the revision cannot be written out: {reason}") from error
        return _compiled(wanted, Path(place))


Source = tuple[Callable[[Asked], bool], Callable[[Asked], "Side | None"]]

SOURCES: tuple[Source, ...] = (
    (lambda wanted: os.path.exists(wanted.name), _directory),  # noqa: PTH110 - as above
    (_is_kept, _kept),
    (lambda _asked: True, _revision),
)
"""Whether a name is one of a source's, and its side; the first that fits is taken."""
