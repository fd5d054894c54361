"""What a kind of tool is in a call. Each has a module of its name here, with its row: `KIND`."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from functools import cache
from importlib import import_module
from typing import Any, Generic, TypeVar

from livekit.agents import llm

from runner.schema.calling import AnyTool
from runner.session.call import Call
from runner.session.tools.calls import ToolCall, ToolResult

ToolT = TypeVar("ToolT", bound=AnyTool)


@dataclass(frozen=True, slots=True)
class ToolKind(Generic[ToolT]):
    """A kind of tool.

    Attributes:
        run: does the tool's own work, with arguments that fit.
        offered: makes what the model is offered, where that is no function that lkrun runs.
        describe: the description that the model is given where the author wrote none.
    """

    tool: type[ToolT]
    run: Callable[[Call, ToolT, ToolCall], Awaitable[ToolResult]]
    describe: Callable[[Call, ToolT], str] | None = None
    offered: Callable[[Call, ToolT], llm.Tool] | None = None


@cache
def kind_of(kind: str) -> ToolKind[Any]:
    """The row of a kind."""
    row: ToolKind[Any] = import_module(f"{__package__}.{kind}").KIND
    return row
