"""A campaign that calls, on a real LiveKit server with a stand-in of its SIP service."""

from __future__ import annotations

import asyncio
import csv
import io
from pathlib import Path
from typing import Any

import aiohttp
from support.live.folders import OUTGOING
from support.live.sip_service import Line, Phone, SipService

from runner.records import opt_outs
from runner.records.address import address_of
from runner.records.database import Database
from runner.secret import Secret

ANSWERS, BUSY, NEVER = "+842412345678", "+442079460018", "+4930123456"

_DAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
_HOURS = "".join(f"      {day}: 00:00-24:00\n" for day in _DAYS)

FOLDER = (
    OUTGOING.replace("    llm: brain\n", "    llm: brain\n    timezone: Etc/UTC\n", 1)
    + f"""
campaigns:
  recall:
    agent: desk
    contacts: recall.csv
    attempts: 1
    hours:
{_HOURS}"""
)
"""The agent that calls people, and whom it calls at any hour of the day."""

CONTACTS = f"phone;name\n{ANSWERS};An\n{BUSY};Bo\n{NEVER};Cleo\n"


async def answers(phone: Phone) -> None:
    """Pick up, say hello, and end it once the agent has spoken."""
    await phone.speaks(0.3, "hello")
    await phone.reads("Hello there.")
    await phone.hears_end()
    phone.says("thank you goodbye")


def _list_as_never_called(data_dir: Path, number: str) -> None:
    """Put a number on the list before the runner is there."""
    data_dir.mkdir()
    database = Database(address_of(Secret("sqlite:///records.db"), data_dir))
    opt_outs.add(database, number)
    database.close()


async def _asked(http: aiohttp.ClientSession, way: str, url: str, **body: Any) -> dict[str, Any]:
    async with http.request(way, url, **({"json": body} if body else {})) as reply:
        answer: dict[str, Any] = await reply.json()
        assert reply.status < 300, answer
    return answer


async def _finished(http: aiohttp.ClientSession, url: str, within: float = 40.0) -> dict[str, Any]:
    """The campaign once it calls nobody more."""
    async with asyncio.timeout(within):
        while True:
            shown = await _asked(http, "GET", url)
            if shown["state"] != "running":
                return shown
            await asyncio.sleep(0.1)  # asked again: there is no other way to hear of it


async def test_who_answers_who_is_busy_and_who_is_never_called(
    livekit, lkrun_serve, write, tmp_path
):
    """Each contact is dialled once, the one on the list not at all; the results say so."""
    folder = write(agents=f"{FOLDER}runner:\n  data_dir: {tmp_path / 'data'}\n")
    (folder / "recall.csv").write_text(CONTACTS)
    _list_as_never_called(tmp_path / "data", NEVER)
    async with SipService(livekit) as sip, aiohttp.ClientSession() as http:
        sip.lines = {ANSWERS: Line(answers), BUSY: Line(sip=(486, "Busy Here"))}
        runner = lkrun_serve(folder, **sip.env, LIVEKIT_SIP_OUTBOUND_TRUNK="ST_out")
        await runner.event("ready")
        url = f"{runner.http}/v1/campaigns/recall"
        begun = await _asked(http, "POST", f"{url}/start")
        assert (begun["state"], begun["contacts"]) == ("running", 3)
        over = await _finished(http, url)
        async with http.get(f"{url}/results.csv") as reply:
            rows = list(csv.DictReader(io.StringIO(await reply.text())))
    assert (over["state"], over["done"]) == ("finished", 3)
    assert over["outcomes"] == {"answered": 1, "busy": 1, "opted_out": 1}
    assert {dial.sip_call_to for dial in sip.dials} == {ANSWERS, BUSY}
    assert len(sip.dials) == 2
    columns = ("name", "outcome", "attempts", "answered_by")
    shown = {row["phone"]: tuple(row[column] for column in columns) for row in rows}
    assert shown == {
        ANSWERS: ("An", "answered", "1", "person"),
        BUSY: ("Bo", "busy", "1", "nobody"),
        NEVER: ("Cleo", "opted_out", "0", ""),
    }
    assert {row["phone"] for row in rows if row["session_id"]} >= {ANSWERS}
