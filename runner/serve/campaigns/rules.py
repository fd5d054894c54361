"""When a campaign calls, and when it stops by itself: worked out without a clock of its own."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Final
from zoneinfo import ZoneInfo

from runner.serve.campaigns.outcomes import FAILED
from runner.template import Renderer, analyse_condition

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from runner.schema.campaigns import Campaign

ENOUGH: Final = 10
"""Contacts that must have been called before shares say anything."""


def open_zones(campaign: Campaign, zones: Iterable[str], own: str | None, now: float) -> list[str]:
    """Those of these time zones where people may be called now; an empty one is the agent's."""
    hours = campaign.calling_hours
    return [
        zone
        for zone in zones
        if (zone or own) and hours.open_at(datetime.fromtimestamp(now, ZoneInfo(zone or own or "")))
    ]


def shares(outcomes: Mapping[str, int]) -> dict[str, float]:
    """The figures of `stop_when`."""
    called = sum(n for outcome, n in outcomes.items() if outcome not in ("", "skipped", "removed"))
    whole = max(called, 1)
    return {
        "called": called,
        "failed": sum(outcomes.get(each, 0) for each in FAILED) / whole,
        "answered": outcomes.get("answered", 0) / whole,
        "opted_out": outcomes.get("opted_out", 0) / whole,
    }


def must_stop(campaign: Campaign, outcomes: Mapping[str, int]) -> bool:
    """Whether a campaign's own `stop_when` is true."""
    if campaign.stop_when is None:
        return False
    text, figures = str(campaign.stop_when), shares(outcomes)
    counts_itself = any(use.path[0] == "called" for use in analyse_condition(text).uses)
    if figures["called"] < (1 if counts_itself else ENOUGH):
        return False
    return Renderer().condition(text, figures)
