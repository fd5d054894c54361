"""What somebody outside of a call asks of its agent: what words mean, what a tool answers."""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import Any

from runner.egress.port import ToolRequest, ToolResponse
from runner.egress.trouble import one_line
from runner.schema.intents import Intent
from runner.session.call import Call
from runner.session.errors import ArgumentsError, MisfitError
from runner.session.tools.rules import refusal
from runner.session.values.parameters import read
from runner.session.values.variables import MASK
from runner.template import as_data

Data = dict[str, Any]


def meant(call: Call, text: str) -> str | None:
    """The intent of the persona that speaks that a text means, and that would do something now."""
    is_true = call.bound.renderer.is_true

    def does(intent: Intent) -> bool:
        return any(is_true(action.condition) for action in intent.then)

    return call.bound.plan.personas[call.speaking].intents.match(text, does)


def told(call: Call, name: str | None) -> Data:
    """An intent, with who was asked and what it does, as JSON."""
    intents = call.bound.plan.personas[call.speaking].intents
    actions = intents[name].then if name is not None else ()
    return {
        "intent": name,
        "persona": call.speaking,
        "actions": [
            action.model_dump(mode="json", by_alias=True, exclude_unset=True) for action in actions
        ],
    }


async def use(call: Call, name: str, given: Mapping[str, Any]) -> Data:
    """Have a tool ask its service, with the values of a call.

    Args:
        call: the call; what the answer saves is stored in it.
        name: an HTTP tool of the agent's.
        given: its arguments.

    Returns:
        What `lkrun tool call` tells.
    """
    bound, tool = call.bound, call.bound.release.requests[name]
    begun = time.perf_counter()
    try:
        args = read(tool.fields(bound.variables.fields), given, bound.renderer,
                    bound.variables.choices)  # fmt: skip
    except ArgumentsError as problem:
        message = f"{name} was not run: {problem}."
        refused = ToolResponse(ok=False, output=message, error=one_line(str(problem)))
        return _document(call, refused, 0.0)
    if (answer := refusal(tool, args, bound.renderer)) is not None:
        refused = ToolResponse(ok=False, output=answer, error="a rule refuses this call")
        return _document(call, refused, 0.0)
    response = await call.egress.ask(ToolRequest(name, as_data(args), bound.context.sent()))
    for variable, value in response.saved.items() if response.ok else ():
        try:
            bound.variables.set(variable, value)
        except MisfitError:
            bound.variables.set(variable, None)
    return _document(call, response, round((time.perf_counter() - begun) * 1000, 1))


def _document(call: Call, response: ToolResponse, took: float) -> Data:
    private = call.bound.release.private_names
    saved = {n: MASK if n in private else as_data(v) for n, v in response.saved.items()}
    attempts = [
        {"method": a.method, "url": a.url, "status": a.status, "error": a.error, "ms": a.ms}
        for a in response.attempts
    ]
    return {
        "ok": response.ok,
        "output": response.output,
        "saved": saved,
        "error": response.error,
        "attempts": attempts,
        "total_ms": took,
    }
