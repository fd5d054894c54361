"""`app`: calls a method of the caller's app."""

from __future__ import annotations

import json
import logging
from collections.abc import Mapping
from typing import Any

from runner.schema.tools import AppTool
from runner.session.call import Call
from runner.session.errors import AppFailedError
from runner.session.events import AppEvent
from runner.session.tools.calls import ToolCall, ToolResult
from runner.session.tools.kind import ToolKind
from runner.session.values.conversion import missing
from runner.session.values.templates import Names
from runner.template import as_data

log = logging.getLogger("lkrun")

MOST = 16 * 1024
"""Characters of an answer that the model sees."""


def sent(call: Call, written: Mapping[str, str], names: Names) -> dict[str, Any]:
    """What `with` sends; a value that is missing leaves its name out."""
    values = {name: call.bound.renderer.value(text, names) for name, text in written.items()}
    return {str(name): as_data(value) for name, value in values.items() if not missing(value)}


async def call_app(call: Call, method: str, payload: Mapping[str, Any], seconds: float) -> None:
    """Call a method for an action: where it fails, that is logged."""
    call.events.tell(
        AppEvent(persona=call.speaking, role="agent", name=method, arguments=dict(payload))
    )
    if call.channel == "text" and call.room is None:
        return  # it is shown, and there is nobody to do it
    try:
        await call.app.ask(method, payload, seconds, "")
    except AppFailedError as error:
        log.warning("'app: %s' has failed: %s", method, error)


async def run(call: Call, tool: AppTool, made: ToolCall) -> ToolResult:
    """Call it with the arguments, and what the author sends besides."""
    payload = {**as_data(made.args), **sent(call, tool.arguments, {"args": made.args})}
    try:
        with call.budget.counting():
            answer = await call.app.ask(str(tool.app), payload, tool.timeout, made.name)
    except AppFailedError as error:
        log.warning("tool '%s' failed: %s", made.name, error)
        return ToolResult(
            call.bound.renderer.own("tool_failed"), error={"message": str(error)}, failed=True
        )
    return ToolResult(_text(call, answer), answer)


def _text(call: Call, answer: Any) -> str:
    if answer in (None, ""):
        return call.bound.renderer.own("tool_done")
    text = answer if isinstance(answer, str) else json.dumps(answer, ensure_ascii=False)
    return text[:MOST]


KIND = ToolKind(AppTool, run)
