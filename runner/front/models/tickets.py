"""Tickets for streams."""

from __future__ import annotations

from runner.front.models.base import ReplyBody


class TicketReply(ReplyBody):
    """A ticket, to be shown once as `?ticket=`.

    Attributes:
        expires_in: seconds for which it is good.
    """

    ticket: str
    expires_in: int
