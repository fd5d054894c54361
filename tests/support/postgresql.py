"""A PostgreSQL server of one's own: on 127.0.0.1, in a folder of its own, gone at the end."""

from __future__ import annotations

import getpass
import os
import shutil
import socket
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

import psycopg

USER = "lkrun"
PASSWORD = "river stone 42"  # noqa: S105 - of a server that nobody else reaches


def program(name: str) -> str:
    """A program of PostgreSQL; Debian keeps those of servers out of the path."""
    beside = sorted(Path("/usr/lib/postgresql").glob(f"*/bin/{name}"))
    return str(beside[-1]) if beside else shutil.which(name) or name


class PostgreSql:
    """A server that can be stopped and started.

    Attributes:
        port: where it listens, on 127.0.0.1.
    """

    def __init__(self, folder: Path) -> None:
        self._data = folder / "data"
        self._runs_as = "nobody" if os.geteuid() == 0 else getpass.getuser()
        if os.geteuid() == 0:  # it refuses to run as root
            shutil.chown(folder, "nobody")
        words = folder / "password"
        words.write_text(PASSWORD)
        self._run("initdb", "-U", USER, "--pwfile", str(words), "-A", "scram-sha-256",
                  "-E", "UTF8", "--locale", "C", "--no-sync", "-D", str(self._data))  # fmt: skip
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = free.getsockname()[1]

    def _run(self, name: str, *arguments: str) -> None:
        subprocess.run(
            [program(name), *arguments], check=True, capture_output=True, user=self._runs_as,
            cwd=self._data.parent, timeout=60,
        )  # fmt: skip

    def url(self, database: str, password: str = PASSWORD) -> str:
        """The address of a database."""
        quoted = password.replace(" ", "%20")
        return f"postgresql://{USER}:{quoted}@127.0.0.1:{self.port}/{database}"

    def start(self) -> None:
        """Start it, and wait until it answers."""
        options = (
            f"-p {self.port} -c listen_addresses=127.0.0.1 -c unix_socket_directories='' "
            "-c fsync=off"
        )
        log = str(self._data / "log")
        self._run("pg_ctl", "-D", str(self._data), "-w", "-l", log, "-o", options, "start")

    def stop(self) -> None:
        """Stop it at once, whoever is connected."""
        self._run("pg_ctl", "-D", str(self._data), "-w", "-m", "immediate", "stop")

    def create(self, database: str) -> str:
        """Make a database; gives its address."""
        with psycopg.connect(self.url("postgres"), autocommit=True) as connection:
            connection.execute(f"CREATE DATABASE {database}")  # type: ignore[arg-type]  # a name of the test's
        return self.url(database)


@contextmanager
def postgresql() -> Iterator[PostgreSql]:
    """Run one."""
    with TemporaryDirectory(prefix="lk-pg-") as folder:
        Path(folder).chmod(0o755)
        server = PostgreSql(Path(folder))
        server.start()
        try:
            yield server
        finally:
            server.stop()
