"""One call of a tool: its request sent, the answer understood."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from functools import partial
from typing import Any, Final

from runner.egress.exchange import Answer
from runner.egress.port import ToolResponse
from runner.egress.response.incoming import understand
from runner.egress.response.view import astray, saved, seen
from runner.egress.sending import Sending
from runner.egress.trouble import DECLINED, RequestError, one_line
from runner.schema.http import Result

_LARGE: Final = 256 * 1024
"""Bytes of an answer from which on a thread of its own reads it: calls go on meanwhile."""


@dataclass(slots=True, kw_only=True)
class Asking(Sending):
    """One call of a tool on its way.

    Attributes:
        result: what of the answer is used.
    """

    result: Result

    async def run(self) -> ToolResponse:
        """Send it, and give what came of it.

        Raises:
            RequestError: it did not succeed.
        """
        return await self._understood(await self.answer())

    def failed(self, trouble: RequestError) -> ToolResponse:
        """Give what went wrong."""
        self.hiding.renew()
        return ToolResponse(
            ok=False,
            output=self.mask.text(one_line(trouble.output, 1000)),
            error=one_line(self.mask.text(trouble.error)),
            attempts=tuple(self.attempts),
            status=trouble.status,
            data=trouble.data,
            notes=self._notes(),
            reason=trouble.reason,
        )

    async def _understood(self, answer: Answer) -> ToolResponse:
        """Read the answer.

        Raises:
            RequestError: it says that it failed, or cannot be used.
        """
        result, body = self.result, answer.body
        read = partial(understand, body, answer.content_type, self.mask)
        read_body = await asyncio.to_thread(read) if len(body) > _LARGE else read()
        names = {"result": read_body.data}
        if result.fails_if is not None and self.texts.condition(result.fails_if, names):
            raise RequestError(
                f"the answer says that it failed: {result.fails_if}",
                DECLINED,
                status=answer.response.status_code,
                data=read_body.data,
            )
        for path in (result.pick, *result.save.values()):
            if path is not None and (why := astray(path, read_body)):
                self.texts.note(why, path)
        return ToolResponse(
            ok=True,
            output=seen(result, read_body, self.texts.values, self.mask, self.texts.told),
            saved=saved(result.save, read_body) | self._kept(answer),
            result=read_body.data,
            attempts=tuple(self.attempts),
            status=answer.response.status_code,
            notes=self._notes(),
        )

    def _kept(self, answer: Answer) -> dict[str, Any]:
        """What private variables get: no stars where a private value stands."""
        names = self.hiding.private_names
        save = {n: path for n, path in self.result.save.items() if n in names}
        if not save:
            return {}
        mask = self.hiding.of_secrets
        return saved(save, understand(answer.body, answer.content_type, mask))

    def _notes(self) -> tuple[tuple[str, str], ...]:
        return tuple((self.mask.text(message), place) for message, place in self.texts.notes)
