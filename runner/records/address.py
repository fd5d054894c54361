"""Where the database is: what `runner.records.database` says, and what SQLAlchemy wants."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final
from urllib.parse import quote, urlsplit

from runner.secret import Secret
from runner.template import Renderer, has_template

_SQLITE: Final = "sqlite:///"
_POSTGRESQL: Final = ("postgresql://", "postgres://")


@dataclass(frozen=True, slots=True)
class Address:
    """Where a database is.

    Attributes:
        url: as SQLAlchemy wants it, with its password.
        shown: as people may see it.
        file: of SQLite.
    """

    url: Secret[str]
    shown: str
    file: Path | None = None


def address_of(written: Secret[str], data_dir: Path) -> Address:
    """Find it; a relative file is below the folder for data.

    Raises:
        ValueError: it is none; the text says what is wrong.
    """
    text = written.reveal().strip()

    if text.startswith(_SQLITE):
        file = data_dir / text.removeprefix(_SQLITE)
        return Address(Secret(f"{_SQLITE}{file.resolve()}"), str(file), file)
    for scheme in _POSTGRESQL:
        if text.startswith(scheme):
            rest = text.removeprefix(scheme)
            return Address(Secret(f"postgresql+psycopg://{rest}"), f"postgresql://{_bare(rest)}")
    raise ValueError("the address of the database begins neither with sqlite:/// nor postgresql://")


def rendered(written: str, names: Mapping[str, Any]) -> Secret[str]:
    """The address with its secrets: a password may hold any sign.

    Args:
        written: what stands in the file.
        names: what its templates may name.
    """
    renderer = Renderer()
    parts = _ASKING.fullmatch(written)
    if parts is None or not has_template(parts["who"]):
        return Secret(renderer.render(written, names))
    who = [
        quote(renderer.render(part, names), safe="") if has_template(part) else part
        for part in _COLON.split(parts["who"])
    ]
    rest = renderer.render(parts["rest"], names)
    return Secret(f"{parts['scheme']}{':'.join(who)}@{rest}")


_ASKING: Final = re.compile(r"(?P<scheme>\w+://)(?P<who>[^@]*)@(?P<rest>.*)", re.DOTALL)
_COLON: Final = re.compile(r":(?![^{]*\}\})")
"""The one between user and password: none within braces."""


def _bare(rest: str) -> str:
    """The host and the name of the database, without who asks and how."""
    split = urlsplit(f"//{rest.rpartition('@')[2]}")
    return f"{split.netloc}{split.path}"
