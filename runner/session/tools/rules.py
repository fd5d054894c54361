"""`rules`: calls that an author refuses."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from runner.schema.calling import AnyTool
from runner.session.values.templates import TemplateRenderer


def refusal(tool: AnyTool, args: Mapping[str, Any], renderer: TemplateRenderer) -> str | None:
    """What the first rule that holds tells the model; None where the call may be carried out.

    A rule that cannot be worked out holds: better one call too few than one too many.
    """
    names = {"args": args}
    for rule in tool.refusals:
        if renderer.is_true(rule.condition, names, unclear=True):
            return renderer.text(rule.answer, names).strip() or renderer.own("tool_not_allowed")
    return None
