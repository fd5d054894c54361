"""Campaigns: an agent calls everybody in a table, each as often as allowed, at decent hours."""

import re
from functools import cache
from typing import Annotated, ClassVar, Final, Self

from runner.schema.hours import OpenHours
from runner.schema.types.blocks import Block, key
from runner.schema.types.files import ContactsFile
from runner.schema.types.measures import SomeTime
from runner.schema.types.mistake import mistake
from runner.schema.types.names import AgentName, ToolName
from runner.schema.types.texts import Condition
from runner.schema.types.values import whole

FIGURES: Final = ("called", "failed", "answered", "opted_out")
"""What `stop_when` goes by: how many were called, and which share of them."""

_FIGURE_FIRST = re.compile(rf"\s*(?:{'|'.join(FIGURES)})\s*[<>=!]")
_SHARE_BEYOND_ONE = re.compile(
    r"\b(failed|answered|opted_out)\s*(?:[<>]=?|==)\s*(?:[2-9]|\d{2,}|1\.0*[1-9])\d*(?:\.\d+)?"
)


class StopWhen(Condition):
    """An expression of `FIGURES`."""

    __slots__ = ()

    @classmethod
    def read(cls, value: str) -> Self:
        """Accept one.

        Raises:
            PydanticCustomError: E105, or E112 where a share is compared with more than all.
        """
        made = super().read(value)
        if "%" in value:
            better = re.sub(r"(\d+(?:\.\d+)?)\s*%", lambda m: f"{float(m[1]) / 100:g}", value)
            meant = better.strip() if _FIGURE_FIRST.match(better) else "failed > 0.3"
            raise mistake("E112", "shares are written from 0 to 1 here", f"write {meant}")
        beyond = _SHARE_BEYOND_ONE.search(value)
        if beyond is not None:
            message = f"'{beyond[1]}' is a share of those called: from 0 to 1"
            hint = f"write {beyond[1]} > 0.3 for more than 30 in 100; how many: called >= 50"
            raise mistake("E112", message, hint)
        return made


class CallingHours(OpenHours):
    """When people may be called, day by day, in their own time zone."""

    noun: ClassVar[str] = "a campaign's hours"
    elsewhere: ClassVar[dict[str, str]] = {
        "timezone": "each contact has its own: a column timezone in the table, else the agent's",
        "closed": "nobody is called outside of these hours",
    }


class BeforeEach(Block):
    """What must succeed before somebody is called."""

    noun: ClassVar[str] = "before_each"
    bare: ClassVar[str] = "tool"
    elsewhere: ClassVar[dict[str, str]] = {
        **dict.fromkeys(
            ("with", "arguments", "parameters"),
            "delete it: each parameter of the tool gets the column of its name",
        ),
        "if": "have the tool fail (fails_if:) for those who are not to be called",
    }

    tool: ToolName = key(
        "a tool with http:; each of its parameters gets the column of its name. Where the service "
        "refuses, the contact is skipped; where it does not answer, it is asked again later"
    )


class Campaign(Block):
    """An agent calls everybody in a table."""

    noun: ClassVar[str] = "a campaign"
    typical: ClassVar[tuple[str, ...]] = ("agent", "contacts")
    elsewhere: ClassVar[dict[str, str]] = {
        **dict.fromkeys(("file", "csv", "list", "numbers", "to"), "write contacts: and a CSV file"),
        **dict.fromkeys(
            ("timezone", "time_zone"),
            "write a column timezone in the table, or timezone: in the agent",
        ),
        **dict.fromkeys(("concurrency", "parallel", "max_calls"), "write at_once:"),
        **dict.fromkeys(("retries", "tries", "max_attempts"), "write attempts:, all calls counted"),
        **dict.fromkeys(("retry_after", "retry_wait", "pause"), "write wait:"),
        **dict.fromkeys(("window", "schedule", "times"), "write hours: and the days below it"),
        **dict.fromkeys(("voicemail", "mailbox"), "it belongs to the agent"),
        **dict.fromkeys(
            ("say", "message", "greeting", "script", "instructions"),
            "what is said stands in the persona that the agent's start: names",
        ),
        "persona": "write agent:, which is who calls",
        "start": "it is begun by hand: lkrun campaign start and its name",
    }

    agent: AgentName = key("who calls: an agent with dial:")
    contacts: ContactsFile = key(
        "a CSV file, relative to the file that names it: a line a contact, a column `phone`; each "
        "column is `job.metadata.<column>`; a column `timezone` is theirs, else the agent's. "
        "Commas, semicolons or tabs, UTF-8, UTF-16 or Windows-1252; at most 100,000 contacts"
    )
    hours: CallingHours | None = key(
        "when people may be called, in their own time zone; without it monday to friday "
        "09:00-20:00",
        None,
    )
    at_once: Annotated[int, whole(1, 1000)] = key(
        "so many calls at the same time, by all runners together", 5
    )
    attempts: Annotated[int, whole(1, 20)] = key(
        "so often somebody is called in all: again after no answer, busy, a mailbox or a line that "
        "failed; never after they answered or opted out, or where the number does not exist",
        3,
    )
    wait: SomeTime = key("at least so long between two attempts", 7200.0)
    before_each: BeforeEach | None = key("a tool that must succeed before somebody is called", None)
    stop_when: StopWhen | None = key(
        "the campaign is paused as soon as this is true: `called` is how many were called, "
        "`failed` (the line failed, or there is no such number), `answered` and `opted_out` are "
        "shares of them, from 0 to 1; all since it was started last, and once 10 were called, "
        "unless it names `called` itself",
        None,
        names=FIGURES,
    )

    @property
    def calling_hours(self) -> OpenHours:
        """When people may be called."""
        return self.hours or usual_hours()


@cache
def usual_hours() -> OpenHours:
    """When people may be called where nothing says otherwise."""
    days = ("monday", "tuesday", "wednesday", "thursday", "friday")
    return OpenHours.model_validate(dict.fromkeys(days, "09:00-20:00"))
