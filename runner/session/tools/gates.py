"""Gates before a tool: each lets a call through, or refuses it before anything is done."""

from __future__ import annotations

import json
import logging
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from runner.schema.calling import AnyTool
from runner.session.call import Call
from runner.session.errors import ArgumentsError
from runner.session.tools.calls import ToolCall, ToolResult
from runner.session.tools.rules import refusal
from runner.template import as_data

log = logging.getLogger("lkrun")


class RefusedError(Exception):
    """A call that is not carried out.

    Attributes:
        result: what whoever called is told.
    """

    def __init__(self, output: str, *, answered: bool = False, failed: bool = True) -> None:
        """Refuse, and say why."""
        super().__init__(output)
        self.result = ToolResult(output, failed=failed, answered=answered, refused=True)


Gate = Callable[[Call, AnyTool, ToolCall], ToolCall]


def admitted(call: Call, made: ToolCall) -> ToolCall:
    """The call as it may be carried out: its arguments are checked and converted.

    Raises:
        RefusedError: it may not.
    """
    tool = call.bound.plan.tools[made.name]
    for gate in GATES:
        made = gate(call, tool, made)
    return made


def _goes_on(call: Call, _tool: AnyTool, made: ToolCall) -> ToolCall:
    if call.over:
        raise RefusedError(call.bound.renderer.own("call_over"), answered=True)
    return made


def _condition(call: Call, tool: AnyTool, made: ToolCall) -> ToolCall:
    if not call.bound.renderer.is_true(tool.condition):
        raise RefusedError(call.bound.renderer.own("tool_not_now", tool=made.name))
    return made


def _arguments(call: Call, _tool: AnyTool, made: ToolCall) -> ToolCall:
    try:
        return replace(made, args=call.read(made.name, made.given))
    except ArgumentsError as problem:
        if not made.by_model:
            log.warning("tool '%s' was not run: %s", made.name, problem)
        words = call.bound.renderer.own("tool_not_run", tool=made.name, problem=str(problem))
        raise RefusedError(words) from None


def _rules(call: Call, tool: AnyTool, made: ToolCall) -> ToolCall:
    answer = refusal(tool, made.args, call.bound.renderer)
    if answer is not None:
        if not made.by_model:
            log.warning("tool '%s' was not run: a rule of it refuses the call", made.name)
        raise RefusedError(answer)
    return made


def _uses(call: Call, tool: AnyTool, made: ToolCall) -> ToolCall:
    if tool.max_uses is not None and call.uses[made.name] >= tool.max_uses:
        times = "once" if tool.max_uses == 1 else f"{tool.max_uses} times"
        if not made.by_model:
            log.warning("tool '%s' was not run: it has been used %s", made.name, times)
        own = call.bound.renderer.own
        raise RefusedError(own("tool_used_up", tool=made.name, times=tool.max_uses))
    return made


GATES: tuple[Gate, ...] = (_goes_on, _condition, _arguments, _rules, _uses)
"""In the order in which they are passed."""


def same(made: ToolCall) -> str:
    """Names what a call does: another one of the same name does the same."""
    data = {name: _plain(as_data(value)) for name, value in made.args.items()}
    return f"{made.name}\0{json.dumps(data, sort_keys=True, default=str)}"


def _plain(value: Any) -> Any:
    """The same data, whole numbers in one way."""
    if isinstance(value, dict):
        return {name: _plain(each) for name, each in value.items()}
    if isinstance(value, list):
        return [_plain(each) for each in value]
    return int(value) if isinstance(value, float) and value.is_integer() else value
