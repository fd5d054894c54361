"""Who brings what is to be sent: a row to its file, a request to its service."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from runner.delivery.csv_file import RowError, append
from runner.delivery.letters import room_of, signed_post
from runner.delivery.plan import Parcel, Row
from runner.delivery.spool import Delivery
from runner.egress.client import HttpEgress
from runner.egress.port import ToolResponse, Webhook
from runner.egress.trouble import RequestError
from runner.link.release import AgentRelease

_GONE: Final = 410
_log = logging.getLogger("lkrun")


class NotDeliveredError(Exception):
    """It has not arrived; the text says why, without secrets.

    Attributes:
        final: whether it is of no use to try again.
    """

    def __init__(self, why: str, *, final: bool = False) -> None:
        super().__init__(why)
        self.final = final


Offers = Callable[[Delivery, str], Awaitable[None]]
"""Offers a job anew, by its delivery and its external agent as it was kept.

Raises NotDeliveredError where nobody takes it.
"""


@dataclass(frozen=True, slots=True)
class Couriers:
    """Brings parcels.

    Attributes:
        egress: sends requests.
        data_dir: the folder for data.
        offer: offers a job anew, which was kept without its token.
    """

    egress: HttpEgress
    data_dir: Path
    offer: Offers | None = None

    async def bring_letter(self, delivery: Delivery, spec: str) -> None:
        """Bring a message about a job; a job that nobody took is offered anew.

        Args:
            delivery: which.
            spec: its external agent, as it was kept.

        Raises:
            NotDeliveredError: it has not arrived.
        """
        if room_of(delivery.content) is not None:
            if self.offer is None:
                raise NotDeliveredError("jobs are offered by a runner with LiveKit", final=True)
            await self.offer(delivery, spec)
            return
        try:
            await self.egress.post_signed(signed_post(delivery.id, spec, delivery.content))
        except RequestError as trouble:
            final = trouble.status == _GONE
            raise NotDeliveredError(trouble.error, final=final) from None

    async def bring(
        self,
        release: AgentRelease,
        parcel: Parcel,
        *,
        after: int | None = None,
        intend: Callable[[int], None] = lambda _: None,
    ) -> None:
        """Bring one.

        Args:
            release: the agent that it is of.
            parcel: what is brought.
            after: of a row: where it was about to be written before.
            intend: told where it will be.

        Raises:
            NotDeliveredError: it has not arrived.
        """
        if isinstance(parcel, Row):
            await self._write(parcel, after, intend)
            return
        sent = (
            await self.egress.post(release, parcel)
            if isinstance(parcel, Webhook)
            else await self.egress.ask(release, parcel, parcel.message)
        )
        _look_at(sent)

    async def _write(self, row: Row, after: int | None, intend: Callable[[int], None]) -> None:
        writing = asyncio.ensure_future(
            asyncio.to_thread(append, self.data_dir, row, after, intend)
        )
        try:
            moved = await asyncio.shield(writing)
        except asyncio.CancelledError:
            await asyncio.wait([writing])  # nobody else may write the row while this one does
            raise
        except RowError as error:
            raise NotDeliveredError(str(error)) from None
        if moved is not None:
            _log.warning(
                "%s had other columns: it is %s now, and a new %s was begun",
                row.file, moved, row.file,
            )  # fmt: skip


def _look_at(sent: ToolResponse) -> None:
    if not sent.ok:
        raise NotDeliveredError(sent.error or sent.output, final=sent.status == _GONE)


def shown(parcel: Parcel) -> tuple[str, str]:
    """Its kind, and where it goes, as people may see it."""
    if isinstance(parcel, Row):
        return "csv", parcel.file
    if isinstance(parcel, Webhook):
        return "webhook", parcel.url  # as it is written: secrets by name
    return "tool", parcel.tool
