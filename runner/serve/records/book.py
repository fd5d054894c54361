"""Answers what the HTTP front asks of the records: in threads, so that nobody else waits."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, TypeVar

from runner.front.port import DialogueError

if TYPE_CHECKING:
    from runner.front.records_port import RecordFilter
    from runner.records.database import Database
    from runner.records.reading import RecordQuery
    from runner.serve.records.recorder import Recorder
    from runner.serve.releases.served import Releases

T = TypeVar("T")

_LAST_CALLS: Final = 10


class ServedRecords:
    """Implements `runner.front.records_port.RecordBook`."""

    def __init__(self, releases: Releases, recorder: Recorder) -> None:
        """Take where they are."""
        self._releases, self._recorder = releases, recorder

    async def page(self, wanted: RecordFilter) -> dict[str, Any]:
        """The newest."""
        from runner.records import reading

        found = await self._ask(lambda database: reading.page(database, _query(wanted)))
        return {"records": found.records, "cursor": found.cursor}

    async def one(self, name: str) -> dict[str, Any]:
        """All that is known of one."""
        from runner.records import reading

        record = await self._ask(lambda database: reading.one(database, name))
        if record is None:
            raise _unknown()
        return record

    async def drop(self, name: str) -> None:
        """Delete one, with its sound."""
        from runner.records import store

        audio = await self._ask(lambda database: store.drop(database, name))
        if audio is None:
            raise _unknown()
        if audio:
            await asyncio.to_thread(self._file(audio).unlink, missing_ok=True)

    async def audio(self, name: str) -> Path:
        """The file with the sound of one."""
        from runner.records import reading

        audio = await self._ask(lambda database: reading.audio_of(database, name))
        if audio is None:
            raise _unknown()
        file = self._file(audio) if audio else None
        if file is None or not await asyncio.to_thread(file.is_file):
            raise DialogueError("unknown_record", "there is no sound of it")
        return file

    def _file(self, name: str) -> Path:
        from runner.records import sound_files

        return sound_files.place(self._recorder.place.data_dir, name)

    async def table(self, wanted: RecordFilter) -> AsyncIterator[str]:
        """The lines of a CSV file, some at once."""
        from runner.records import export, reading

        pages = reading.pages(self._database(), _query(wanted))
        first = await self._next(pages)

        async def lines() -> AsyncIterator[str]:
            yield export.header()
            some = first
            while some is not None:
                yield "".join(map(export.row, some))
                some = await self._next(pages)

        return lines()

    async def _next(self, pages: Any) -> list[dict[str, Any]] | None:
        return await self._ask(lambda _: next(pages, None))

    async def figures(
        self, agent: str | None, since: float | None, kind: str | None
    ) -> dict[str, Any]:
        """What sessions add up to."""
        from runner.records import totals

        return await self._ask(lambda database: totals.figures(database, agent, since, kind))

    async def memory(self, who: str) -> dict[str, Any]:
        """What is remembered of a caller."""
        known = await self._memory(who)
        if known is None:
            raise DialogueError("unknown_caller", "nothing is remembered of such a caller")
        return known

    async def _memory(self, who: str) -> dict[str, Any] | None:
        from runner.records import memories

        return memories.shown(who, await self._ask(lambda database: memories.recall(database, who)))

    async def forget(self, who: str) -> None:
        """Forget a caller."""
        from runner.records import memories

        if not await self._ask(lambda database: memories.forget(database, who)):
            raise DialogueError("unknown_caller", "nothing is remembered of such a caller")

    async def context(self, who: str) -> dict[str, Any]:
        """What is kept of a caller."""
        from runner.records import reading
        from runner.records.totals import SESSIONS

        query = reading.RecordQuery(who=who, most=_LAST_CALLS, kinds=SESSIONS)
        calls = (await self._ask(lambda database: reading.page(database, query))).records
        memory = await self._memory(who)
        if not calls and memory is None:
            raise DialogueError("unknown_caller", "nothing is kept of such a caller")
        return {"memory": memory, "calls": calls}

    async def interaction(self, agent: str, about: dict[str, Any]) -> str:
        """Keep an interaction that took place elsewhere; gives its id."""
        if agent not in self._releases.current.agents:
            raise DialogueError("unknown_agent", f"there is no agent '{agent}'")
        outcome = "error" if about.get("error") else "logged"
        name = self._recorder.keep("interaction", agent, outcome, about)
        await self._recorder.written()
        return name

    def _database(self) -> Database:
        from runner.records.database import DatabaseError

        try:
            return self._recorder.place.database()
        except DatabaseError as error:
            raise DialogueError("records_unavailable", str(error), error.help) from None

    async def _ask(self, ask: Callable[[Database], T]) -> T:
        from runner.records.database import DatabaseError
        from runner.records.reading import CursorError

        database = self._database()
        try:
            return await asyncio.to_thread(ask, database)
        except DatabaseError as error:
            raise DialogueError("records_unavailable", str(error), error.help) from None
        except CursorError as error:
            raise DialogueError("bad_request", str(error), "leave it out") from None


def _unknown() -> DialogueError:
    return DialogueError("unknown_record", "there is no such record")


def _query(wanted: RecordFilter) -> RecordQuery:
    from runner.records.reading import RecordQuery

    return RecordQuery(**asdict(wanted))
