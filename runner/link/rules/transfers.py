"""Transfers that cannot come to anything: of agents that no telephone reaches."""

from __future__ import annotations

from collections.abc import Iterator

from runner.diagnostics import Diagnostic
from runner.link.rule import AgentContext, AgentRule, Used
from runner.link.scope import Scope
from runner.link.walk import walk
from runner.schema.actions import Transfer
from runner.schema.agents import Agent
from runner.schema.reading.load import Definition
from runner.schema.types.blocks import Block

_SIP = "sip"


def _check(context: AgentContext) -> Iterator[tuple[Used, Diagnostic]]:
    for used, definition, spec in _users(context.scope):
        if not any(isinstance(block, Transfer) for block in context.scope.inside(spec)):
            continue
        for leaf in walk(spec, definition.location):
            if not isinstance(leaf.owner, Transfer) or leaf.key != "to":
                continue
            why = _why_not(context.scope.agent, leaf.owner)
            if why is not None:
                place = definition.document.key_span(leaf.location[:-1])
                message = f"'transfer_call' puts nobody through: {why[0]}"
                yield used, Diagnostic(place, "W211", message, why[1])


def _users(scope: Scope) -> Iterator[tuple[Used, Definition, Block]]:
    yield None, scope.definition, scope.agent
    for section, specs in (("personas", scope.personas), ("tools", scope.tools)):
        entries = scope.table.entries[section]
        for name, spec in specs.items():
            if name in entries:
                yield (section, name), entries[name], spec


def _why_not(agent: Agent, transfer: Transfer) -> tuple[str, str] | None:
    """Why nobody can be put through, and what to do."""
    if agent.mode == "text":
        return "with mode: text nobody is on the telephone", "write mode: voice, or delete it"
    room = agent.room
    kinds = room.participants if room is not None else ()
    if kinds and _SIP not in kinds and not transfer.warm:
        why = "the room's participants let in no caller by telephone"
        return why, "write - sip below participants:, or how: warm"
    return None


RULE = AgentRule(_check)
