"""From an agent to all that it reaches."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

from runner.link.chosen import named
from runner.link.scope import Scope
from runner.link.table import SymbolTable
from runner.link.walk import blocks
from runner.provider_kinds import KIND_NAMED_AT, KINDS
from runner.schema.actions import BACK, HandOff, tool_of
from runner.schema.agents import Agent
from runner.schema.campaigns import Campaign
from runner.schema.http import Request
from runner.schema.personas import Persona
from runner.schema.providers import Order, choices
from runner.schema.reading.load import Definition
from runner.schema.services import Service
from runner.schema.tools import KnowledgeTool
from runner.schema.types.blocks import Block
from runner.schema.types.names import ProviderName, ToolName

Resolve = Callable[[Definition], Block | None]
"""Gives a definition in an agent's own terms: its settings resolved."""

Take = Callable[[str, str], Block | None]
"""Gives what a section has under a name, in the agent's own terms, and notes that it is reached."""


def reach(definition: Definition, agent: Agent, table: SymbolTable, resolve: Resolve) -> Scope:
    """Follow every handoff, tool and provider from where an agent's calls begin.

    Names that nothing defines are passed over here; `references` tells of them.
    """
    scope = Scope(definition, agent, table)

    def take(section: str, name: str) -> Block | None:
        scope.reached.add((section, name))
        entry = table.entries[section].get(name)
        return resolve(entry) if entry is not None else None

    _take_tools(scope, agent, (*agent.tools, *_before_calls(scope)), take)
    waiting = [*map(str, agent.answering), *map(str, agent.handoffs), *_acted(scope, agent)]
    seen: set[str] = set()
    while waiting:
        name = waiting.pop(0)
        if name in seen or name == BACK:
            continue
        seen.add(name)
        persona = take("personas", name)
        if not isinstance(persona, Persona):
            continue
        scope.personas[name] = persona
        _take_tools(scope, persona, persona.tools, take)
        waiting += [*map(str, persona.handoffs), *_acted(scope, persona)]
        waiting += [n for tool in scope.tools_of(persona).values() for n in _acted(scope, tool)]
    for user in (agent, *scope.personas.values()):
        _take_providers(scope, named(scope, providers_of(user)), take)
    return scope


def _before_calls(scope: Scope) -> Iterator[ToolName]:
    """The tools that must succeed before its campaigns call somebody."""
    for entry in scope.table.entries["campaigns"].values():
        campaign = entry.readable
        own = isinstance(campaign, Campaign) and str(campaign.agent) == scope.name
        if own and campaign.before_each is not None:
            yield campaign.before_each.tool


def _take_providers(scope: Scope, names: Iterable[str], take: Take) -> None:
    waiting = list(names)
    while waiting:
        name = waiting.pop(0)
        provider = take("providers", name) if name not in scope.providers else None
        if provider is not None:
            scope.providers[name] = provider
            _take_services(scope, provider, take)
            waiting += [str(n) for b in blocks(provider) if isinstance(b, Order) for n in b.order]


def speaking_in(test: Block | None, take: Take) -> dict[str, dict[str, Block]]:
    """What speaks for the caller of a test: providers, and the services that they ask."""
    speakers: dict[str, dict[str, Block]] = {"providers": {}, "services": {}}
    caller = getattr(test, "caller", None)
    waiting = [str(caller.tts)] if caller is not None and caller.tts is not None else []
    while waiting:
        wanted = waiting.pop(0)
        provider = take("providers", wanted) if wanted not in speakers["providers"] else None
        if provider is None:
            continue
        speakers["providers"][wanted] = provider
        for block in blocks(provider):
            if isinstance(block, Order):
                waiting += map(str, block.order)
            if isinstance(block, Request) and block.service is not None:
                service = take("services", str(block.service))
                speakers["services"] |= {str(block.service): service} if service else {}
    return speakers


def _take_tools(scope: Scope, user: Block, names: tuple[str, ...], take: Take) -> None:
    waiting = [*map(str, names), *filter(None, map(tool_of, blocks(user)))]
    while waiting:
        name = waiting.pop(0)
        if name in scope.tools:
            continue
        tool = take("tools", name)
        if tool is not None:
            scope.tools[name] = tool
            _take_services(scope, tool, take)
            if isinstance(tool, KnowledgeTool):
                _take_knowledge(scope, tool, take)
            waiting += filter(None, map(tool_of, scope.acting(tool)))


def _take_knowledge(scope: Scope, tool: KnowledgeTool, take: Take) -> None:
    for name in map(str, tool.knowledge):
        knowledge = take("knowledge", name)
        if knowledge is not None:
            scope.knowledge[name] = knowledge
            _take_services(scope, knowledge, take)


def _take_services(scope: Scope, user: Block, take: Take) -> None:
    for block in blocks(user):
        if isinstance(block, Request) and block.service is not None:
            service = take("services", str(block.service))
            if isinstance(service, Service):
                scope.services[str(block.service)] = service


def _acted(scope: Scope, user: Block) -> Iterator[str]:
    return (str(b.handoff) for b in scope.acting(user) if isinstance(b, HandOff))


def providers_of(user: Block) -> Iterator[str]:
    """Names of the providers that an agent or persona chooses."""
    for kind in KINDS:
        yield from choices(user, kind.key)
    for block in blocks(user):
        for name in KIND_NAMED_AT:
            value = getattr(block, name, None)
            if isinstance(value, ProviderName):
                yield str(value)
