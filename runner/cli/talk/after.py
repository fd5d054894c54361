"""What `lkrun chat` does once the conversation is over: what `after_call` wants."""

from __future__ import annotations

import asyncio
import sqlite3
from pathlib import Path
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from runner.delivery.spool import Delivery, State
    from runner.egress.client import HttpEgress
    from runner.session.conversation import Conversation


async def after_call(talk: Conversation, egress: HttpEgress, data_dir: Path) -> None:
    """Send what the agent wants sent; what does not arrive is kept for `lkrun serve`."""
    if talk.release.agent.after_call is None:
        return
    from runner.delivery.couriers import Couriers
    from runner.delivery.outbox import Outbox
    from runner.delivery.spool import Spool

    report = await talk.whole_report()
    try:
        spool = await asyncio.to_thread(Spool, data_dir)
    except (OSError, sqlite3.Error) as error:
        reason = getattr(error, "strerror", None) or str(error)
        click.echo(f"lkrun: nothing is sent after the call: {data_dir}: {reason}", err=True)
        return
    outbox = Outbox(spool, Couriers(egress, data_dir), _tell)
    try:
        await outbox.note(talk.release, report)
        await outbox.finish(report.session)
        await outbox.settle()
    finally:
        await outbox.aclose()


def _tell(delivery: Delivery, state: State, error: str) -> None:
    words = {
        "sent": "sent",
        "waiting": f"not sent: {error}; it is kept, and lkrun serve tries again",
        "given_up": f"given up: {error}",
    }
    click.echo(f"after the call: {delivery.kind} {delivery.target}: {words[state]}", err=True)
