"""May a number be dialled? The list of those who are never called, wherever it stands just now."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from runner.serve.records.recorder import Recorder


class ListUnreadableError(Exception):
    """The list cannot be read now: nobody is dialled. The text says why."""


class NeverCalled:
    """Looks a number up: among what was just said in calls, what waits on the disk, the database.

    Args:
        recorder: who keeps the list.
    """

    def __init__(self, recorder: Recorder) -> None:
        self._recorder = recorder

    async def may_dial(self, number: str) -> bool:
        """Whether a number, as the whole world dials it, may be dialled.

        Raises:
            ListUnreadableError: nobody can say so now.
        """
        if self._recorder.opted_out_just_now(number):
            return False
        return not await asyncio.to_thread(self._listed, number)

    def _listed(self, number: str) -> bool:
        from runner.records import opt_outs
        from runner.records.database import DatabaseError

        try:
            # in this order: what leaves the disk is in the database by then
            if self._recorder.opted_out_on_disk(number):
                return True
            if not self._recorder.place.begun():
                return False
            return opt_outs.has(self._recorder.place.database(), number)
        except DatabaseError as error:
            raise ListUnreadableError(str(error)) from None
