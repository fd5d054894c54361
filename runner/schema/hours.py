"""Hours: when an agent is open, and who answers outside."""

from datetime import UTC, date, datetime, timedelta
from typing import Annotated, ClassVar, Self

from pydantic import model_validator
from pydantic.json_schema import JsonSchemaValue

from runner.schema.types.blocks import Block, OneOrList, any_of, key
from runner.schema.types.mistake import none_of
from runner.schema.types.names import PersonaName
from runner.schema.types.spans import Day, DaySpans

DAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")


class OpenHours(Block):
    """When it is open, day by day: the first minute counts, the last does not."""

    noun: ClassVar[str] = "hours"
    stray: ClassVar[str] = "each day stands on its own line: monday:, tuesday: and so on"
    rules: ClassVar[JsonSchemaValue] = any_of(*DAYS)

    monday: DaySpans | None = key("when it is open; a day that is not listed is closed", None)
    tuesday: DaySpans | None = key("as monday", None)
    wednesday: DaySpans | None = key("as monday", None)
    thursday: DaySpans | None = key("as monday", None)
    friday: DaySpans | None = key("as monday", None)
    saturday: DaySpans | None = key("as monday", None)
    sunday: DaySpans | None = key("as monday", None)
    closed_on: Annotated[
        tuple[Day, ...], OneOrList(scalars=True, instead="write the dates, each with a dash")
    ] = key("dates on which it does not open; a night that began the day before ends as ever", ())

    @model_validator(mode="after")
    def _opens(self) -> Self:
        if all(getattr(self, day) is None for day in DAYS):
            raise none_of(self.noun, DAYS)
        return self

    def open_at(self, moment: datetime) -> bool:
        """Whether it is open at a moment, which has its time zone.

        What belongs to a day is open from when the clocks first show its beginning, or are past it,
        until they first show its end: an hour that comes twice is not closed and opened again.
        """
        today = moment.date()
        return any(
            _reached(moment, begin) and not _reached(moment, end)
            for day in (today - timedelta(days=1), today)
            for begin, end in self._spans(day)
        )

    def _spans(self, day: date) -> tuple[tuple[datetime, datetime], ...]:
        spans = getattr(self, DAYS[day.weekday()])
        return tuple(spans.on(day)) if spans is not None and day not in self.closed_on else ()


class Hours(OpenHours):
    """When an agent is open, and who answers outside."""

    off: ClassVar[str] = "delete the line: without it the agent is always open"
    elsewhere: ClassVar[dict[str, str]] = {
        "timezone": "it belongs to the agent: write it beside hours:",
        "say": "what callers hear then is said by the persona that closed: names",
        "message": "what callers hear then is said by the persona that closed: names",
    }

    closed: PersonaName | None = key(
        "the persona that answers outside these hours; without it the agent's start does",
        None,
        live="start",
    )


def _reached(moment: datetime, wall: datetime) -> bool:
    """Whether the clocks have shown this, or have been put forward over it."""
    first = wall.replace(tzinfo=moment.tzinfo).astimezone(UTC)
    return moment.astimezone(UTC) >= first or moment.replace(tzinfo=None, fold=0) >= wall
