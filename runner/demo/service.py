"""The clinic's service: slots, bookings, invoices. In memory, and anew for each call."""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from aiohttp import web

DAYS = ("monday", "tuesday", "wednesday", "thursday", "friday")
HOURS = (9, 11, 14)
FULL_DAY = "wednesday"
INVOICES = {118: (90, "paid"), 119: (240, "still open")}
KNOWN_BOOKING = 4700
"""A booking that there is already, on Tuesday at nine."""

CALL_HEADER = "X-Call"
"""Requests with the same value in it see the same bookings; each new value begins anew."""

_FIRST_NUMBER = 4711
_LONGEST_BODY = 64 * 1024
_MOST_CALLS = 200
_MOST_BOOKINGS = 200
_NOON = 12


@dataclass(slots=True)
class Calendar:
    """What is booked, as one call sees it; on one day of the week nothing is free."""

    bookings: dict[int, str] = field(
        default_factory=lambda: {KNOWN_BOOKING: _key(_next("tuesday") + timedelta(hours=HOURS[0]))}
    )
    _last_number: int = _FIRST_NUMBER - 1

    def free(self, day: datetime) -> list[datetime]:
        """The free slots of a day, none of them in the past."""
        if day.weekday() >= len(DAYS) or DAYS[day.weekday()] == FULL_DAY:
            return []
        slots = [day + timedelta(hours=hour) for hour in HOURS]
        taken = set(self.bookings.values())
        return [slot for slot in slots if _key(slot) not in taken and slot > _now()]

    def next_free(self, after: datetime) -> datetime:
        """The first free slot of the days after a day."""
        day = after
        while True:
            day += timedelta(days=1)
            for slot in self.free(day):
                return slot

    def book(self, start: datetime) -> int | None:
        """Book a slot; None where it is taken, or nobody can take more."""
        if _key(start) in self.bookings.values() or len(self.bookings) >= _MOST_BOOKINGS:
            return None
        self._last_number += 1
        self.bookings[self._last_number] = _key(start)
        return self._last_number


@dataclass(slots=True)
class Clinic:
    """The routes, and each call's calendar."""

    calendars: OrderedDict[str, Calendar] = field(default_factory=OrderedDict)

    def calendar(self, request: web.Request) -> Calendar:
        """The calendar of the call that asks; the oldest are forgotten."""
        call = request.headers.get(CALL_HEADER, "")
        calendar = self.calendars.setdefault(call, Calendar())
        self.calendars.move_to_end(call)
        while len(self.calendars) > _MOST_CALLS:
            self.calendars.popitem(last=False)
        return calendar

    async def slots(self, request: web.Request) -> web.Response:
        """Free slots of the next such weekday, of today or of tomorrow."""
        day = _date(request.match_info["day"].casefold())
        if day is None:
            return _problem(404, f"no weekday: {request.match_info['day']}")
        calendar = self.calendar(request)
        free = calendar.free(day)
        first = free[0] if free else calendar.next_free(day)
        return web.json_response(
            {"day": f"{day:%A}", "slots": [_slot(slot) for slot in free], "first": _slot(first)}
        )

    async def book(self, request: web.Request) -> web.Response:
        """Book a slot, once; `time` is another hour of the same day."""
        try:
            wish = await request.json()
            start = datetime.fromisoformat(str(wish["start"])).replace(tzinfo=None)
            if wish.get("time"):
                hour = datetime.strptime(str(wish["time"]), "%H:%M")  # noqa: DTZ007 - an hour of the day has no zone
                start = start.replace(hour=hour.hour, minute=hour.minute)
        except (ValueError, KeyError, TypeError, AttributeError):
            return _problem(400, "start is missing")
        number = self.calendar(request).book(start)
        if number is None:
            return _problem(409, "taken")
        return web.json_response({"number": number, **_slot(start)}, status=201)

    async def booking(self, request: web.Request) -> web.Response:
        """A booking."""
        start = self.calendar(request).bookings.get(_number(request))
        if start is None:
            return _problem(404, "no such booking")
        return web.json_response(_slot(datetime.fromisoformat(start)))

    async def cancel(self, request: web.Request) -> web.Response:
        """Cancel a booking; its slot is free again."""
        start = self.calendar(request).bookings.pop(_number(request), None)
        if start is None:
            return _problem(404, "no such booking")
        return web.json_response(_slot(datetime.fromisoformat(start)))

    async def invoice(self, request: web.Request) -> web.Response:
        """An invoice."""
        invoice = INVOICES.get(_number(request))
        if invoice is None:
            return _problem(404, "no such invoice")
        return web.json_response({"total": invoice[0], "state": invoice[1]})

    def app(self) -> web.Application:
        """The routes."""
        app = web.Application(client_max_size=_LONGEST_BODY)
        app.router.add_get("/clinic/slots/{day}", self.slots)
        app.router.add_post("/clinic/bookings", self.book)
        app.router.add_get(r"/clinic/bookings/{number:\d{1,9}}", self.booking)
        app.router.add_delete(r"/clinic/bookings/{number:\d{1,9}}", self.cancel)
        app.router.add_get(r"/clinic/invoices/{number:\d{1,9}}", self.invoice)
        return app


class Service:
    """The running service, on a free port of this machine's own address."""

    def __init__(self) -> None:
        self._runner: web.AppRunner | None = None

    async def start(self) -> int:
        """Start it and return its port."""
        self._runner = web.AppRunner(Clinic().app(), access_log=None, shutdown_timeout=1)
        await self._runner.setup()
        site = web.TCPSite(self._runner, "127.0.0.1", 0)
        await site.start()
        address: tuple[str, int] = self._runner.addresses[0]
        return address[1]

    async def stop(self) -> None:
        """Stop it."""
        if self._runner is not None:
            await self._runner.cleanup()


def _problem(status: int, words: str) -> web.Response:
    return web.json_response({"error": words}, status=status)


def _number(request: web.Request) -> int:
    return int(request.match_info["number"])


def _now() -> datetime:
    return datetime.now(UTC).replace(tzinfo=None)


def _today() -> datetime:
    return _now().replace(hour=0, minute=0, second=0, microsecond=0)


def _date(day: str) -> datetime | None:
    """The next such day; None for what is no working day."""
    if day in DAYS:
        return _next(day)
    ahead = {"today": 0, "tomorrow": 1}.get(day)
    return None if ahead is None else _today() + timedelta(days=ahead)


def _next(day: str) -> datetime:
    today = _today()
    return today + timedelta(days=(DAYS.index(day) - today.weekday() - 1) % 7 + 1)


def _key(start: datetime) -> str:
    return start.isoformat(timespec="minutes")


def _slot(start: datetime) -> dict[str, str]:
    part = "morning" if start.hour < _NOON else "afternoon"
    spoken = f"{start:%A} at {start.hour % _NOON or _NOON} in the {part}"
    return {"start": _key(start), "spoken": spoken}
