"""A call of a tool on its way, and what came of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True)
class ToolCall:
    """A call of a tool, by the model or by an action.

    Attributes:
        name: the tool's name in the agent's release.
        given: the arguments as they came.
        id: names the call in the events.
        by_model: the model called it; else an action does.
        spoken: the model said something together with its call.
        args: the arguments, checked and converted.
        agreed: the caller's answer, where they were asked about this call.
    """

    name: str
    given: Mapping[str, Any]
    id: str
    by_model: bool = False
    spoken: bool = False
    args: dict[str, Any] = field(default_factory=dict)
    agreed: bool | None = None


@dataclass(slots=True)
class ToolResult:
    """What came of a tool's own work.

    Attributes:
        output: what the model sees.
        result: the service's answer, for the templates of `then`.
        error: what went wrong, for the templates of `on_error`.
        answered: the caller has heard what there is to hear; the model is not asked to answer.
        ends: the call ends.
        asks: the caller is to be asked for what is missing; what `then` says comes afterwards.
        refused: nothing was done: it may not be used now, or an argument does not fit.
    """

    output: str
    result: Any = None
    error: dict[str, Any] | None = None
    failed: bool = False
    answered: bool = False
    ends: bool = False
    asks: bool = False
    refused: bool = False
