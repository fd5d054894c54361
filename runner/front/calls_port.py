"""What the HTTP front asks of calls that agents make."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol


@dataclass(frozen=True, slots=True)
class Order:
    """A call that an agent is to make.

    Attributes:
        agent: who calls.
        to: the number, such as +842412345678; without it, what the agent's `dial` says.
        metadata: what the agent is given, as `job.metadata`.
        variables: values of its variables.
        key: the same order, given again with this key, is one call.
    """

    agent: str
    to: str | None = None
    metadata: Any = None
    variables: Mapping[str, Any] = field(default_factory=dict)
    key: str | None = None


class CallBook(Protocol):
    """The calls that agents make."""

    async def begin(self, order: Order) -> dict[str, Any]:
        """Have an agent call somebody: the call as `GET /v1/calls/{id}` shows it.

        Raises:
            DialogueError: it cannot be done: `opted_out`, `unknown_agent`, `bad_request`, `full`,
                `draining`, `no_livekit`, `not_ready`, `no_trunk`, `key_reused`, ….
        """
        ...

    async def call(self, call_id: str) -> dict[str, Any]:
        """One of them, also one that has ended within the last hour; with a key, the last day.

        Raises:
            DialogueError: there is none (`unknown_call`).
        """
        ...
