"""What an agent needs to talk: a model, and by voice ears and a voice."""

from __future__ import annotations

from collections.abc import Iterator

from runner.diagnostics import Diagnostic
from runner.link.rule import AgentContext, AgentRule, Used
from runner.link.table import name_span
from runner.provider_kinds import needed_in
from runner.schema.providers import chosen
from runner.schema.speech import realtime_of


def _check(context: AgentContext) -> Iterator[tuple[Used, Diagnostic]]:
    scope = context.scope
    if realtime_of(scope.agent):
        return
    missing = [
        kind for kind in needed_in(scope.agent.mode) if chosen(scope.agent, kind.key) is None
    ]
    if not missing:
        return
    what = ", no ".join(kind.noun for kind in missing)
    keys = ", ".join(f"{kind.key}:" for kind in missing)
    each = ", each with the name" if len(missing) > 1 else " with the name"
    hint = f"add {keys}{each} of a provider"
    if any(chosen(persona, "realtime") for persona in scope.personas.values()):
        hint = "write realtime: in the agent as well, or " + hint
    if not {kind.key for kind in missing} & {kind.key for kind in needed_in("text")}:
        hint += ", or mode: text for an agent that only writes"
    message = f"agent '{scope.name}' has no {what}"
    yield None, Diagnostic(name_span(scope.definition), "E207", message, hint)


RULE = AgentRule(_check)
