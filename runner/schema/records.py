"""The section `runner.records`: where it is kept what happened in calls, and for how long."""

from __future__ import annotations

import re
from typing import Annotated, ClassVar, Final
from urllib.parse import urlsplit

from pydantic import AfterValidator, WithJsonSchema

from runner.late_pattern import late
from runner.schema.types.blocks import Block, key
from runner.schema.types.measures import LongTime
from runner.schema.types.mistake import mistake
from runner.schema.types.texts import Credential
from runner.template import has_template

DATABASE: Final = "sqlite:///records.db"
_EXAMPLE: Final = "postgresql://lkrun:{{ secrets.DB_PASSWORD }}@host/records"
_POSTGRESQL: Final = late(r"postgres(?:ql)?://(?:([^:@/]*)(:[^@]*)?@)?([^/@]*)(?:/([^?]*))?(\?.*)?")
_USER: Final = r"([^/@:]*(:[^@]*\{\{[^@]*)?@)?"
_HOST: Final = r"([^/@:]+|\[[^\]]*\])(:(\d+|\{\{[^}]*\}\}))?"
_SHAPE: Final = (
    r"^\s*(\{\{|sqlite:/{3,4}[^/]|postgres(ql)?://"
    rf"({_USER}{_HOST}/[^?]|.*[?&]host=))"
)
"""What an editor knows of such an address: all but what only reading it tells."""

_TEMPLATE: Final = late(r"\{\{.*?\}\}", re.DOTALL)
_MONTH: Final = 30 * 86_400.0


def _database(text: Credential) -> Credential:
    written = text.strip()
    if written.startswith("{{"):  # all of it is a secret
        return Credential(written)
    if written.startswith("sqlite:"):
        return _sqlite(written)
    if match := _POSTGRESQL.fullmatch(_TEMPLATE.sub("x", written)):
        return _postgresql(written, match)
    message = f"'{_shown(written)}' is not the address of a database that lkrun can write"
    raise mistake("E114", message, _meant(written))


def _sqlite(text: str) -> Credential:
    name = text.removeprefix("sqlite:").lstrip("/")
    right = f"sqlite:///{name or 'records.db'}"
    if (
        name
        and name != ":memory:"
        and re.match("sqlite:/{3,4}[^/]", text)
        and not has_template(text)
    ):
        if not name.endswith("/"):
            return Credential(text)
        right = f"{text}records.db"
    elif has_template(text) or name == ":memory:":
        right = DATABASE
    message = f"'{_shown(text)}' names no file"
    raise mistake("E114", message, f"write {right}: the file is put below runner.data_dir")


def _postgresql(text: str, match: re.Match[str]) -> Credential:
    user, words, host, name, options = match.groups()
    if words and words != ":x" and not has_template(text.rpartition("@")[0]):
        where = f"{host}/{name}" if name else host
        hint = (
            f"write postgresql://{user}:{{{{ secrets.DB_PASSWORD }}}}@{where}, and set DB_PASSWORD"
        )
        raise mistake("E114", "the password of the database stands in the file", hint)
    if not name:
        hint = f"write the name of the database at the end, as in {_EXAMPLE}"
        raise mistake("E114", "the address names no database", hint)
    if not host and "host=" not in (options or ""):
        hint = f"write the host before the name of the database, as in {_EXAMPLE}"
        raise mistake("E114", "the address of the database names no host", hint)
    try:
        urlsplit(f"//{host}").port  # noqa: B018 - it raises for what is no port
    except ValueError:
        hint = "write a number behind the colon, such as 5432"
        raise mistake("E114", f"'{host}' is not a host and a port", hint) from None
    return Credential(text)


def _shown(text: str) -> str:
    """An address without the password that may stand in it."""
    return re.sub(r"(://[^:@/]*):[^@]*@", r"\1:***@", text)


def _meant(text: str) -> str:
    if "://" not in text and re.search(r"\.(db|sqlite3?)$", text):
        return f"write sqlite:///{text.lstrip('/') if not text.startswith('/') else text}"
    scheme = text.partition("://")[0].partition("+")[0]
    if scheme in ("postgresql", "postgres"):
        rest = text.partition("://")[2]
        return f"write postgresql://{_shown(f'://{rest}')[3:]}" if rest else f"write {_EXAMPLE}"
    return f"write {DATABASE} for a file, or {_EXAMPLE}"


Database = Annotated[
    Credential,
    AfterValidator(_database),
    WithJsonSchema({"type": "string", "pattern": _SHAPE}),
]
"""`sqlite:///` and a file, or `postgresql://`."""


class Records(Block):
    """Where it is kept what happened in calls, and for how long."""

    noun: ClassVar[str] = "records"
    bare: ClassVar[str] = "database"
    elsewhere: ClassVar[dict[str, str]] = {
        "file": f"write database: {DATABASE}",
        "path": f"write database: {DATABASE}",
        "url": "write database:",
        "password": f"write it into the address: {_EXAMPLE}",
        "enabled": "records are always kept; keep: says for how long",
        "transcript": "it belongs to an agent: write it below record:",
        "audio": "it belongs to an agent: write it below record:",
    }

    database: Database = key(
        "a file of SQLite below runner.data_dir, or the address of a PostgreSQL database, which "
        "several runners may share (pip install 'lkrun[postgresql]')",
        Credential(DATABASE),
    )
    keep: LongTime = key("what is older is deleted, with its sound", _MONTH)
