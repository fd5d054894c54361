"""What the HTTP front asks of the runner: plain data."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Protocol

from runner.front.acts_port import Acts
from runner.front.calls_port import CallBook
from runner.front.campaigns_port import CampaignBook
from runner.front.jobs_port import JobBook
from runner.front.records_port import RecordBook
from runner.front.rooms_port import Rooms
from runner.front.talks_port import Talks


@dataclass(frozen=True, slots=True)
class TapField:
    """Something that the caller's app sends.

    Attributes:
        type: of the language: `text`, `integer`, `yes_no`, …
        choices: those that are known; empty: any value.
        optional: whether it may be left out.
    """

    name: str
    type: str
    choices: tuple[str, ...] = ()
    optional: bool = False


@dataclass(frozen=True, slots=True)
class TapInfo:
    """What the caller's app may ask an agent for: a method of `app.on`."""

    name: str
    fields: tuple[TapField, ...] = ()


@dataclass(frozen=True, slots=True)
class AgentInfo:
    """An agent, as `GET /v1/agents` and the page show it.

    Attributes:
        variables: the names of all that it may come to know.
        suggestions: first lines for whoever tries it.
        keypad: whether keys of a telephone do anything.
        taps: what the caller's app may ask for.
    """

    name: str
    description: str | None
    start: str
    mode: str
    registered: bool
    personas: tuple[str, ...]
    variables: tuple[str, ...] = ()
    suggestions: tuple[str, ...] = ()
    keypad: bool = False
    taps: tuple[TapInfo, ...] = ()


@dataclass(frozen=True, slots=True)
class CallLoad:
    """How many calls a runner has.

    Attributes:
        max_calls: as many as it may have; None: any number.
        full: whether it takes no more now.
    """

    calls: int
    max_calls: int | None
    full: bool


class DialogueError(Exception):
    """A request that the runner refuses.

    Attributes:
        code: decides the status: unknown_agent, unknown_call, unknown_session, unknown_record,
            unknown_caller (404), ended, opted_out (409), key_reused, bad_number (422), full,
            draining, not_ready, no_livekit, no_trunk, records_unavailable, livekit_failed,
            agent_unavailable (503: its model or service fails, or its process has died),
            not_yours (403: somebody else's room), too_many_requests (429),
            bad_request (400: a variable that the agent does not have),
            out_of_bounds (422: a value that the variable does not take).
    """

    def __init__(
        self,
        code: str,
        message: str,
        help: str | None = None,  # noqa: A002 - the word of the API
    ) -> None:
        super().__init__(message)
        self.code, self.message, self.help = code, message, help


class Runner(Talks, Rooms, Acts, Protocol):
    """The running `lkrun serve`, as the front sees it."""

    @property
    def release(self) -> dict[str, Any]:
        """The served release: id, time, agents (their names); empty before there is one."""
        ...

    @property
    def dev(self) -> bool:
        """Whether running conversations go on with what is saved (`serve --dev`)."""
        ...

    @property
    def records(self) -> RecordBook:
        """What is kept of sessions and callers."""
        ...

    @property
    def external(self) -> JobBook:
        """Jobs of external agents, and what is delivered."""
        ...

    @property
    def campaigns(self) -> CampaignBook:
        """Whom agents call, one after the other."""
        ...

    @property
    def outgoing(self) -> CallBook:
        """Calls that agents make."""
        ...

    def not_ready(self) -> str | None:
        """Why calls cannot be taken yet, or None."""
        ...

    def load(self) -> CallLoad:
        """How many calls are on, and may be."""
        ...

    def agents(self, release: str | None = None) -> list[AgentInfo]:
        """The agents of the served release, or of another one that is kept."""
        ...

    def portraits(self, release: str | None = None) -> dict[str, dict[str, Any]]:
        """What the page shows of each agent, as `runner.front.models.page.Portrait` has it."""
        ...

    async def reload(self) -> dict[str, Any]:
        """Compile the folder now: `result`, `release`, `diagnostics`, `changes`.

        Raises:
            DialogueError: the runner is not ready for it.
        """
        ...

    def metrics(self) -> str:
        """What Prometheus reads, in its text format."""
        ...

    def folder(self) -> dict[str, Any]:
        """How the folder stands, as `runner.front.models.page.FolderStatus` has it."""
        ...
