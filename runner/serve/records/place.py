"""Where records are kept now: what is served says so, and a reload may say otherwise."""

from __future__ import annotations

import threading
from pathlib import Path
from typing import TYPE_CHECKING

from runner.egress.secrets import Ledger, Secrets
from runner.records.address import Address, address_of, rendered
from runner.records.database import Database, DatabaseError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from runner.schema.process import Process


class Place:
    """Follows `runner.records`. Threads may share it."""

    def __init__(
        self, process: Callable[[], Process], secrets: Secrets, env: Mapping[str, str]
    ) -> None:
        """Take what tells the settings of now, and where secrets are."""
        self._process, self._secrets, self._env = process, secrets, Secrets(env)
        self._guard = threading.Lock()
        self._database: Database | None = None

    @property
    def data_dir(self) -> Path:
        """The folder for data."""
        return Path(str(self._process().data_dir))

    @property
    def keep(self) -> float:
        """Seconds for which records are kept."""
        return self._process().records.keep

    def begun(self) -> bool:
        """Whether there can be something in the database: a file is there only once there is."""
        try:
            file = self._address().file
        except DatabaseError:
            return False
        return file is None or file.exists()

    def database(self) -> Database:
        """The database.

        Raises:
            DatabaseError: its address cannot be worked out.
        """
        address = self._address()
        with self._guard:
            if self._database is None or self._database.address != address:
                self.close()
                self._database = Database(address)
            return self._database

    def close(self) -> None:
        """Let go of it."""
        if self._database is not None:
            self._database.close()

    def _address(self) -> Address:
        names = {"secrets": Ledger(self._secrets), "env": Ledger(self._env)}
        url = rendered(str(self._process().records.database), names)
        missing = [name for each in names.values() for name in each.missing]
        if missing:
            raise DatabaseError(f"{missing[0]} has no value", f"set {missing[0]}")
        try:
            return address_of(url, self.data_dir)
        except ValueError as error:
            raise DatabaseError(str(error), "write it in runner.records.database") from None
