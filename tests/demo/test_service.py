"""The clinic's service of the demonstration, asked over HTTP."""

from __future__ import annotations

from datetime import UTC, datetime

import aiohttp
import pytest
from aiohttp.test_utils import make_mocked_request

from runner.demo import Demonstration
from runner.demo.service import Clinic


@pytest.fixture
async def ask():
    """Send a request to a service of its own; gives status and answer."""
    demonstration = Demonstration()
    port = await demonstration.port()
    async with aiohttp.ClientSession(f"http://127.0.0.1:{port}") as session:

        async def send(method, path, **more):
            async with session.request(method, path, **more) as response:
                return response.status, await response.json()

        yield send
    await demonstration.aclose()


async def test_slots_of_a_day(ask):
    """A weekday in any case has three slots in the future, told as people say them."""
    status, answer = await ask("GET", "/clinic/slots/Monday")
    assert status == 200
    starts = [datetime.fromisoformat(slot["start"]) for slot in answer["slots"]]
    assert [s.hour for s in starts] == [9, 11, 14]
    assert {s.weekday() for s in starts} == {0}
    assert [slot["spoken"] for slot in answer["slots"]] == [
        "Monday at 9 in the morning",
        "Monday at 11 in the morning",
        "Monday at 2 in the afternoon",
    ]
    assert (await ask("GET", "/clinic/slots/sunday"))[0] == 404


async def test_a_slot_is_booked_once(ask):
    """A booked slot has a number and is no longer free; booking it again is a conflict."""
    _, answer = await ask("GET", "/clinic/slots/friday")
    first = answer["slots"][0]
    status, booked = await ask(
        "POST", "/clinic/bookings", json={"start": first["start"], "patient": "Mary"}
    )
    assert (status, booked) == (201, {"number": 4711, **first})
    status, again = await ask("POST", "/clinic/bookings", json={"start": first["start"]})
    assert (status, again) == (409, {"error": "taken"})
    _, answer = await ask("GET", "/clinic/slots/friday")
    assert first not in answer["slots"]
    assert len(answer["slots"]) == 2


@pytest.mark.parametrize(
    "body",
    [
        {"json": {}},
        {"json": []},
        {"json": {"start": "soon"}},
        {"data": "no json"},
        {"data": b"\xff\xfe", "headers": {"Content-Type": "application/json"}},
    ],
)
async def test_a_booking_without_a_start_is_refused(ask, body):
    """Whatever is sent instead of a start is a bad request, never a crash."""
    assert await ask("POST", "/clinic/bookings", **body) == (400, {"error": "start is missing"})


async def test_invoices(ask):
    """A known invoice has a total and a state, an unknown one is not found."""
    assert await ask("GET", "/clinic/invoices/118") == (200, {"total": 90, "state": "paid"})
    assert await ask("GET", "/clinic/invoices/7") == (404, {"error": "no such invoice"})


async def test_the_service_starts_once_and_stops():
    """Who asks for the port twice gets the same; after the end nobody answers there."""
    demonstration = Demonstration()
    port = await demonstration.port()
    assert await demonstration.port() == port
    await demonstration.aclose()
    await demonstration.aclose()
    async with aiohttp.ClientSession() as session:
        with pytest.raises(aiohttp.ClientConnectorError):
            await session.get(f"http://127.0.0.1:{port}/clinic/invoices/118")


async def test_each_call_begins_anew(ask):
    """Requests with another `X-Call` see other bookings; the same value sees what it booked."""
    _, answer = await ask("GET", "/clinic/slots/monday", headers={"X-Call": "a"})
    first = answer["slots"][0]
    for call, status in (("a", 201), ("a", 409), ("b", 201)):
        sent = {"json": {"start": first["start"]}, "headers": {"X-Call": call}}
        assert (await ask("POST", "/clinic/bookings", **sent))[0] == status


async def test_calls_of_long_ago_are_forgotten():
    """However many calls there are, so many calendars are kept; the newest are."""
    clinic = Clinic()
    for number in range(300):
        clinic.calendar(make_mocked_request("GET", "/", headers={"X-Call": str(number)}))
    assert len(clinic.calendars) == 200
    assert next(reversed(clinic.calendars)) == "299"


async def test_a_full_day_names_the_next_free_slot(ask):
    """Wednesday has nothing; `first` is then a slot of a later day, else the first of the day."""
    _, answer = await ask("GET", "/clinic/slots/wednesday")
    assert (answer["day"], answer["slots"]) == ("Wednesday", [])
    assert answer["first"]["spoken"] == "Thursday at 9 in the morning"
    _, answer = await ask("GET", "/clinic/slots/friday")
    assert answer["first"] == answer["slots"][0]


@pytest.mark.parametrize("day", ["today", "tomorrow"])
async def test_slots_of_today_and_tomorrow_lie_ahead(ask, day):
    """They have slots like other days, none in the past, and always a first one."""
    status, answer = await ask("GET", f"/clinic/slots/{day}")
    assert status == 200
    now = datetime.now(UTC).replace(tzinfo=None)
    for slot in (answer["first"], *answer["slots"]):
        assert datetime.fromisoformat(slot["start"]) > now


async def test_another_time_of_the_day_is_booked(ask):
    """`time` wins over the hour of `start`; one that is none is a bad request."""
    _, answer = await ask("GET", "/clinic/slots/monday")
    sent = {"start": answer["slots"][0]["start"], "time": "14:00"}
    status, booked = await ask("POST", "/clinic/bookings", json=sent)
    assert (status, booked["spoken"]) == (201, "Monday at 2 in the afternoon")
    assert (await ask("POST", "/clinic/bookings", json={**sent, "time": "noon"}))[0] == 400


async def test_a_booking_is_looked_up_and_cancelled(ask):
    """One is there from the beginning; once cancelled it is unknown and its slot free."""
    known = "/clinic/bookings/4700"
    assert (await ask("GET", known))[1]["spoken"] == "Tuesday at 9 in the morning"
    _, answer = await ask("GET", "/clinic/slots/tuesday")
    assert len(answer["slots"]) == 2
    assert (await ask("DELETE", known))[0] == 200
    for method in ("GET", "DELETE"):
        assert await ask(method, known) == (404, {"error": "no such booking"})
    _, answer = await ask("GET", "/clinic/slots/tuesday")
    assert len(answer["slots"]) == 3
