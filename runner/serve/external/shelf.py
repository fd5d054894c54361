"""Jobs whose programs are in calls, on the disk: a runner that ends leaves them to the next.

One SQLite file for all runners that share a folder for data: see `runner.delivery.owned`. No token
is in it; of that by which a program reports there is a digest.
"""

from __future__ import annotations

import asyncio
import json
import logging
import sqlite3
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from runner.delivery.owned import OwnedFile
from runner.delivery.spool import FOLDER
from runner.external.jobs import Job

if TYPE_CHECKING:
    from runner.serve.external.program import Program

_NAME: Final = "jobs.db"
_TABLES: Final = (
    "CREATE TABLE IF NOT EXISTS jobs"
    " (id TEXT PRIMARY KEY, content TEXT NOT NULL, owner TEXT NOT NULL);"
)

_log = logging.getLogger("lkrun")


class _JobsFile(OwnedFile):
    def keep(self, name: str, content: str) -> None:
        with self._writing() as db:
            db.execute("INSERT OR REPLACE INTO jobs VALUES (?, ?, ?)", (name, content, self.owner))

    def forget(self, name: str) -> None:
        with self._writing() as db:
            db.execute("DELETE FROM jobs WHERE id = ?", (name,))

    def adopt(self) -> list[str]:
        """Take over those of runners that are no more; what is kept of them."""
        owners = [row[0] for row in self._rows("SELECT DISTINCT owner FROM jobs")]
        return [content for dead in self._dead(owners) for content in self._taken(dead)]

    def _taken(self, owner: str) -> list[str]:
        with self._writing() as db:
            rows = db.execute("SELECT content FROM jobs WHERE owner = ?", (owner,)).fetchall()
            db.execute("UPDATE jobs SET owner = ? WHERE owner = ?", (self.owner, owner))
        return [row[0] for row in rows]


class JobShelf:
    """Keeps jobs in the order in which it is told, in a thread of its own.

    Args:
        data_dir: gives the folder for data.
    """

    def __init__(self, data_dir: Callable[[], Path]) -> None:
        self._data_dir = data_dir
        self._file: _JobsFile | None = None
        self._kept: set[str] = set()
        self._thread = ThreadPoolExecutor(1, "external-jobs")

    def keep(self, program: Program, main: str) -> None:
        """Keep a job as it is now.

        Args:
            program: whose it is.
            main: the external agent that LiveKit's job is of.
        """
        self._kept.add(program.job.id)
        self._do("keep", program.job.id, json.dumps(_to_data(program, main)))

    def forget(self, job: Job) -> None:
        """It is over."""
        if job.id in self._kept:
            self._kept.remove(job.id)
            self._do("forget", job.id)

    async def adopt(self) -> list[dict[str, Any]]:
        """What runners have left that are no more: body, spec, url, main and state of each job."""
        if self._file is None and not (self._data_dir() / FOLDER / _NAME).exists():
            return []
        loop = asyncio.get_running_loop()
        try:
            left = await loop.run_in_executor(self._thread, lambda: self._opened().adopt())
        except (OSError, sqlite3.Error) as error:
            _log.debug("jobs of external agents could not be looked for: %s", error)
            return []
        kept = [json.loads(content) for content in left]
        self._kept.update(each["body"]["job_id"] for each in kept)
        return kept

    async def aclose(self) -> None:
        """Leave what is still here to others."""
        await asyncio.to_thread(self._thread.shutdown)
        if self._file is not None:
            self._file.close()

    def _opened(self) -> _JobsFile:
        if self._file is None:
            self._file = _JobsFile(self._data_dir() / FOLDER, _NAME, _TABLES, "NORMAL")
        return self._file

    def _do(self, method: str, *values: str) -> None:
        done = self._thread.submit(lambda: getattr(self._opened(), method)(*values))
        done.add_done_callback(_told)


def _told(done: Future[None]) -> None:
    error = done.exception()
    if error is not None:
        _log.error(
            "a job of an external agent could not be kept: another runner would not look after "
            "it (%s)", error,
        )  # fmt: skip


def _to_data(program: Program, main: str) -> dict[str, Any]:
    job, offer = program.job, program.offer
    return {
        "main": main,
        "url": offer.url,
        "spec": offer.spec.model_dump(mode="json", by_alias=True, exclude_unset=True),
        "body": offer.document(None),
        "job": {
            "status": job.status,
            "message": job.message,
            "attempts": job.attempts,
            "requested": job.requested.isoformat(),
            "joined": job.joined.isoformat() if job.joined is not None else None,
            "token_digest": job.token_digest,
        },
    }


def job_of(kept: dict[str, Any]) -> Job:
    """A job as it was kept."""
    body, state = kept["body"], kept["job"]
    return Job(
        body["job_id"], body["agent_name"], body["job_type"], body["room"]["name"],
        body.get("dispatch_id", ""), body["participant_identity"],
        requested=datetime.fromisoformat(state["requested"]), status=state["status"],
        message=state["message"], attempts=state["attempts"], accepted=True,
        joined=datetime.fromisoformat(state["joined"]) if state["joined"] else None,
        token_digest=state["token_digest"],
    )  # fmt: skip
