"""`lkrun deliveries`: what is sent after calls, and what could not be."""

from __future__ import annotations

import asyncio
import json
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import click

from runner.cli import asynchronous
from runner.cli.folder import compiled, folder
from runner.cli.groups import Listed
from runner.cli.livekit import livekit_of
from runner.cli.options import formats, shared
from runner.delivery.letters import JOB, room_of

if TYPE_CHECKING:
    from runner.delivery.spool import Delivery, Spool

_PATIENCE: Final = 5.0
"""Seconds in which LiveKit says whether there is a room."""

_WORDS = {"sent": "sent", "waiting": "is tried again", "given_up": "given up"}
_WHY_NOT = {"sent": "it was sent", "waiting": "it is tried again by itself"}


@click.group(cls=Listed, subcommand_metavar="COMMAND [ARGS]...")
@shared
def deliveries() -> None:
    """Show what was sent of calls, and send again what could not be."""


@deliveries.command("list")
@folder
@formats("text", "json")
@shared
def list_(folder: Path, *, form: str) -> int:
    """List them, the newest first."""
    with _spool(folder) as spool:
        listed = spool.all() if spool is not None else []
    if form == "json":
        click.echo(json.dumps([each.to_data() for each in listed], ensure_ascii=False, indent=2))
    else:
        lines = [_line(each) for each in listed] or ["nothing has been sent of a call yet"]
        click.echo("\n".join(lines))
    return 0


@deliveries.command()
@click.argument("name", metavar="ID")
@folder
@formats("text", "json")
@shared
def show(name: str, folder: Path, *, form: str) -> int:
    """Show one: what came of it, and what is known of its call."""
    with _spool(folder) as spool:
        delivery = spool.get(name) if spool is not None else None
        kept = spool.call(delivery.session) if spool is not None and delivery is not None else None
    if delivery is None:
        return _unknown(name)
    report = json.loads(kept[1]) if kept is not None else {}
    if form == "json":
        event = {"event": json.loads(delivery.content)["body"]} if delivery.content else {}
        data = {**delivery.to_data(), "call": report, **event}
        click.echo(json.dumps(data, ensure_ascii=False, indent=2))
        return 0
    click.echo(_line(delivery))
    if delivery.kind == JOB:
        _show_letter(json.loads(delivery.content))
    elif delivery.content:
        click.echo(f"  {delivery.content}")
    for key in ("started", "ended", "ended_by", "extract"):
        if key in report:
            click.echo(f"  {key}: {report[key]}")
    return 0


@deliveries.command()
@click.argument("name", metavar="ID")
@folder
@formats("text", "json")
@shared
def replay(name: str, folder: Path, *, form: str) -> int:
    """Send again one that was given up, under the same id; the running server does it."""
    with _spool(folder) as spool:
        delivery = spool.get(name) if spool is not None else None
        if spool is None or delivery is None:
            return _unknown(name)
        vacant, doubt = _vacant(folder, delivery)
        done = not vacant and spool.replay(name)
    if vacant:
        words = f"{name} is not sent again: {vacant}"
    elif done:
        words = f"{name} is sent again: by the runner that serves the folder, or by the next{doubt}"
    else:
        words = f"{name} is not sent again: {_WHY_NOT.get(delivery.state, 'it is being sent')}"
    if form == "json":
        click.echo(json.dumps({"result": "ok" if done else "unchanged", "message": words}))
    else:
        click.echo(words)
    return 0 if done else 1


def _vacant(folder: Path, delivery: Delivery) -> tuple[str, str]:
    """Why it is of no use to send it again, or nothing; and what is not known of that."""
    room = room_of(delivery.content) if delivery.kind == JOB else None
    if room is None or delivery.state != "given_up":
        return "", ""
    try:
        there = _is_there(folder, room)
    except click.ClickException as trouble:
        return "", f"; whether somebody waits in its room is not known here: {trouble.message}"
    if there is None:
        return "", "; whether somebody waits in its room is not known here: LiveKit does not answer"
    return "" if there else f"its room {room} is gone, and nobody waits in it", ""


def _is_there(folder: Path, room: str) -> bool | None:
    """Whether LiveKit has a room; None: it does not answer.

    Raises:
        click.ClickException: LiveKit is not configured.
    """
    from runner.serve.external.room import TROUBLES, RoomService

    release = compiled(folder).release
    if release is None:
        raise click.ClickException("the folder has mistakes; lkrun check lists them")
    service = RoomService(livekit_of(release))

    async def ask() -> bool | None:
        try:
            async with asyncio.timeout(_PATIENCE):
                return await service.people(room) is not None
        except TROUBLES:
            return None
        finally:
            await service.aclose()

    return asynchronous.run(ask())


def _show_letter(letter: dict[str, Any]) -> None:
    """What a program was told of a job, as people read it."""
    body = letter["body"]
    room = body.get("room_name") or body["room"]["name"]
    facts = {"message": letter["type"], "job": body["job_id"], "room": room}
    told = ("status", "error", "reason")
    facts |= {name: body[name] for name in told if body.get(name)}
    for name, value in facts.items():
        click.echo(f"  {name}: {value}")


def _unknown(name: str) -> int:
    click.echo(f"lkrun: there is no delivery '{name}'; lkrun deliveries list has all", err=True)
    return 1


def _line(each: Delivery) -> str:
    when = datetime.fromtimestamp(each.at, UTC).strftime("%Y-%m-%d %H:%M:%S")
    why = f": {each.error}" if each.error else ""
    attempts = f"{each.attempts} attempt{'' if each.attempts == 1 else 's'}"
    what = f"{each.agent}  {each.kind} {each.target}"
    return f"{when}  {each.id}  {what}  {_WORDS[each.state]} ({attempts}){why}"


@contextmanager
def _spool(path: Path) -> Iterator[Spool | None]:
    """The folder's outbox; None where nothing was ever sent."""
    from runner.delivery.spool import FOLDER, Spool
    from runner.schema.process import Process

    release = compiled(path).release
    process = release.process if release is not None else Process.model_construct()
    data = Path(str(process.data_dir))
    if not (data / FOLDER).is_dir():
        yield None
        return
    try:
        spool = Spool(data)
    except (OSError, sqlite3.Error) as error:
        raise click.ClickException(f"the outbox in {data} cannot be read: {error}") from None
    try:
        yield spool
    finally:
        spool.close()
