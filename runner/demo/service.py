"""The clinic's service: slots, bookings, invoices. All in memory, the same on every day."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from aiohttp import web

DAYS = ("monday", "tuesday", "wednesday", "thursday", "friday")
HOURS = (9, 11, 14)
INVOICES = {118: (90, "paid"), 119: (240, "still open")}
_FIRST_NUMBER = 4711
_LONGEST_BODY = 64 * 1024
_NOON = 12


@dataclass(slots=True)
class Clinic:
    """What the clinic knows."""

    bookings: dict[int, dict[str, object]] = field(default_factory=dict)

    async def slots(self, request: web.Request) -> web.Response:
        """Free slots of the next such weekday."""
        day = request.match_info["day"].casefold()
        if day not in DAYS:
            return web.json_response({"error": f"no weekday: {day}"}, status=404)
        taken = {b["start"] for b in self.bookings.values()}
        starts = [_next(day) + timedelta(hours=hour) for hour in HOURS]
        free = [s for s in starts if s.isoformat(timespec="minutes") not in taken]
        return web.json_response({"slots": [_slot(s) for s in free]})

    async def book(self, request: web.Request) -> web.Response:
        """Book a slot, once."""
        try:
            wish = await request.json()
            start = datetime.fromisoformat(str(wish["start"])).replace(tzinfo=None)
        except (ValueError, KeyError, TypeError):
            return web.json_response({"error": "start is missing"}, status=400)
        key = start.isoformat(timespec="minutes")
        if any(b["start"] == key for b in self.bookings.values()):
            return web.json_response({"error": "taken"}, status=409)
        number = _FIRST_NUMBER + len(self.bookings)
        self.bookings[number] = {**wish, "start": key}
        return web.json_response({"number": number, **_slot(start)}, status=201)

    async def invoice(self, request: web.Request) -> web.Response:
        """An invoice."""
        found = INVOICES.get(int(request.match_info["number"]))
        if found is None:
            return web.json_response({"error": "no such invoice"}, status=404)
        return web.json_response({"total": found[0], "state": found[1]})

    def app(self) -> web.Application:
        """The routes."""
        app = web.Application(client_max_size=_LONGEST_BODY)
        app.router.add_get("/clinic/slots/{day}", self.slots)
        app.router.add_post("/clinic/bookings", self.book)
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


def _next(day: str) -> datetime:
    today = datetime.now(UTC).replace(hour=0, minute=0, second=0, microsecond=0, tzinfo=None)
    ahead = (DAYS.index(day) - today.weekday() - 1) % 7 + 1
    return today + timedelta(days=ahead)


def _slot(start: datetime) -> dict[str, str]:
    part = "morning" if start.hour < _NOON else "afternoon"
    spoken = f"{start:%A} at {start.hour % _NOON or _NOON} in the {part}"
    return {"start": start.isoformat(timespec="minutes"), "spoken": spoken}
