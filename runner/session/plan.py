"""What of a release is the same in all its calls, worked out once."""

from __future__ import annotations

import weakref
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property

from runner.link.release import AgentRelease
from runner.schema.personas import Handoff
from runner.schema.tools import BUILT_IN, AnyTool, EndCallTool, Remember, Wait
from runner.session.values.variables import Variables
from runner.template import analyse, has_template

TRANSFER = "transfer_to_"


@dataclass(frozen=True, slots=True)
class PersonaPlan:
    """What a persona is made of.

    Attributes:
        texts: its instructions, the agent's first.
        uses: the names that these use.
        tools: names of its tools, the agent's first.
        handoffs: target → handoff; its own win over the agent's.
    """

    name: str
    texts: tuple[str, ...]
    uses: frozenset[str]
    tools: tuple[str, ...]
    handoffs: Mapping[str, Handoff]


class Plan:
    """An agent's roles and tools."""

    def __init__(self, release: AgentRelease) -> None:
        """Read a release; it is not kept."""
        agent = release.agent
        self.roles: dict[str, PersonaPlan] = {}
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
            self.roles[name] = PersonaPlan(name, texts, names_in(texts), tools, handoffs)
        self._defined: dict[str, AnyTool] = {**release.tools, **release.requests}
        self._variables = Variables(agent.variables)

    @cached_property
    def tools(self) -> dict[str, AnyTool]:
        """Name → tool; those that need no definition are among them."""
        remembered = self._variables.remembered
        own: dict[str, AnyTool] = {
            "end_call": EndCallTool.model_validate({"end_call": "yes"}),
            "wait": Wait.model_validate({"wait": "yes"}),
        }
        if remembered:
            own["remember"] = Remember.model_validate({"remember": list(remembered)})
        assert set(own) <= set(BUILT_IN)  # noqa: S101 - the language's own list
        return {**own, **self._defined}


def names_in(texts: Iterable[str]) -> frozenset[str]:
    """The names that templates use."""
    return frozenset(u.path[0] for t in texts if has_template(t) for u in analyse(t).uses)


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
