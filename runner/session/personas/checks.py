"""What keeps a tool from being run when the model calls it."""

from __future__ import annotations

import logging

from livekit.agents import FunctionCall, ToolError

from runner.session.call import Call

log = logging.getLogger("lkrun")


def check_arguments(call: Call, made: FunctionCall) -> None:
    """Refuse a call whose arguments cannot be taken.

    Raises:
        ToolError: why.
    """
    if problem := call.refused.pop(made.call_id, None):
        log.warning("tool '%s' was not run: %s", made.name, problem)
        own = call.bound.renderer.own
        raise ToolError(own("tool_not_run", tool=made.name, problem=problem))


def check_needs(call: Call, tool: str) -> None:
    """Refuse what the model calls while the caller is being asked for something.

    Raises:
        ToolError: what is asked for.
    """
    plan = call.persona.plan
    if plan.asks and (missing := call.needs.open(plan)):
        own = call.bound.renderer.own
        raise ToolError(own("tool_too_early", tool=tool, needs=", ".join(missing)))
