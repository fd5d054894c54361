"""What an agent needs to talk: a model, and by voice ears and a voice."""

from __future__ import annotations

from collections.abc import Iterator

from runner.diagnostics import Diagnostic
from runner.link.rule import AgentContext, AgentRule, Used
from runner.link.sent import is_read
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
        yield from _unread(context)
        return
    what = ", no ".join(kind.noun for kind in missing)
    keys = ", ".join(f"{kind.key}:" for kind in missing)
    each = ", each with the name" if len(missing) > 1 else " with the name"
    hint = f"add {keys}{each} of a provider"
    if any(chosen(persona, "realtime") for persona in scope.personas.values()):
        hint = "write realtime: in the agent as well, or " + hint
    by_text = {kind.key for kind in needed_in("text")}
    if not (scope.agent.only_listens or by_text & {kind.key for kind in missing}):
        hint += ", or mode: text for an agent that only writes"
    message = f"agent '{scope.name}' has no {what}"
    yield None, Diagnostic(name_span(scope.definition), "E207", message, hint)


def _unread(context: AgentContext) -> Iterator[tuple[Used, Diagnostic]]:
    """A call that nobody answers is read by a model afterwards, where there is one."""
    scope = context.scope
    agent = scope.agent
    if agent.only_listens and is_read(agent.after_call) and chosen(agent, "llm") is None:
        message = f"agent '{scope.name}' has no model that could read the call"
        hint = "add llm: with the name of a provider, or delete what after_call asks of a model"
        yield None, Diagnostic(name_span(scope.definition), "E207", message, hint)


RULE = AgentRule(_check)
