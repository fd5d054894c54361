"""The routes by resource: one row each, which names all that there is to know of it."""

from __future__ import annotations

from typing import Final

from runner.front.routes import (
    agents,
    calls,
    campaigns,
    completions,
    health,
    jobs,
    outside,
    page,
    records,
    releases,
    rooms,
    sessions,
    tickets,
    turns,
    voice,
)
from runner.front.routes.route import Route

ROUTES: Final[tuple[Route, ...]] = (
    *page.ROUTES,
    *health.ROUTES,
    *agents.ROUTES,
    *turns.ROUTES,
    *voice.ROUTES,
    *completions.ROUTES,
    *sessions.ROUTES,
    *tickets.ROUTES,
    *outside.ROUTES,
    *records.ROUTES,
    *rooms.ROUTES,
    *releases.ROUTES,
    *jobs.ROUTES,
    *campaigns.ROUTES,
    *calls.ROUTES,
)
"""Every route of the front; OpenAPI and its test walk them."""
