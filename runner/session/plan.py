"""What of a release is the same in all its calls, worked out once."""

from __future__ import annotations

import weakref
from collections.abc import Iterable, Iterator, Mapping
from copy import copy
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any

from runner.link.release import AgentRelease
from runner.provider_kinds import KINDS
from runner.schema.actions import AnyAction
from runner.schema.calling import AnyTool
from runner.schema.fields import Field
from runner.schema.needs import Need
from runner.schema.personas import Handoff
from runner.schema.providers import choices
from runner.schema.tools import BUILT_IN, TOOLS, asked_by
from runner.schema.types.blocks import Block
from runner.schema.types.texts import Condition
from runner.session.tasks.matching import IntentMatcher
from runner.template import analyse, analyse_condition, has_template

TRANSFER = "transfer_to_"

CERTAIN = "CertainDeed"
"""The tool by which lkrun itself acts in a turn: no author can name one so, no model is told."""


@dataclass(frozen=True, slots=True)
class PersonaPlan:
    """What a persona is made of.

    Attributes:
        texts: its instructions, the agent's first.
        uses: the names that these use.
        tools: names of its tools, the agent's first.
        handoffs: target → handoff; its own win over the agent's.
        intents: what leads to an action for certain; its own come first and win.
        keypad: key → what is done; its own entries win.
        needs: what must be known, in the order in which it is asked for.
        when_known: done when all of it has become known.
        gate: a condition; while it is not true, no way leads to it.
    """

    name: str
    texts: tuple[str, ...]
    uses: frozenset[str]
    tools: tuple[str, ...]
    handoffs: Mapping[str, Handoff]
    intents: IntentMatcher
    keypad: Mapping[str, tuple[AnyAction, ...]] = field(default_factory=dict)
    gate: str | None = None
    needs: Mapping[str, Need] = field(default_factory=dict)
    when_known: tuple[AnyAction, ...] = ()
    asks: bool = False
    """Whether it asks the caller for anything: by itself or by a tool."""

    consents: bool = False
    """Whether the caller is asked for their consent to a recording."""

    @property
    def certain(self) -> bool:
        """Whether anything is done without the model."""
        return bool(self.intents) or self.asks or self.consents


class Plan:
    """An agent's personas and tools.

    Attributes:
        names_caller: whether any template or condition of it names the caller or the room.
        chooses: whether variables choose providers.
    """

    def __init__(self, release: AgentRelease) -> None:
        """Read a release; it is not kept."""
        agent = release.agent
        self.personas: dict[str, PersonaPlan] = {}
        for name, persona in release.personas.items():
            texts = tuple(
                t
                for t in (agent.instructions, persona.instructions, release.prompts.get(name))
                if t
            )
            handoffs = {
                str(n): h for n, h in {**agent.handoffs, **persona.handoffs}.items() if n != name
            }
            tools = tuple(dict.fromkeys(map(str, (*agent.tools, *persona.tools))))
            others = {n: i for n, i in agent.intents.items() if n not in persona.intents}
            intents = IntentMatcher({**persona.intents, **others})
            asks = any(asked_by(release.tools[n]) for n in tools if n in release.tools)
            self.personas[name] = PersonaPlan(
                name,
                texts,
                names_in(texts),
                tools,
                handoffs,
                intents,
                {**agent.keypad, **persona.keypad},
                persona.condition,
                {str(n): need for n, need in persona.needs.items()},
                persona.when_known,
                asks or bool(persona.needs),
                agent.record is not None and agent.record.consent is not None,
            )
        self.names_caller = _names_caller(release)
        self.chooses = any(
            has_template(name)
            for user in (agent, *release.personas.values())
            for kind in KINDS
            for name in choices(user, kind.key)
        )
        self._defined: dict[str, AnyTool] = {**release.tools, **release.asking}
        self._declared = {n: v for n, v in agent.variables.items() if isinstance(v, Field)}

    def with_servers(self, servers: Mapping[str, Mapping[str, AnyTool]]) -> Plan:
        """The same with the tools of servers in the place of these: server → name → tool."""
        plan = copy(self)
        plan.tools = {n: t for n, t in self.tools.items() if n not in servers}
        for tools in servers.values():
            plan.tools |= tools
        plan.personas = {
            name: replace(
                persona,
                tools=tuple(tool for each in persona.tools for tool in servers.get(each, (each,))),
            )
            for name, persona in self.personas.items()
        }
        return plan

    @cached_property
    def tools(self) -> dict[str, AnyTool]:
        """Name → tool; those that need no definition are among them."""
        own = {name: TOOLS[name].undefined(self._declared) for name in BUILT_IN}
        return {name: tool for name, tool in own.items() if tool is not None} | self._defined


def names_in(texts: Iterable[str]) -> frozenset[str]:
    """The names that templates use."""
    return frozenset(u.path[0] for t in texts if has_template(t) for u in analyse(t).uses)


_ARRIVING = frozenset({"caller", "room"})
"""Names of templates that have values only when the caller is there."""


def _names_caller(release: AgentRelease) -> bool:
    parts = (release.agent, *release.personas.values(), *release.tools.values())
    return any(
        _ARRIVING & _named(text) for text in (*_texts(parts), *_texts(release.prompts)) if text
    )


def _named(text: str) -> frozenset[str]:
    if isinstance(text, Condition):
        return frozenset(use.path[0] for use in analyse_condition(text).uses)
    return names_in((text,))


def _texts(data: Any) -> Iterator[str]:
    if isinstance(data, str):
        yield data
    elif isinstance(data, Block):
        yield from _texts([value for _, value in data])
    elif isinstance(data, Mapping):
        yield from _texts(data.values())
    elif isinstance(data, Iterable):
        for each in data:
            yield from _texts(each)


_plans: dict[int, tuple[weakref.ref[AgentRelease], Plan]] = {}


def plan_of(release: AgentRelease) -> Plan:
    """The plan of a release, kept as long as the release is."""
    key = id(release)
    known = _plans.get(key)
    if known is not None and known[0]() is release:
        return known[1]
    plan = Plan(release)
    _plans[key] = (weakref.ref(release, lambda _: _plans.pop(key, None)), plan)
    return plan
