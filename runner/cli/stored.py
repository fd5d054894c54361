"""The database of a folder's records, for commands that read it."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import click

from runner.cli.folder import compiled

if TYPE_CHECKING:
    from runner.records.database import Database


def data_dir(path: Path) -> Path:
    """The folder for data that the files of a folder name."""
    from runner.schema.process import Process

    release = compiled(path).release
    process = release.process if release is not None else Process.model_construct()
    return Path(str(process.data_dir))


@contextmanager
def opened(path: Path, *, begin: bool = False) -> Iterator[Database | None]:
    """Open it; None where nothing was ever kept, unless it is to begin now.

    Raises:
        click.ClickException: it cannot be read; the text says why.
    """
    from runner.egress.secrets import Secrets
    from runner.records.database import DatabaseError
    from runner.schema.process import Process
    from runner.serve.records.place import Place

    release = compiled(path).release
    process = release.process if release is not None else Process.model_construct()
    folder = os.environ.get("LKRUN_SECRETS_DIR")
    secrets = Secrets(os.environ, Path(folder) if folder else None)
    place = Place(lambda: process, secrets, os.environ)
    try:
        yield place.database() if begin or place.begun() else None
    except DatabaseError as error:
        hint = f"; {error.help}" if error.help else ""
        raise click.ClickException(f"{error}{hint}") from None
    finally:
        place.close()
